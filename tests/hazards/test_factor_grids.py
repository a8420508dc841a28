"""Change factors from grids, by hand on 3 x 3 cells."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import InputError
from pipeline.core.layers import read_registry
from pipeline.core.model import Status
from pipeline.hazards.factor_grids import compared_factors, sampled_factors
from pipeline.hazards.places import place_at
from pipeline.hazards.samplers.raster import sample

NOW = [[100.0, 200.0, 400.0], [0.0, 50.0, 100.0], [-9999.0, 10.0, 10.0]]
THEN = [[110.0, 190.0, 480.0], [5.0, 60.0, 100.0], [20.0, 10.0, 900.0]]
BAND = {"level": "bio12", "scenario": "rcp45", "horizon": "2041-2060"}


@pytest.fixture
def grids(make_layer, write_raster, choices):
    """Factors of two grids at cells given by column and row."""

    def build(*cells, baseline=None, now_bands=None, **future):
        places = [
            place_at(f"{column}-{row}", 70.5 + column, 42.5 - row, 0.0)
            for column, row in cells
        ]
        now = make_layer(
            **(
                {
                    "id": "now",
                    "role": "other",
                    "unit": "mm",
                    "nodata": -9999,
                    "bands": now_bands or [{"level": "bio12"}],
                }
                | (baseline or {})
            )
        )
        change = {"baseline": "now", "n_models": 1, "base_period": "1960-1990"}
        then = make_layer(
            **(
                {
                    "id": "then",
                    "role": "climate_factors",
                    "applies_to": ["annual_rain"],
                    "unit": "mm",
                    "nodata": -9999,
                    "bands": [BAND],
                    "change": change | future.pop("change", {}),
                }
                | future
            )
        )
        first = write_raster(NOW, name="now.tif", nodata=-9999.0)
        second = write_raster(THEN, name="then.tif", nodata=-9999.0)
        return compared_factors(
            then,
            sample(then, second, places, choices),
            now,
            sample(now, first, places, choices),
        )

    return build


def test_ratios_by_hand(grids):
    found = grids((0, 0), (1, 0), (2, 0))
    ratios = [found.at(f"{column}-0")[0].value for column in range(3)]
    assert ratios == pytest.approx([1.1, 0.95, 1.2])
    (factor,) = found.at("0-0")
    assert factor.note == (
        "factor_sampled;against_baseline|layer=now;"
        "base_period|period=1960-1990;of_one_model"
    )
    assert (factor.scenario, factor.horizon) == ("rcp45", "2041-2060")


def test_differences_by_hand(grids):
    found = grids((0, 0), (1, 0), (0, 1), change={"factor_kind": "difference"})
    values = [found.at(key)[0].value for key in ("0-0", "1-0", "0-1")]
    assert values == pytest.approx([10.0, -10.0, 5.0])
    assert found.at("0-0")[0].changed(3.0) == pytest.approx(13.0)


def test_a_ratio_to_nothing_is_none(grids):
    (factor,) = grids((0, 1)).at("0-1")
    assert (factor.value, factor.status) == (None, Status.NOT_PROVIDED)
    assert factor.note == "baseline_is_zero|layer=now"


def test_a_baseline_without_data_gives_no_factor(grids):
    (factor,) = grids((0, 2)).at("0-2")
    assert (factor.value, factor.status) == (None, Status.NOT_COVERED)
    assert factor.note == "baseline_without_value|layer=now"


def test_a_ratio_of_ninety_is_not_believed(grids):
    (factor,) = grids((2, 2)).at("2-2")
    assert (factor.value, factor.status) == (None, Status.INVALID)
    assert factor.note == "factor_out_of_range|factor=90"


def test_means_over_the_place_are_compared_not_cells(make_layer, write_raster, choices):
    # a circle over a wet and a dry cell: (90 + 30) / (100 + 10), not (0.9 + 3) / 2
    place = place_at("a", 71.0, 41.5, 20_000.0)
    then = make_layer(
        id="then", role="climate_factors", applies_to=["r"], unit="mm", bands=[BAND],
        change={"baseline": "now"},
    )  # fmt: skip
    now = make_layer(id="now", role="other", unit="mm", bands=[{"level": "bio12"}])
    wet_dry = np.repeat([[100.0, 10.0, 10.0]], 3, axis=0)
    changed = np.repeat([[90.0, 30.0, 30.0]], 3, axis=0)
    found = compared_factors(
        then,
        sample(then, write_raster(changed, name="b.tif"), [place], choices),
        now,
        sample(now, write_raster(wet_dry, name="a.tif"), [place], choices),
    )
    assert found.at("a")[0].value == pytest.approx(120 / 110, rel=1e-3)


def test_levels_must_fit_and_units_too(grids):
    with pytest.raises(InputError, match="'bio12'"):
        grids((0, 0), now_bands=[{"level": "bio1"}, {"level": "bio5"}])
    assert grids((0, 0), now_bands=[{"level": "any"}]).at("0-0")[0].value is not None
    with pytest.raises(InputError, match="one unit for the future"):
        grids((0, 0), baseline={"unit": "cm"})


def test_a_grid_of_factors_is_taken_as_it_stands(make_layer, write_raster, choices):
    layer = make_layer(
        id="k", role="climate_factors", applies_to=["rain"], unit="-", bands=[BAND]
    )
    places = [place_at("a", 70.5, 42.5, 0.0)]
    path = write_raster(np.full((3, 3), 1.07))
    (factor,) = sampled_factors(layer, sample(layer, path, places, choices)).at("a")
    assert factor.value == pytest.approx(1.07)
    assert factor.note == "factor_sampled"
    broken = write_raster(np.full((3, 3), -3.0), name="c.tif")
    with pytest.raises(InputError, match="a ratio future to present"):
        sampled_factors(layer, sample(layer, broken, places, choices))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("mean-temperature-rcp45", 2.2, 2.6),
        ("mean-temperature-rcp85", 2.7, 3.1),
        ("annual-rain-rcp45", 0.89, 1.06),
        ("wettest-quarter-rcp85", 0.87, 1.21),
    ],
)
def test_worldclim_pairs_give_the_changes_seen_over_the_basin(
    shared_data, project, choices, name, low, high
):
    # ranges of single cells over 66 to 79 E, 39 to 44 N, read from the grids
    rows = read_registry(project / "layers" / "registry.yaml").by_id()
    then = rows[f"worldclim14-change-{name}"]
    now = rows[str(then.change.baseline)]
    places = [place_at("a", 71.7, 41.3, 5000.0), place_at("b", 76.0, 42.5, 0.0)]
    found = compared_factors(
        then,
        sample(then, shared_data / then.file, places, choices),
        now,
        sample(now, shared_data / now.file, places, choices),
    )
    for key in ("a", "b"):
        (factor,) = found.at(key)
        assert low <= factor.value <= high
        assert factor.note.endswith("of_one_model")
