"""The error of the sandbox itself (what it answers as a publisher's error is not an exception)."""

from __future__ import annotations

from ingestion.errors import BrainDrainError


class SandboxError(BrainDrainError):
    """The sandbox cannot be set up as asked, or its folder holds what it cannot serve."""
