"""Lake to people: build a release, audit it, publish it, export from it."""
