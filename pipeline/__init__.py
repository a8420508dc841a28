"""Natech hazards, ground motion and spill paths for tailings management facilities."""

__version__ = "0.1.0"
