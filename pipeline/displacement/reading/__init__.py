"""Parsing of tables, grids and containers that several readers share."""
