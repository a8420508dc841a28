"""Derived layers from files to samples: what is read, joined, refused and explained."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from shapely.geometry import MultiPolygon, Point, box

from pipeline.core.config import ClimateCase
from pipeline.core.errors import InputError
from pipeline.core.layers import LocalLayer, Manifest
from pipeline.core.model import Confidence, Status, Zone
from pipeline.core.tables import empty_table
from pipeline.hazards.climate import Factor, FactorLayer
from pipeline.hazards.derived_inputs import read_features, read_heights
from pipeline.hazards.flow_file import read_flow
from pipeline.hazards.grounds import Grounds
from pipeline.hazards.layers_at import LayersAt
from pipeline.hazards.places import place_at

BANDS = [
    {"level": "475", "band": 1, "return_period_yr": 475},
    {"level": "2475", "band": 2, "return_period_yr": 2475},
]
SITE = {
    "method": "site_amplification",
    "inputs": {"rock": "rock", "vs30": "vs30"},
    "options": {"motion": "pga", "reference_vs30_m_per_s": 760.0},
}


@pytest.fixture
def derived(make_layer):
    def build(**changes):
        row = {
            "kind": "derived",
            "file": "",
            "id": "ground",
            "crs": None,
            "bands": BANDS,
            "derivation": SITE,
        }
        return make_layer(**row | changes)

    return build


@pytest.fixture
def sources(make_layer, write_raster):
    """Rock and Vs30 over 3 x 3 cells; Vs30 is not known in the last column."""
    rock = make_layer(id="rock", bands=BANDS, demonstration=True, confidence="P")
    vs30 = make_layer(
        id="vs30", role="other", bands=[], unit="m/s", intensity_measure=None, nodata=-1
    )
    motion = np.full((3, 3), 0.1)
    ground = np.array([[760.0, 270.0, -1.0]] * 3)
    return {
        "rock": (rock, write_raster(motion, 2 * motion, name="rock.tif")),
        "vs30": (vs30, write_raster(ground, name="vs30.tif", nodata=-1)),
    }


def facilities(*lons):
    return pd.DataFrame(
        {
            "tmf_id": [f"kg-{k}" for k in range(len(lons))],
            "lon_deg": lons,
            "lat_deg": [41.5] * len(lons),
            "position_radius_m": [0.0] * len(lons),
            "position_quality": ["surveyed"] * len(lons),
            "area_m2": [np.nan] * len(lons),
            "freeboard_m": [2.0] * len(lons),
        }
    )


def sampled(
    layer, sources, choices, table=None, zones=None, more=(), factors=(), cases=()
):
    items = [
        LocalLayer(layer=each, state="available", reason="-", uses=("hazards",))
        for each in (layer, *more)
    ]
    items += [
        LocalLayer(
            layer=source,
            state="missing" if path is None else "available",
            path=path,
            reason="-",
            uses=("inputs", *(("flow_direction",) if key == "flow" else ())),
        )
        for key, (source, path) in sources.items()
    ]
    manifest = Manifest(region="small", layers=tuple(items))
    grounds = Grounds(
        manifest,
        choices,
        facilities(70.5, 71.5, 72.5) if table is None else table,
        empty_table("zones") if zones is None else zones,
    )
    found = LayersAt(manifest, grounds, choices, factors, cases)
    return found.sampled_layer(items[0])


def test_a_derived_layer_has_a_value_for_every_facility_and_level(
    derived, sources, choices
):
    setting, samples = sampled(derived(), sources, choices)
    values = {(one.tmf_id, one.band.level): one for one in samples}
    assert len(samples) == 6
    assert values["kg-0", "475"].value == pytest.approx(0.1)
    assert values["kg-1", "2475"].value > values["kg-1", "475"].value > 0.1
    assert setting.layer.demonstration
    assert setting.layer.confidence is Confidence.PROJECT


def test_an_input_without_a_value_leaves_none_and_is_named(derived, sources, choices):
    _, samples = sampled(derived(), sources, choices)
    lost = [one for one in samples if one.tmf_id == "kg-2"]
    assert {one.status for one in lost} == {Status.NOT_COVERED}
    assert lost[0].note == "input_without_value|layer=vs30;no_data_here"


def test_an_input_that_is_not_on_this_machine_is_named(derived, sources, choices):
    gone = sources | {"vs30": (sources["vs30"][0], None)}
    _, samples = sampled(derived(), gone, choices)
    assert {one.status for one in samples} == {Status.NOT_PROVIDED}
    assert samples[0].note == "input_not_available|layer=vs30|state=missing"


def test_a_layer_may_be_derived_from_a_derived_one(derived, sources, choices):
    again = derived(
        id="again", derivation=SITE | {"inputs": {"rock": "ground", "vs30": "vs30"}}
    )
    _, once = sampled(derived(), sources, choices)
    _, twice = sampled(again, sources, choices, more=(derived(),))
    assert twice[2].value > once[2].value > 0.1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inputs": {"rock": "rock"}}, r"inputs.*layers for rock, vs30"),
        ({"options": {"motion": "pga"}}, "reference_vs30_m_per_s"),
        (
            {"inputs": {"rock": "vs30", "vs30": "vs30"}},
            r"in m/s; expected a layer in g",
        ),
        ({"inputs": {"rock": "rock", "vs30": "rock"}}, r"in g; expected"),
        ({"method": "unheard_of"}, r"one of freeze_thaw"),
    ],
)
def test_a_row_that_does_not_fit_its_method_is_refused(
    derived, sources, choices, changes, told
):
    with pytest.raises(InputError, match=told):
        sampled(derived(derivation=SITE | changes), sources, choices)


def test_a_level_that_the_input_lacks_is_refused(derived, sources, choices):
    bands = [{"level": "100", "return_period_yr": 100}]
    with pytest.raises(InputError, match=r"level '100'.*475, 2475"):
        sampled(derived(bands=bands), sources, choices)


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "some.tif"},
        {"derivation": None},
        {"kind": "table", "file": "some.csv"},
    ],
)
def test_a_row_has_a_file_or_a_derivation(derived, changes):
    with pytest.raises(ValueError, match="derivation"):
        derived(**changes)


def test_the_rain_on_a_catchment_against_the_storage_of_the_pond(
    derived, make_layer, write_raster, choices
):
    rain = make_layer(id="rain", unit="mm", intensity_measure="rain_day", bands=BANDS)
    path = write_raster(np.full((3, 3), 50.0), np.full((3, 3), 80.0))
    layer = derived(
        hazard="flood",
        process="pluvial_flood",
        sample_at=["catchment"],
        derivation={
            "method": "overtopping",
            "inputs": {"rain": "rain"},
            "options": {"quantity": "fill_ratio", "runoff": [1.0, 1.0, 1.0]},
        },
        unit="-",
    )
    shapes = {
        Zone.POND: box(71.50, 41.50, 71.51, 41.51),
        Zone.CATCHMENT: box(71.50, 41.50, 71.52, 41.52),
    }
    zones = pd.DataFrame(
        {
            "tmf_id": ["kg-1"] * 2,
            "zone": list(shapes),
            "geometry": [MultiPolygon([shape]) for shape in shapes.values()],
        }
    )
    _, samples = sampled(layer, {"rain": (rain, path)}, choices, zones=zones)
    found = {(one.tmf_id, one.band.level): one for one in samples}
    # four times the pond's area, 50 mm, 2 m of freeboard
    assert found["kg-1", "475"].value == pytest.approx(4 * 0.05 / 2, rel=1e-3)
    assert found["kg-1", "2475"].value == pytest.approx(4 * 0.08 / 2, rel=1e-3)
    assert found["kg-0", "475"].note == "no_flow_layer"
    assert found["kg-0", "475"].status is Status.NOT_PROVIDED


def flow_layer(make_layer):
    return make_layer(id="flow", role="other", bands=[], unit="D8", nodata=255)


def write_flow(write_raster, **changes):
    code = np.full((10, 10), 4)
    options = {
        "name": "flow.tif",
        "dtype": "uint8",
        "nodata": 255,
        "transform": Affine(0.001, 0, 71.495, 0, -0.001, 41.505),
    }
    return write_raster(code, **options | changes)


def test_flow_directions_are_read_with_their_cell_size(make_layer, write_raster):
    layer = flow_layer(make_layer)
    local = LocalLayer(
        layer=layer, state="available", path=write_flow(write_raster), reason="-"
    )
    flow = read_flow(local)
    assert flow.code.shape == (10, 10)
    assert flow.cell_m == pytest.approx(111.07, abs=0.1)
    assert read_flow(None) is None


def test_flow_directions_south_up_are_refused(make_layer, write_raster):
    path = write_flow(
        write_raster, transform=Affine(0.001, 0, 71.495, 0, 0.001, 41.495)
    )
    local = LocalLayer(
        layer=flow_layer(make_layer), state="available", path=path, reason="-"
    )
    with pytest.raises(InputError, match="north up"):
        read_flow(local)


EDGE = Affine(0.001, 0, 71.48, 0, -0.001, 41.52)


def test_heights_are_read_around_a_place_in_metres(make_layer, write_raster):
    rows = np.arange(40.0)[:, None].repeat(40, axis=1)
    path = write_raster(
        1000 - rows, transform=Affine(0.001, 0, 71.48, 0, -0.001, 41.52)
    )
    layer = make_layer(role="relief", bands=[], unit="m")
    place = place_at("kg-1", 71.5005, 41.5005, 0)
    found = read_heights(layer, path, [place], 300.0)["kg-1"]
    assert found.dx_m == pytest.approx(83.5, abs=0.2)
    assert found.dy_m == pytest.approx(111.07, abs=0.1)
    nearest = np.unravel_index(found.away_m.argmin(), found.away_m.shape)
    assert found.height_m[nearest] == pytest.approx(1000 - 19)
    assert found.away_m.min() == pytest.approx(0, abs=1e-3)
    assert found.away_m.max() > 300


def test_a_place_outside_of_the_relief_has_no_heights(make_layer, write_raster):
    path = write_raster(np.ones((3, 3)))
    layer = make_layer(role="relief", bands=[], unit="m")
    found = read_heights(layer, path, [place_at("kg-1", 60.0, 41.5, 0)], 300.0)
    assert np.isnan(found["kg-1"].height_m).all()


def test_ground_beyond_the_edge_of_the_relief_is_unknown(make_layer, write_raster):
    path = write_raster(np.full((40, 40), 900.0), transform=EDGE)
    layer = make_layer(role="relief", bands=[], unit="m")
    place = place_at("kg-1", 71.4805, 41.5005, 0)  # in the first column
    found = read_heights(layer, path, [place], 300.0)["kg-1"]
    near = found.away_m <= 300
    known = near & ~np.isnan(found.height_m)
    assert 0.45 < known.sum() / near.sum() < 0.65
    assert set(found.height_m[known]) == {900.0}


@pytest.mark.parametrize("height_m", [-9999.0, 20_000.0])
def test_heights_that_no_ground_has_stop(make_layer, write_raster, height_m):
    path = write_raster(np.full((40, 40), height_m), transform=EDGE)
    layer = make_layer(role="relief", bands=[], unit="m", intensity_measure=None)
    place = place_at("kg-1", 71.5, 41.5, 0)
    with pytest.raises(InputError, match=f"found {height_m:g} m at facility 'kg-1'"):
        read_heights(layer, path, [place], 300.0)


def test_features_bring_areas_and_the_volumes_that_are_known(make_layer, tmp_path):
    path = tmp_path / "lakes.gpkg"
    gpd.GeoDataFrame(
        {"volume_m3": [5e6, None]},
        geometry=[box(71, 41, 71.01, 41.01), Point(72, 42).buffer(0.01)],
        crs="EPSG:4326",
    ).to_file(path)
    layer = make_layer(id="lakes", role="other", kind="vector", bands=[], unit="-")
    found = read_features(layer, path)
    assert found.area_m2[0] == pytest.approx(9.343e5, rel=1e-3)
    assert found.volume_m3[0] == 5e6
    assert np.isnan(found.volume_m3[1])


CASE = ClimateCase(scenario="ssp245", horizon="2041-2060")


def warming(make_layer, *pairs):
    """Shifts of temperature for the region, by percentile."""
    row = make_layer(
        id="shift",
        role="climate_factors",
        kind="table",
        file="shift.csv",
        applies_to=["monthly_mean_temperature"],
        unit="K",
        bands=[],
        change={"factor_kind": "difference"},
    )
    factors = tuple(
        Factor(
            CASE.scenario,
            CASE.horizon,
            percentile,
            shift,
            Status.MEASURED,
            "region",
            1.0,
            "factor_sampled",
            is_shift=True,
        )
        for percentile, shift in pairs
    )
    return FactorLayer(row, region=factors)


@pytest.fixture
def frost(derived, make_layer, write_raster):
    months = [{"level": f"{m}", "band": m} for m in range(1, 13)]
    temperature = make_layer(
        id="temperature",
        role="other",
        unit="degC",
        hazard="extreme_temperature",
        process="extreme_cold",
        intensity_measure="monthly_mean_temperature",
        bands=months,
    )
    # three months at -5, one at -1, the rest warm
    values = (-5.0, -5.0, -1.0, 5, 10, 15, 20, 15, 10, 5, 5, -5.0)
    path = write_raster(*(np.full((3, 3), t) for t in values), name="months.tif")
    layer = derived(
        hazard="extreme_temperature",
        process="extreme_cold",
        intensity_measure="months_below_zero",
        unit="-",
        bands=[{"level": "mean"}],
        derivation={
            "method": "freeze_thaw",
            "inputs": {"temperature": "temperature"},
            "options": {"quantity": "months_below_zero"},
        },
    )
    return layer, {"temperature": (temperature, path)}


def test_a_warmer_climate_changes_the_months_and_not_their_number_in_step(
    frost, make_layer, choices
):
    layer, sources = frost
    shifts = warming(make_layer, (50.0, 2.0), (95.0, 6.0))
    _, samples = sampled(
        layer, sources, choices, facilities(70.5), factors=[shifts], cases=[CASE]
    )
    found = {(one.band.scenario, one.band.percentile): one.value for one in samples}
    assert found == {("historical", 50): 4, ("ssp245", 50): 3, ("ssp245", 95): 0}


def test_without_a_factor_for_its_inputs_a_derived_layer_has_the_present_alone(
    frost, make_layer, choices
):
    layer, sources = frost
    other = warming(make_layer, (50.0, 2.0))
    other = replace(
        other, layer=other.layer.model_copy(update={"applies_to": ("PGA",)})
    )
    _, samples = sampled(
        layer, sources, choices, facilities(70.5), factors=[other], cases=[CASE]
    )
    assert {one.band.scenario for one in samples} == {"historical"}


def test_ground_motion_does_not_follow_the_climate(
    derived, sources, make_layer, choices
):
    shift = warming(make_layer, (50.0, 2.0))
    shift = replace(
        shift,
        layer=shift.layer.model_copy(update={"applies_to": ("PGA",), "unit": "g"}),
    )
    _, samples = sampled(derived(), sources, choices, factors=[shift], cases=[CASE])
    assert {one.band.scenario for one in samples} == {"historical"}
