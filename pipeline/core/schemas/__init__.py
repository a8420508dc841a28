"""Schemas of the tables, one file for each stage that writes them."""
