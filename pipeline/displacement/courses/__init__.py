"""Course of a point: breaks, steps, decay and jumps of its series."""
