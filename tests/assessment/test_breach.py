import pytest

from pipeline.assessment.breach import (
    FailureMode,
    breach_width_2008_m,
    breach_width_m,
    formation_time_2008_s,
    formation_time_h,
    peak_discharge_m3s,
)


def test_the_printed_froehlich_numbers_are_reproduced():
    assert peak_discharge_m3s(1e6, 20) == pytest.approx(1467.121, abs=5e-4)
    assert formation_time_h(1e6, 20) == pytest.approx(0.259362, abs=5e-7)
    width = breach_width_m(1e6, 20, FailureMode.OVERTOPPING)
    assert width == pytest.approx(37.09535, abs=5e-6)


def test_piping_makes_a_narrower_breach_by_the_printed_factor():
    wide = breach_width_m(1e6, 20, FailureMode.OVERTOPPING)
    assert wide / breach_width_m(1e6, 20, FailureMode.PIPING) == pytest.approx(1.4)


def test_the_2008_time_has_the_square_root_of_the_volume():
    # V = 1e6 m3, h = 20 m: 63.2 sqrt(1e6 / (9.80665 * 400)) = 1009.08 s
    assert formation_time_2008_s(1e6, 20) == pytest.approx(1009.08, abs=0.01)
    assert formation_time_2008_s(4e6, 20) == pytest.approx(
        2 * formation_time_2008_s(1e6, 20)
    )


def test_the_2008_width_is_the_hand_computed_one():
    # 0.27 * 1.3 * 1e6^0.32 * 20^0.04
    width = breach_width_2008_m(1e6, 20, FailureMode.OVERTOPPING)
    assert width == pytest.approx(0.351 * 83.17638 * 1.127298, rel=1e-5)
