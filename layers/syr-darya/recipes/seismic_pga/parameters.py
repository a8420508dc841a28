"""Every choice of the recipe, with unit, source and confidence label.

Labels: V seen in the text of the source; V3 seen in an independent implementation;
M-high well known, not seen; P project choice without an external source.
No value here was set to bring a town closer to a wanted result.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """Geographic box, EPSG:4326, degrees; edges of cells, not centres."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float


@dataclass(frozen=True, slots=True)
class CompletenessWindow:
    """Years in which every event of a magnitude class is taken to be listed.

    ``mw_min`` is inclusive, ``mw_max`` exclusive; both years are inclusive.
    """

    mw_min: float
    mw_max: float
    first_year: int
    last_year: int

    @property
    def duration_yr(self) -> float:
        """Length of the window in years."""
        return float(self.last_year - self.first_year + 1)


@dataclass(frozen=True, slots=True)
class Mechanism:
    """Style of faulting used for virtual ruptures.

    ``rake_deg`` follows Aki and Richards: 90 reverse, 0 strike-slip, -90 normal.
    """

    name: str
    rake_deg: float
    dip_deg: float
    weight: float


# --- Grid (P) -------------------------------------------------------------------------
SITE_BOX = Box(60.0, 37.0, 80.0, 48.5)
CELL_DEG = 0.1
# Sources up to MAX_DISTANCE_KM outside the site box count: 300 km are 2.7 degrees of
# latitude, and of longitude 3.4 degrees at 37 N and 4.1 at 48.5 N.
SOURCE_BOX = Box(55.8, 34.2, 84.2, 51.3)
MAX_DISTANCE_KM = 300.0  # P; 300 km is the usual limit of crustal models (M-high)

# --- Catalogue ------------------------------------------------------------------------
MAX_DEPTH_KM = 50.0  # V: Ullah et al. 2015 use "shallow (depth < 50 km)"
# ISC-GEM begins in 1904; before that only NOAA/NCEI has the large events.
NOAA_LAST_YEAR = 1903
MW_MIN = 5.0  # M-high: lower end of damaging magnitudes in crustal hazard models
# P: largest event in the catalogue of the region, 1889 Chilik (NOAA/NCEI, 8.3).
MW_MAX = 8.3
MW_BIN = 0.1
# The law is fitted from 5.5 upwards: that is the design threshold of ISC-GEM since 1960
# (V: Di Giacomo et al. 2018); smaller events are an uneven addition. A fit from 5.0
# (b 1.05) misses a third of the events of magnitude 6.9 and more (README, "Fit").
FIT_MW_MIN = 5.5
# P, from counts per year in the files (README, table of counts) and the cut-offs of
# Di Giacomo et al. 2018 (V): 7.5 (6.5 on continents) before 1918, 6.25 in 1918-1959,
# 5.5 since 1960, with smaller events added since. From 1991 to 1999 version 7 lists no
# event below 5.5 here, hence the gap in the first class.
COMPLETENESS = (
    CompletenessWindow(5.0, 5.5, 1966, 1989),
    CompletenessWindow(5.0, 5.5, 2000, 2016),
    CompletenessWindow(5.5, 6.2, 1925, 2016),
    CompletenessWindow(6.2, 6.5, 1918, 2016),
    CompletenessWindow(6.5, 6.9, 1904, 2016),
    CompletenessWindow(6.9, 9.0, 1865, 2016),
)
INSTRUMENTAL_FIRST_YEAR = 1966

# --- Spatial models -------------------------------------------------------------------
# Helmstetter, Kagan and Jackson 2007; Werner et al. 2011: bandwidth of an event is the
# distance to its k-th neighbour. Scores on events that the rates have not seen
# hardly tell k from 1 to 8 apart (README, "Choice of the kernels"), while the hazard of
# a town reacts strongly; so the mean over a geometric series of k is used (P).
NEIGHBOURS = (1, 2, 4, 8)
# P: location error of early instrumental epicentres is some 15-25 km (ISC-GEM classes
# B and C). A kernel is also at least half the rupture length wide: an epicentre stands
# for a whole rupture.
BANDWIDTH_FLOOR_KM = 20.0
BANDWIDTH_CAP_KM = 150.0  # P: keeps a lone event of the platform local
# P: half the map width of a plane dipping at 45 degrees through the seismogenic layer,
# plus errors of the trace
FAULT_BANDWIDTH_KM = 15.0
# P: from this magnitude on, mapped faults say where a rupture is possible
FAULT_MW_MIN = 6.5
# P: equal weights (Frankel 1995 mixes instrumental, historical and background models in
# the same way). For large events the mixture scores better on unseen events than any
# of its parts (README).
WEIGHTS_SMALL = {"instrumental": 0.475, "long_term": 0.475, "uniform": 0.05}
WEIGHTS_LARGE = {
    "instrumental": 0.95 / 3,
    "long_term": 0.95 / 3,
    "faults": 0.95 / 3,
    "uniform": 0.05,
}
# P: folds of HimaTibetMap are no faults; a trace of a fold is not a rupture source.
FOLD_TYPES = ("Anticline", "Syncline")

# --- Virtual ruptures -----------------------------------------------------------------
# Weights: shares by length of the mapped faults (folds left out) inside the site box of
# GEM Global Active Faults (counted from the file); Ullah et al. 2015 say the same in
# words (V): "dominated by reverse faulting over strike slip and normal faulting".
# Dips: P, customary values (Andersonian faults, reverse steepened).
MECHANISMS = (
    Mechanism("reverse", 90.0, 45.0, 0.62),
    Mechanism("strike-slip", 0.0, 90.0, 0.32),
    Mechanism("normal", -90.0, 60.0, 0.06),
)
SEISMOGENIC_BOTTOM_KM = 20.0  # P: median depth of the catalogue is 15 km
HYPOCENTRE_DOWN_DIP_FRACTION = 0.6  # P: below the middle, as most ruptures start
N_AZIMUTHS = 36  # P: random strike, one direction per 10 degrees

# --- Ground motion --------------------------------------------------------------------
VS30_M_PER_S = 760.0
TRUNCATION_SIGMA = 3.0  # M-high: usual truncation, 3 standard deviations
GMM_WEIGHTS = {"bssa14": 1 / 3, "cb14": 1 / 3, "cy14": 1 / 3}  # P: equal

RETURN_PERIODS_YR = (475, 975, 2475)
