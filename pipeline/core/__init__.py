"""What every stage shares: records, tables, configuration, layers, geometry, files."""
