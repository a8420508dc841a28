"""Stage: hazards."""
