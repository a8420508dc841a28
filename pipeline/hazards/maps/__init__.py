"""Regional hazard maps: layers on one grid, and their index."""
