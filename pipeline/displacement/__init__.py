"""Stage: displacement."""
