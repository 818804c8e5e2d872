"""Outside world to lake: probe, fetch, land, read, validate, accept."""
