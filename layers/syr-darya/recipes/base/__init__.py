"""Recipes of the base layers of the Syr Darya region."""
