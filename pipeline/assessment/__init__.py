"""Stage: assessment."""
