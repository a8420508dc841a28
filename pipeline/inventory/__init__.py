"""Stage: inventory."""
