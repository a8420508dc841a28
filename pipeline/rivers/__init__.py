"""Stage: rivers."""
