"""Ground-motion models of the PGA recipe against published test values."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

RECIPES = Path(__file__).parents[2] / "layers" / "syr-darya" / "recipes"
sys.path.insert(0, str(RECIPES))
geometry = importlib.import_module("seismic_pga.geometry")
ground_motion = importlib.import_module("seismic_pga.ground_motion")
bssa14 = importlib.import_module("seismic_pga.bssa14")
cb14 = importlib.import_module("seismic_pga.cb14")
cy14 = importlib.import_module("seismic_pga.cy14")

# US Geological Survey, nshmp-haz (public domain), files NGA_inputs.csv and
# nga-west2-results.csv of its ground-motion tests, rows by their number. Vs30 is
# 760 m/s and inferred, basin depths are unknown.
# Input: Mw, rJB, rRup, rX km, dip, width, zTop, zHyp km, rake.
INPUTS = {
    0: (3.5, 0, 4, 0, 45, 2.4, 4, 5, 90),
    10: (5, 5, 5.8, -5, 45, 5, 3, 4.5, 90),
    15: (5.5, 5, 5.8, -5, 45, 5, 3, 4.5, 90),
    22: (6, 0, 5, 5, 45, 10, 2, 5.5, 90),
    25: (6, 93, 93.4, 100, 45, 10, 2, 5.5, 90),
    28: (6.5, 0, 5, 5, 45, 10, 2, 5.5, 90),
    32: (7, 10, 10.1, -10, 45, 15, 1, 6.2, 90),
    35: (7, 0, 4.2, 5, 45, 15, 1, 6.2, 90),
    37: (7, 19.5, 22.6, 30, 45, 15, 1, 6.2, 90),
    39: (7, 139.5, 140, 150, 45, 15, 1, 6.2, 90),
    48: (7.5, 286, 286.3, 300, 45, 20, 0, 7, 90),
    53: (8, 1, 10.7, 15, 45, 20, 0, 7, 90),
    62: (5.5, 1.5, 5.7, 5, 45, 5, 3, 4.5, -90),
    66: (7.5, 1, 10.7, 15, 45, 20, 0, 7, -90),
    70: (7, 10, 10, -10, 90, 12, 0, 6, 0),
    79: (7, 10, 18.9, -10, 90, 12, 16, 22, 0),
}
# Expected, rounded to 8 digits: median g and total sigma (ln) of BSSA14, CB14, CY14.
EXPECTED = {
    0: (0.01457798, 0.80089263, 0.01091191, 0.83952407, 0.01076371, 0.77058173),
    10: (0.10288895, 0.70224924, 0.09288350, 0.70904135, 0.10012297, 0.76907100),
    15: (0.24943978, 0.60508594, 0.21758440, 0.58079793, 0.17222190, 0.70069347),
    22: (0.39430352, 0.60508594, 0.40116421, 0.57666186, 0.34913549, 0.63265121),
    25: (0.01481990, 0.60508594, 0.01327821, 0.58747329, 0.01022365, 0.63485014),
    28: (0.41913237, 0.60508594, 0.71245684, 0.57228906, 0.47698227, 0.56543791),
    32: (0.23598424, 0.60508594, 0.28551380, 0.57909531, 0.29680891, 0.56569753),
    35: (0.44552466, 0.60508594, 0.76010144, 0.57182977, 0.65299151, 0.56530069),
    37: (0.14792680, 0.60508594, 0.15860299, 0.58246655, 0.17104025, 0.56606661),
    39: (0.01576894, 0.62691566, 0.01662809, 0.58734165, 0.02011234, 0.56735258),
    48: (0.00477162, 0.68929602, 0.00564638, 0.58777635, 0.00856377, 0.56756986),
    53: (0.49737109, 0.60508594, 0.70348764, 0.57238067, 0.73377313, 0.56525660),
    62: (0.28612987, 0.60508594, 0.17838604, 0.58188583, 0.18384856, 0.70063429),
    66: (0.37916084, 0.60508594, 0.50412044, 0.57490975, 0.41525431, 0.56550730),
    70: (0.24358477, 0.60508594, 0.28750582, 0.57904864, 0.25981960, 0.56578100),
    79: (0.24358477, 0.60508594, 0.26213599, 0.57965645, 0.27793673, 0.56573820),
}
MODEL_MODULES = {"bssa14": bssa14, "cb14": cb14, "cy14": cy14}


def rupture_and_site(row):
    mw, rjb, rrup, rx, dip, width, top, hypocentre, rake = INPUTS[row]
    rupture = geometry.Rupture(mw, rake, dip, 99.0, width, top, hypocentre)
    site = geometry.SiteDistances(
        *(np.array([value], dtype=np.float64) for value in (rjb, rrup, rx))
    )
    return rupture, site


@pytest.mark.parametrize("row", sorted(INPUTS))
@pytest.mark.parametrize(("model", "column"), [("bssa14", 0), ("cb14", 2), ("cy14", 4)])
def test_medians_equal_the_usgs_test_values(row, model, column):
    rupture, site = rupture_and_site(row)
    median = np.exp(MODEL_MODULES[model].ln_median_g(rupture, site))[0]
    assert median == pytest.approx(EXPECTED[row][column], rel=2e-6)


@pytest.mark.parametrize("row", sorted(INPUTS))
@pytest.mark.parametrize(("model", "column"), [("bssa14", 1), ("cb14", 3), ("cy14", 5)])
def test_sigmas_equal_the_usgs_test_values(row, model, column):
    rupture, site = rupture_and_site(row)
    sigma = MODEL_MODULES[model].sigma_ln(rupture, site)[0]
    assert sigma == pytest.approx(EXPECTED[row][column], rel=2e-6)


def test_half_of_all_motions_exceed_the_median():
    levels = np.array([0.2])
    median, sigma = np.array([np.log(0.2)]), np.array([0.6])
    for truncation in (1.0, 3.0, np.inf):
        probability = ground_motion.exceedance_probability(
            levels, median, sigma, truncation
        )
        assert probability[0, 0] == pytest.approx(0.5)


def test_one_sigma_above_the_median_is_exceeded_by_sixteen_percent():
    levels = np.array([0.2 * np.exp(0.6)])
    probability = ground_motion.exceedance_probability(
        levels, np.array([np.log(0.2)]), np.array([0.6]), np.inf
    )
    assert probability[0, 0] == pytest.approx(0.15865525, rel=1e-6)


def test_nothing_exceeds_the_truncation():
    levels = np.array([0.2 * np.exp(3.001 * 0.6)])
    probability = ground_motion.exceedance_probability(
        levels, np.array([np.log(0.2)]), np.array([0.6]), 3.0
    )
    assert probability[0, 0] == 0.0


def test_weights_of_models_must_sum_to_one():
    rupture, site = rupture_and_site(32)
    with pytest.raises(ValueError, match=r"sum to 0\.5"):
        ground_motion.mean_exceedance(
            np.array([0.1]), rupture, site, {"bssa14": 0.5}, 3.0
        )


def test_mean_of_models_lies_between_the_models():
    rupture, site = rupture_and_site(32)
    level = np.array([0.3])
    single = [
        ground_motion.mean_exceedance(level, rupture, site, {name: 1.0}, 3.0)[0, 0]
        for name in MODEL_MODULES
    ]
    mixed = ground_motion.mean_exceedance(
        level, rupture, site, dict.fromkeys(MODEL_MODULES, 1 / 3), 3.0
    )[0, 0]
    assert mixed == pytest.approx(np.mean(single))
    assert min(single) < mixed < max(single)
