"""Tables that the hazards stage writes."""

from __future__ import annotations

from pipeline.core.model import Confidence, Hazard, Scenario, Zone
from pipeline.core.reasons import Vocabulary
from pipeline.core.schema import (
    Table,
    code,
    flag,
    number,
    reasons,
    text,
    with_bounds,
    with_status,
)

_INTENSITY = number("intensity", "see unit", "Hazard intensity at the facility.")

NOTES = Vocabulary(
    "hazard_note",
    {
        "no_position": (),
        "no_data_here": (),
        "covered_too_little": ("share_fraction", "needed_fraction"),
        "partly_covered": ("share_fraction",),
        "falls_with_period": (),
        "bounds_ordered": (),
        "zone_not_given": ("zone",),
        "position_too_uncertain": ("radius_m",),
        "no_flow_layer": (),
        "flow_too_coarse": ("cell_m", "limit_m"),
        "outside_flow_layer": (),
        "catchment_left_layer": (),
        "nothing_above": (),
        "input_not_available": ("layer", "state"),
        "input_without_value": ("layer",),
        "beyond_method": ("input", "found", "lowest", "highest"),
        "relief_too_coarse": ("cell_m", "limit_m"),
        "no_freeboard": (),
        "no_storage": (),
        "too_few_levels": (),
        "more_often_than_levels": ("return_period",),
        "rarer_than_levels": ("return_period",),
        "high_bound_is_first_level": ("return_period",),
        "no_lake_above": (),
        "lake_volume_unknown": (),
        "outside_projection": (),
        "on_seam": (),
        "no_value_in_study": (),
        "study_prevails": ("study", "intensity", "unit"),
        "prevails_over": ("layers",),
        "list_ends_near": ("share_fraction",),
        "layer_not_available": ("layer", "state"),
        "sites_without_facility": ("sites",),
        "polygons_mended": ("n_polygons",),
        "points_without_date": ("n_points",),
        "covers_none_well": ("layer",),
        "no_data_anywhere": ("layer",),
        "zero_everywhere": ("layer", "n_facilities"),
        "same_everywhere": ("layer", "n_facilities"),
        "looks_like_m_per_s2": ("layer", "intensity"),
        "unchanged_by_climate": (),
        "no_factor_known": (),
        "factors_not_available": ("layer", "state"),
        "no_factor_for_case": ("layer",),
        "no_factor_here": (),
        "factor_of_region": ("factor", "source"),
        "factor_of_warming": ("factor", "warming_k", "source"),
        "factor_sampled": (),
        "shift_of_region": ("factor", "unit", "source"),
        "shift_sampled": (),
        "against_baseline": ("layer",),
        "base_period": ("period",),
        "other_base_period": ("period", "base_period"),
        "of_models": ("n_models",),
        "of_one_model": (),
        "baseline_not_available": ("layer", "state"),
        "baseline_without_value": ("layer",),
        "baseline_is_zero": ("layer",),
        "factor_out_of_range": ("factor",),
        "factor_unusual": ("factor",),
    },
)

HAZARDS = Table(
    name="hazards",
    description="Intensity per facility, layer, return period, scenario and horizon.",
    key=("tmf_id", "layer_id", "level", "scenario", "horizon", "percentile"),
    columns=(
        text("tmf_id", "Key of the facility."),
        code("hazard", Hazard, "Hazard type (Risk Data Library)."),
        text(
            "process",
            "Hazard process (Risk Data Library); empty where the layer declares none.",
            nullable=True,
        ),
        text("intensity_measure", "Intensity measure, such as PGA."),
        text("unit", "Unit of the intensity."),
        text("layer_id", "Layer in the registry."),
        text(
            "level",
            "Band of the layer: return period in years or its own name; 'factor' for "
            "a change factor.",
        ),
        number(
            "return_period_yr",
            "yr",
            "Return period; empty where the layer declares none.",
            minimum=1,
            nullable=True,
        ),
        code("scenario", Scenario, "Climate scenario."),
        text("horizon", "'present' or first and last year, such as 2041-2060."),
        number(
            "percentile", "-", "Percentile of the ensemble.", minimum=0, maximum=100
        ),
        *with_bounds(_INTENSITY),
        with_status(_INTENSITY)[1],
        number(
            "largest",
            "see unit",
            "Largest value anywhere in the place, however small its part; the high "
            "bound where only bounds are known; empty where the status has no value.",
            nullable=True,
        ),
        number(
            "covered_fraction",
            "-",
            "Share of the sampled place that has valid cells.",
            minimum=0,
            maximum=1,
        ),
        code(
            "place",
            ("point", "circle", "footprint", "parts", "site", "region", *Zone),
            "What was sampled; 'site': a study gives the value of the site itself; "
            "'parts': the known zones of the facility together; else a zone.",
        ),
        number("radius_m", "m", "Radius of the circle.", minimum=0, nullable=True),
        flag("demonstration", "Whether the layer is a stand-in by the project."),
        flag("provisional", "Whether the value rests on a provisional method."),
        code("confidence", Confidence, "Weakest label of the methods used."),
        reasons("note", NOTES, "Reasons and caveats for readers.", nullable=True),
    ),
    measured=("intensity",),
    estimates=("intensity",),
)

TABLES = (HAZARDS,)
