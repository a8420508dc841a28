"""Levels of extremes fitted to a station's yearly maxima."""
