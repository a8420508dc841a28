"""Velocity of a point and its error, for arrays, grids and stored series."""
