"""Judges every batch with great-expectations before anyone can see it, and keeps what it found."""

from ingestion.validation.docs import render_data_docs
from ingestion.validation.judgement import judge
from ingestion.validation.verdict import Finding, JudgementFailed, Verdict

__all__ = ["Finding", "JudgementFailed", "Verdict", "judge", "render_data_docs"]
