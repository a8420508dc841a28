import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assessment.index import IndexFacts, index_of
from pipeline.assessment.interval import Interval, exactly
from pipeline.core.model import FacilityStatus

UNKNOWN = IndexFacts(None, None, FacilityStatus.UNKNOWN, None, None, None, None)
FIRST = IndexFacts(
    exactly(2.5e6), 3, FacilityStatus.ABANDONED, exactly(0.32), True, 1.2, None
)
SECOND = IndexFacts(
    exactly(1e5), 1, FacilityStatus.ACTIVE, exactly(0.05), False, 1.6, None
)


def intervals(low, high):
    return st.tuples(
        st.floats(low, high), st.floats(low, high), st.floats(low, high)
    ).map(lambda t: Interval(*sorted(t)))


facts = st.builds(
    IndexFacts,
    volume_m3=st.none() | intervals(1, 1e10),
    water_hazard_class=st.none() | st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    status=st.sampled_from(FacilityStatus),
    pga_g=st.none() | intervals(0, 2),
    inside_flood=st.none() | st.booleans(),
    factor_of_safety=st.none() | st.floats(0.5, 3),
    people=st.none() | intervals(0, 1e6),
)


@pytest.mark.parametrize(("given_facts", "thi"), [(FIRST, 13.39794), (SECOND, 6.0)])
def test_the_printed_examples_are_reproduced(scheme, given_facts, thi):
    index = index_of(given_facts, scheme)
    assert index.hazard.central == pytest.approx(thi, abs=5e-6)
    assert index.hazard.low == index.hazard.central == index.hazard.high


def test_the_first_example_has_the_printed_terms(scheme):
    index = index_of(FIRST, scheme)
    terms = (index.capacity, index.toxicity, index.management, index.site, index.dam)
    assert [t.central for t in terms] == pytest.approx([6.39794, 3, 1, 2, 1], abs=5e-6)


@given(facts)
def test_the_index_is_the_sum_of_its_terms(scheme, one):
    index = index_of(one, scheme)
    terms = (index.capacity, index.toxicity, index.management, index.site, index.dam)
    assert index.hazard.low == pytest.approx(sum(t.low for t in terms))
    assert index.hazard.high == pytest.approx(sum(t.high for t in terms))
    if index.hazard.central is not None:
        assert index.hazard.central - sum(t.central for t in terms) == pytest.approx(0)


@given(facts, st.floats(1, 1e8))
def test_ten_times_the_volume_raises_the_index_by_one(scheme, one, volume):
    once = dataclasses.replace(one, volume_m3=exactly(volume))
    tenfold = dataclasses.replace(one, volume_m3=exactly(10 * volume))
    difference = (
        index_of(tenfold, scheme).hazard.central - index_of(once, scheme).hazard.central
    )
    assert difference == pytest.approx(1)


@given(facts, st.sampled_from([(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]))
def test_a_higher_water_hazard_class_never_lowers_the_index(scheme, one, pair):
    low, high = (
        index_of(dataclasses.replace(one, water_hazard_class=w), scheme) for w in pair
    )
    assert low.hazard.high <= high.hazard.high
    assert low.toxicity.central <= high.toxicity.central


@given(facts, st.floats(0, 2), st.floats(0, 2))
def test_stronger_shaking_never_lowers_the_index(scheme, one, a, b):
    low, high = (
        index_of(dataclasses.replace(one, pga_g=exactly(x)), scheme)
        for x in sorted([a, b])
    )
    assert low.site.central <= high.site.central


@given(facts)
def test_flooding_never_lowers_the_index(scheme, one):
    out, inside = (
        index_of(dataclasses.replace(one, inside_flood=x), scheme)
        for x in (False, True)
    )
    assert out.site.central <= inside.site.central


@given(facts, st.floats(0.5, 3), st.floats(0.5, 3))
def test_a_higher_factor_of_safety_never_raises_the_index(scheme, one, a, b):
    weak, strong = (
        index_of(dataclasses.replace(one, factor_of_safety=x), scheme)
        for x in sorted([a, b])
    )
    assert strong.dam.central <= weak.dam.central


@given(facts)
def test_bounds_enclose_every_central_value(scheme, one):
    index = index_of(one, scheme)
    for interval in (index.hazard, index.exposure, index.risk):
        assert interval.low <= interval.high
        if interval.central is not None:
            assert interval.low - 1e-9 <= interval.central <= interval.high + 1e-9


@given(facts)
def test_forgetting_a_fact_never_narrows_the_bounds_of_a_term(scheme, one):
    known, forgotten = index_of(one, scheme), index_of(UNKNOWN, scheme)
    for name in ("toxicity", "management", "site", "dam"):
        term, wide = getattr(known, name), getattr(forgotten, name)
        assert wide.low <= term.low
        assert term.high <= wide.high


def test_nothing_known_gives_bounds_no_index_and_a_list_of_all_gaps(scheme):
    index = index_of(UNKNOWN, scheme)
    assert index.hazard.central is None
    assert index.risk.central is None
    assert index.hazard.low > 0
    assert index.missing == (
        "volume_m3",
        "whc",
        "status",
        "pga_475_g",
        "inside_hq500",
        "fos_static",
        "people_at_risk",
        "tei_env",
    )


def test_an_unknown_class_takes_the_precautionary_score_and_its_bounds(scheme):
    index = index_of(UNKNOWN, scheme)
    assert (index.toxicity.low, index.toxicity.central, index.toxicity.high) == (
        0,
        2,
        3,
    )
    assert (index.dam.low, index.dam.central, index.dam.high) == (0, 1, 1)


def test_a_spread_over_the_threshold_shows_in_the_bounds_only(scheme):
    straddling = dataclasses.replace(SECOND, pga_g=Interval(0.08, 0.09, 0.12))
    site = index_of(straddling, scheme).site
    assert (site.low, site.central, site.high) == (0, 0, 1)


def test_exposure_counts_people_and_leaves_the_environment_in_the_bounds(scheme):
    index = index_of(dataclasses.replace(FIRST, people=exactly(1000)), scheme)
    exposure = index.exposure
    assert (exposure.low, exposure.central, exposure.high) == (3, 3, 6)
    assert index.risk.central == pytest.approx(16.39794, abs=5e-6)
    assert index.missing == ("tei_env",)


def test_unknown_people_are_not_zero_people(scheme):
    exposure = index_of(FIRST, scheme).exposure
    assert exposure.central is None
    assert exposure.high > 6
