"""Recipes of the derived river network of the Syr Darya region."""
