"""Stage: displacement; InSAR series to a motion status and a watch level."""
