"""Recipe of the demonstration layer ``pga_rock.tif``: smoothed-seismicity hazard.

Run ``python -m seismic_pga --help`` from the folder above. README.md explains the
method, the sources and what the result may not be used for.
"""
