"""Values of rasters and shapes at points, circles and polygons, exact and fast."""
