"""Recipe of the climate change factors."""
