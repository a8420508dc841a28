"""Methods that derive a hazard from other layers: hand-computed cases and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import box

from pipeline.core.flow import FlowDirections
from pipeline.core.geo import area_m2
from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status, Zone
from pipeline.hazards.derivation import (
    Bounds,
    Features,
    Heights,
    Site,
    Work,
    level_of,
    spread,
)
from pipeline.hazards.derived import (
    freeze_thaw,
    glacial_lakes,
    liquefaction,
    method_for,
    method_names,
    overtopping,
    site_amplification,
    slope_relief,
)
from pipeline.hazards.places import place_at, zone_place
from pipeline.hazards.samples import Sample

BAND = Band(level="475", return_period_yr=475)
HERE = place_at("kg-1", 71.5, 41.5, 0)


def known(value, low=None, high=None, band=BAND):
    return Sample("kg-1", band, Status.MEASURED, value, low, high, 1.0)


def site(place=HERE, measured=None, areas=None, heights=None, **given):
    samples = {
        role: one if isinstance(one, tuple) else (one,) for role, one in given.items()
    }
    return Site("kg-1", place, measured or {}, areas or {}, samples, heights or {})


def test_every_method_says_what_it_needs():
    assert set(method_names()) == {
        "freeze_thaw",
        "glacial_lakes",
        "liquefaction",
        "overtopping",
        "site_amplification",
        "slope_relief",
    }
    for name in method_names():
        method = method_for(name, "x")
        assert method.Options.model_fields
        assert callable(method.derive)


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match=r"x\.derivation\.method.*no_such"):
        method_for("no_such", "x")


def test_bounds_are_the_extremes_of_all_corners():
    found = spread(lambda a, b: a - b, Bounds(1, 2, 3), Bounds(0, 1, 5))
    assert found == Bounds(1 - 5, 1, 3)


def test_a_level_is_found_by_its_return_period_and_case():
    future = Band(level="475", return_period_yr=475, scenario="ssp245", horizon="x")
    same = Band(level="other name", return_period_yr=475)
    samples = {future: known(1.0, band=future), same: known(2.0, band=same)}
    assert level_of(samples, BAND).value == 2
    assert level_of(samples, Band(level="475")) is None


# --- site amplification


def test_amplification_of_weak_motion_follows_the_linear_term_alone():
    # c ln(180 / 760) = -0.6 x (-1.440362) = 0.864217, exp = 2.373145
    found = site_amplification.amplification("pga", 180.0, 1e-9, 760.0)
    assert found == pytest.approx(2.373145, rel=1e-5)


def test_strong_motion_yields_in_soft_ground():
    # f2 = -0.15 (e^(0.00701 x 180) - e^(-0.00701 x 400)) = -0.15 (3.531775 - 0.060567)
    # = -0.520681; ln((0.4 + 0.1) / 0.1) = 1.609438; ln F = 0.864217 - 0.838004
    found = site_amplification.amplification("pga", 180.0, 0.4, 760.0)
    assert math.log(found) == pytest.approx(0.026213, abs=2e-6)


def test_velocity_has_coefficients_of_its_own():
    # -0.84 ln(270 / 760) = 0.869379; f2 = -0.1 (e^(0.7596) - e^(-3.376)) = -0.210343;
    # ln F = 0.869379 - 0.210343 x ln 3 = 0.638294
    found = site_amplification.amplification("pgv", 270.0, 0.2, 760.0)
    assert math.log(found) == pytest.approx(0.638294, abs=1e-4)


def test_the_reference_rock_is_not_amplified():
    assert site_amplification.amplification("pga", 800.0, 0.3, 800.0) == 1
    assert site_amplification.amplification("pga", 2000, 0.3, 1500) == 1


@given(
    st.floats(150, 1500), st.floats(150, 1500), st.floats(0.01, 1.5), st.floats(0.01, 1)
)
def test_stiffer_ground_never_amplifies_weak_motion_more(a, b, strong, step):
    soft, stiff = sorted((a, b))
    amp = site_amplification.amplification
    assert amp("pgv", soft, 0.01, 760) >= amp("pgv", stiff, 0.01, 760) - 1e-12
    motion = [x * amp("pga", a, x, 760) for x in (strong, strong + step)]
    assert motion[1] > motion[0]


def test_bounds_of_vs30_make_bounds_of_the_motion():
    options = site_amplification.Options(motion="pga", reference_vs30_m_per_s=760)
    at = site(rock=known(0.1), vs30=known(360.0, 250.0, 760.0))
    found = site_amplification.derive(at, BAND, Work(options)).bounds
    amp = site_amplification.amplification
    assert found.low == pytest.approx(0.1)
    assert found.central == pytest.approx(0.1 * amp("pga", 360, 0.1, 760))
    assert found.high == pytest.approx(0.1 * amp("pga", 250, 0.1, 760))


@pytest.mark.parametrize("motion", ["pga", "pgv"])
@pytest.mark.parametrize("rock_pga_g", [0.05, 0.2, 0.4, 1.0])
def test_the_high_bound_holds_the_largest_motion_between_the_ends(motion, rock_pga_g):
    options = site_amplification.Options(motion=motion, reference_vs30_m_per_s=800)
    inputs = {"rock": known(rock_pga_g), "vs30": known(500.0, 160.0, 900.0)}
    if motion == "pgv":
        inputs |= {"rock": known(40.0), "rock_pga": known(rock_pga_g)}
    found = site_amplification.derive(site(**inputs), BAND, Work(options)).bounds
    by_search = max(
        inputs["rock"].value
        * site_amplification.amplification(motion, v, rock_pga_g, 800)
        for v in np.linspace(160, 900, 4001)
    )
    assert found.high == pytest.approx(by_search, rel=1e-7)


def test_bounds_of_vs30_stay_in_the_range_of_the_formula_and_say_so():
    options = site_amplification.Options(motion="pga", reference_vs30_m_per_s=760)
    at = site(rock=known(0.1), vs30=known(300.0, 90.0, 400.0))
    found = site_amplification.derive(at, BAND, Work(options))
    amp = site_amplification.amplification
    assert found.bounds.high == pytest.approx(0.1 * amp("pga", 150, 0.1, 760))
    assert found.note.startswith("beyond_method|input=Vs30|found=90 m/s")


def test_ground_outside_of_the_formula_is_invalid_and_not_rock():
    options = site_amplification.Options(motion="pga", reference_vs30_m_per_s=760)
    at = site(rock=known(0.1), vs30=known(90.0))
    found = site_amplification.derive(at, BAND, Work(options))
    assert (found.status, found.bounds) == (Status.INVALID, None)
    assert found.note.startswith("beyond_method|input=Vs30|found=90 m/s")


# --- liquefaction

GROUND = {
    "vs30": known(270.0),
    "precipitation": known(350.0),
    "water_distance": known(0.5),
    "water_table": known(3.0),
}


def liquefied(options, **given):
    options = liquefaction.Options(**options)
    assert set(given) == set(liquefaction.ingredients(options))
    return liquefaction.derive(site(**given), BAND, Work(options)).bounds


def test_the_printed_case_of_zhu_comes_out_as_probability_and_extent():
    found = liquefied({"variant": "zhu"}, pgv=known(30.0), **GROUND)
    assert found.central == pytest.approx(0.307019, abs=5e-7)
    share = {"variant": "zhu", "result": "extent_percent"}
    found = liquefied(share, pgv=known(30.0), **GROUND)
    assert found.central == pytest.approx(3.915583, abs=5e-6)
    assert liquefied(share, pgv=known(2.0), **GROUND).central == 0


def test_twelve_months_make_the_precipitation_of_a_year():
    months = tuple(known(350.0 / 12) for _ in range(12))
    found = liquefied(
        {"variant": "zhu"}, pgv=known(30.0), **GROUND | {"precipitation": months}
    )
    assert found.central == pytest.approx(0.307019, abs=5e-7)


def test_the_printed_variants_come_out():
    allstadt = {"variant": "allstadt", "magnitude": 6.0}
    found = liquefied(allstadt, pgv=known(30.0), pga=known(0.2), **GROUND)
    assert found.central == pytest.approx(0.260070, abs=5e-7)
    weak = liquefied(
        {"variant": "rashidian_baise"}, pgv=known(30.0), pga=known(0.09), **GROUND
    )
    assert weak.central == 0
    hazus = {"variant": "hazus", "magnitude": 7.0, "susceptibility": "high"}
    found = liquefied(hazus, pga=known(0.3), water_table=known(3.0))
    assert found.central == pytest.approx(0.158855, abs=5e-7)


@given(st.floats(1, 100), st.floats(1, 100), st.floats(1, 30), st.floats(0, 300))
def test_more_motion_and_softer_ground_never_liquefy_less(pgv, more, deep, softer):
    ground = GROUND | {"water_table": known(deep)}
    soft = ground | {"vs30": known(580.0 - softer)}
    stiff = ground | {"vs30": known(580.0)}
    at = [
        liquefied({"variant": "zhu"}, pgv=known(x), **g).central
        for x, g in ((pgv, stiff), (pgv + more, stiff), (pgv + more, soft))
    ]
    assert at == sorted(at)


@pytest.mark.parametrize(
    "options",
    [
        {"variant": "allstadt"},
        {"variant": "zhu", "magnitude": 7},
        {"variant": "hazus", "magnitude": 7},
        {"variant": "hazus", "magnitude": 7, "susceptibility": "rocky"},
    ],
)
def test_options_that_do_not_fit_the_variant_are_refused(options):
    with pytest.raises(ValueError, match=r"need|none|one of"):
        liquefaction.Options(**options)


# --- overtopping

CATCHMENT = box(71.50, 41.50, 71.51, 41.51)
CATCHMENT_M2 = area_m2(CATCHMENT)
RAIN = tuple(
    known(p, band=Band(level=f"{t}", return_period_yr=t))
    for t, p in ((10, 20.0), (100, 40.0), (1000, 80.0))
)
RUNOFF = (0.5, 0.8, 1.0)


def overtopped(quantity, rain, *, freeboard=1.0, pond=10_000.0, place=None):
    options = overtopping.Options(quantity=quantity, runoff=RUNOFF)
    at = site(
        place or zone_place("kg-1", CATCHMENT, Zone.CATCHMENT),
        {} if freeboard is None else {"freeboard_m": freeboard},
        {} if pond is None else {Zone.POND: pond},
        rain=rain,
    )
    return overtopping.derive(at, BAND, Work(options))


def test_the_inflow_is_rain_times_runoff_times_catchment():
    found = overtopped("inflow_m3", RAIN[1], freeboard=None, pond=None).bounds
    assert found.central == pytest.approx(0.8 * 0.040 * CATCHMENT_M2)
    assert (found.low, found.high) == pytest.approx(
        (0.5 * 0.040 * CATCHMENT_M2, 0.040 * CATCHMENT_M2)
    )


def test_the_ratio_is_to_the_freeboard_over_the_pond():
    found = overtopped("fill_ratio", RAIN[1], freeboard=2.0, pond=5_000.0).bounds
    assert found.central == pytest.approx(0.8 * 0.040 * CATCHMENT_M2 / 10_000)


def test_the_frequency_is_read_off_the_rain_curve():
    # storage equal to the central inflow of 40 mm: once in 100 years; at C = 1 it is
    # filled by 32 mm, at C = 0.5 by 64 mm; doubling of rain is one tenth of frequency
    storage = 0.8 * 0.040 * CATCHMENT_M2
    found = overtopped("frequency_per_yr", RAIN, freeboard=1.0, pond=storage).bounds
    assert found.central == pytest.approx(0.01)
    assert found.high == pytest.approx(0.01 * 10 ** (math.log2(40 / 32)))
    assert found.low == pytest.approx(0.01 * 10 ** (-math.log2(64 / 40)))


def test_a_pond_that_no_level_fills_has_zero_and_the_last_level_as_bound():
    found = overtopped("frequency_per_yr", RAIN, pond=CATCHMENT_M2)
    assert found.bounds == Bounds(0, 0, 0.001)
    assert found.note == "rarer_than_levels|return_period=1000"


def test_a_pond_that_the_first_level_fills_has_no_number():
    found = overtopped("frequency_per_yr", RAIN, pond=1.0)
    assert (found.bounds, found.note) == (
        None,
        "more_often_than_levels|return_period=10",
    )


def test_a_pond_full_to_the_crest_is_overtopped_more_often_than_the_levels_tell():
    found = overtopped("frequency_per_yr", RAIN, freeboard=0.0)
    assert (found.bounds, found.note) == (
        None,
        "more_often_than_levels|return_period=10",
    )


@given(st.floats(100, 5e5), st.floats(1, 5e5))
def test_more_storage_never_overtops_more_often(pond, more):
    small, large = (
        overtopped("frequency_per_yr", RAIN, pond=area) for area in (pond, pond + more)
    )
    if small.bounds is not None:
        assert large.bounds.central <= small.bounds.central


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"freeboard": None}, "no_freeboard"),
        ({"pond": None}, "zone_not_given|zone=pond"),
        ({"place": HERE}, "zone_not_given|zone=catchment"),
        ({"freeboard": 0.0}, "no_storage"),
    ],
)
def test_what_lacks_for_overtopping_is_named(changes, reason):
    found = overtopped("fill_ratio", RAIN[0], **changes)
    assert (found.bounds, found.note) == (None, reason)


def test_runoff_must_be_a_share():
    with pytest.raises(ValueError, match="between 0 and 1"):
        overtopping.Options(quantity="fill_ratio", runoff=(0.5, 0.8, 1.2))


# --- slope and relief


def plane(cell_m=10.0, rise=0.5, size=21):
    """Ground that rises to the north; the facility is the cell in the middle."""
    rows, columns = np.mgrid[:size, :size]
    middle = size // 2
    height = 1000.0 + rise * cell_m * (middle - rows)
    away = cell_m * np.hypot(rows - middle, columns - middle)
    inside = (rows == middle) & (columns == middle)
    return Heights(height.astype(float), cell_m, cell_m, inside, away)


def above(terrain, quantity="slope_deg", distance_m=60.0, place=HERE):
    options = slope_relief.Options(quantity=quantity, distance_m=distance_m)
    return slope_relief.derive(
        site(place, heights={"relief": terrain}), BAND, Work(options)
    )


def test_a_plane_has_its_own_slope():
    found = above(plane()).bounds
    assert found.central == pytest.approx(math.degrees(math.atan(0.5)))
    assert found.low == pytest.approx(found.central)


def test_the_relief_is_that_within_the_distance():
    # six cells of 10 m northwards, half a metre a metre
    assert above(plane(), "relief_m").bounds.central == pytest.approx(30)
    assert above(plane(), "relief_m", 30.0 + 20).bounds.central == pytest.approx(25)


def test_ground_that_only_falls_has_nothing_above():
    pit = plane()
    cone = Heights(1000 - pit.away_m, 10, 10, pit.inside, pit.away_m)
    assert above(cone).bounds == Bounds(0, 0, 0)


def test_relief_that_is_too_coarse_gives_no_slope():
    found = above(plane(cell_m=9_000.0), distance_m=1000.0)
    assert found.status is Status.NOT_COVERED
    assert found.note == "relief_too_coarse|cell_m=9000|limit_m=200"


def test_a_position_that_may_be_anywhere_gives_no_slope():
    found = above(plane(), place=place_at("kg-1", 71.5, 41.5, 3000))
    assert (found.status, found.note) == (
        Status.NOT_PROVIDED,
        "position_too_uncertain|radius_m=3000",
    )


def test_terrain_without_data_is_not_covered():
    empty = plane()
    empty.height_m[:] = np.nan
    assert above(empty).note == "no_data_here"


def test_ground_that_is_mostly_unknown_is_not_flat():
    terrain = plane()
    terrain.height_m[:10] = np.nan  # all that rises
    known_cells = (terrain.away_m <= 60) & ~np.isnan(terrain.height_m)
    share = known_cells.sum() / (terrain.away_m <= 60).sum()
    assert 0.5 < share < 0.6
    found = above(terrain)
    assert found.bounds == Bounds(0, 0, 0)
    assert found.covered_fraction == pytest.approx(share)
    assert found.note.startswith("partly_covered|share_fraction=0.5")
    terrain.height_m[:12] = np.nan
    terrain.height_m[10, 10] = 1000.0
    lost = above(terrain)
    assert (lost.status, lost.bounds) == (Status.NOT_COVERED, None)
    assert lost.note.startswith("covered_too_little|share_fraction=0.35")


def test_the_polygon_of_the_slope_counts_as_a_whole():
    terrain = plane()
    terrain.inside[:] = terrain.away_m <= 35
    place = zone_place("kg-1", box(71.5, 41.5, 71.51, 41.51), Zone.SLOPE_ABOVE)
    # rows 7 to 13 of the plane: 30 m of it, northern half and southern half
    assert above(terrain, "relief_m", place=place).bounds.central == pytest.approx(30)


# --- glacial lakes


def flow_south(cell=900.0):
    code = np.full((20, 5), 4, dtype=np.uint8)
    transform = Affine(cell, 0, 500_000, 0, -cell, 4_600_000)
    return FlowDirections(code, transform, CRS.from_epsg(32642), cell)


def centre_of(row, column, cell=900.0):
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(32642, 4326, always_xy=True)
    return to_degrees.transform(
        500_000 + cell * (column + 0.5), 4_600_000 - cell * (row + 0.5)
    )


LAKE_CENTRES = np.array([centre_of(*cell) for cell in ((0, 2), (4, 2), (0, 0))])
LAKES = Features(
    LAKE_CENTRES[:, 0],
    LAKE_CENTRES[:, 1],
    area_m2=np.array([1e5, 2e5, 9e9]),
    volume_m3=np.array([1e6, np.nan, 9e9]),
)


def lakes_above(
    quantity, row, column, corridor_m=1000.0, radius_m=0.0, reach_km=100.0, **changes
):
    options = glacial_lakes.Options(
        quantity=quantity, corridor_m=corridor_m, reach_km=reach_km
    )
    place = place_at("kg-1", *centre_of(row, column), radius_m)
    given = {"flow": flow_south()} | changes
    work = Work(options, {"flow": given["flow"]}, {"lakes": LAKES})
    return glacial_lakes.derive(site(place), BAND, work)


def test_lakes_whose_water_passes_are_counted_and_others_are_not():
    assert lakes_above("number", 10, 2).bounds.central == 2
    assert lakes_above("number", 2, 2).bounds.central == 1
    assert lakes_above("number", 10, 4).bounds.central == 0
    assert lakes_above("area_m2", 10, 2).bounds.central == pytest.approx(3e5)


def test_the_nearest_lake_is_measured_along_the_water():
    assert lakes_above("nearest_km", 10, 2).bounds.central == pytest.approx(
        6 * 0.9, rel=2e-3
    )
    found = lakes_above("nearest_km", 10, 4)
    assert (found.status, found.note) == (Status.NOT_PROVIDED, "no_lake_above")


def test_lakes_too_far_up_do_not_count():
    # 5.4 km and 9 km up the valley, less the cell that lies within the corridor
    assert lakes_above("number", 10, 2, reach_km=8.0).bounds.central == 1
    assert lakes_above("number", 10, 2, reach_km=8.2).bounds.central == 2


def test_an_unknown_volume_is_not_zero():
    assert lakes_above("volume_m3", 2, 2).bounds.central == pytest.approx(1e6)
    assert lakes_above("volume_m3", 10, 2).note == "lake_volume_unknown"


def test_an_uncertain_position_gives_bounds():
    found = lakes_above("number", 10, 3, corridor_m=950.0, radius_m=500.0).bounds
    assert (found.low, found.central, found.high) == (0, 2, 2)


def test_flow_that_is_coarser_than_the_corridor_is_refused():
    assert lakes_above("number", 10, 2, corridor_m=500.0).note == (
        "flow_too_coarse|cell_m=900|limit_m=500"
    )


def test_a_facility_outside_of_the_directions_is_not_covered():
    assert lakes_above("number", 40, 2).status is Status.NOT_COVERED


# --- freeze and thaw

MONTHS = (-10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 15.0, 10.0, 5.0, 0.0, -5.0)


def frost(quantity, months=MONTHS, low=None):
    samples = tuple(
        known(t, None if low is None else t - low, band=Band(level=f"{k}"))
        for k, t in enumerate(months)
    )
    options = freeze_thaw.Options(quantity=quantity)
    return freeze_thaw.derive(site(temperature=samples), BAND, Work(options)).bounds


def test_months_below_zero_are_counted_and_zero_is_not_below():
    assert frost("months_below_zero").central == 3


def test_the_freezing_index_sums_degree_days():
    expected = 10 * 31 + 5 * 28.2425 + 5 * 31
    assert frost("freezing_index").central == pytest.approx(expected)


def test_the_frost_number_balances_at_one_half():
    even = (-10.0, 10.0) * 6
    found = frost("frost_number", even).central
    assert found == pytest.approx(0.5, abs=0.01)
    assert frost("frost_number", (0.0,) * 12).central == 0.5
    assert frost("frost_number", (-1.0,) * 12).central == 1
    assert frost("frost_number", (1.0,) * 12).central == 0


def test_the_mean_of_the_year_weights_months_by_their_days():
    assert frost("mean_below_zero", (-1.0, *(0.09,) * 11)).central == 1
    assert frost("mean_below_zero").central == 0


def test_colder_ground_gives_the_high_bound():
    found = frost("months_below_zero", low=6.0)
    assert (found.low, found.central, found.high) == (3, 3, 7)


@given(st.lists(st.floats(-40, 40), min_size=12, max_size=12), st.floats(0, 20))
def test_colder_months_never_freeze_less(months, step):
    colder = [t - step for t in months]
    for quantity in ("months_below_zero", "freezing_index", "frost_number"):
        assert frost(quantity, colder).central >= frost(quantity, months).central - 1e-9


def test_labels_tell_choice_from_publication():
    published = freeze_thaw.Options(quantity="frost_number")
    assert freeze_thaw.labels(published) == (Confidence.MEMORY_HIGH,)
    assert overtopping.labels(None) == (Confidence.PROJECT,)
