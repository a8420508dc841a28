"""Ground motion on the ground, from that on rock and Vs30.

Site term of the NGA-West2 model of Boore et al. 2014: soft ground amplifies weak
motion and yields under strong motion. The motion is taken from its layer's own rock
(``reference_vs30_m_per_s``) to the ground. Method: docs/methods.md, "Hazards".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Literal

from pydantic import Field
from scipy.special import lambertw

from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status
from pipeline.core.records import Record
from pipeline.core.schemas.hazards import NOTES
from pipeline.hazards.coefficients import formula
from pipeline.hazards.derivation import (
    Bounds,
    Ingredient,
    Outcome,
    Site,
    Taken,
    Work,
    found,
    lacking,
    spread,
)

_REFERENCE_M_PER_S = 760.0


class Options(Record):
    """Options of the method."""

    motion: Literal["pga", "pgv"] = Field(description="What the input 'rock' is.")
    reference_vs30_m_per_s: float = Field(
        ge=150, le=1500, description="Vs30 of the rock that the input stands for, m/s."
    )


def ingredients(options: Options) -> Mapping[str, Ingredient]:
    """Motion on rock by level, Vs30, and for PGV the PGA on rock by level."""
    units = ("g",) if options.motion == "pga" else ("cm/s",)
    needed = {
        "rock": Ingredient(Taken.SAME_LEVEL, units),
        "vs30": Ingredient(Taken.ONE_LEVEL, ("m/s",)),
    }
    if options.motion == "pgv":
        needed["rock_pga"] = Ingredient(Taken.SAME_LEVEL, ("g",))
    return needed


def labels(options: Options) -> tuple[Confidence, ...]:
    """Label of the site term."""
    return (formula("site_response", options.motion).confidence,)


def derive(site: Site, band: Band, work: Work) -> Outcome:
    """Motion on the ground; invalid where Vs30 is outside of the formula's range."""
    del band
    options = work.options
    law = formula("site_response", options.motion)
    vs30 = site.bounds("vs30")
    lowest, highest = law["vs30_min_m_per_s"], law["vs30_max_m_per_s"]
    if not lowest <= vs30.central <= highest:
        return lacking(
            Status.INVALID,
            "beyond_method",
            input="Vs30",
            found=f"{vs30.central:g} m/s",
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
        )
    outside = [v for v in (vs30.low, vs30.high) if not lowest <= v <= highest]
    note = None
    if outside:
        ends = {"lowest": f"{lowest:g}", "highest": f"{highest:g}"}
        note = NOTES.reason(
            "beyond_method", input="Vs30", found=f"{outside[0]:g} m/s", **ends
        )
        vs30 = Bounds(max(vs30.low, lowest), vs30.central, min(vs30.high, highest))
    return found(_on_ground(site, options, vs30), note)


def _on_ground(site: Site, options: Options, vs30: Bounds) -> Bounds:
    """Motion on the ground with the extremes over motion on rock and Vs30.

    It rises with the motion on rock. Over Vs30 it may have a maximum between the ends,
    where ground is soft enough to amplify and stiff enough not to yield.
    """
    roles = ("rock",) if options.motion == "pga" else ("rock", "rock_pga")
    rock = [site.bounds(role) for role in roles]

    def motion(*inputs: float) -> float:
        ratio = amplification(
            options.motion, inputs[-1], inputs[-2], options.reference_vs30_m_per_s
        )
        return inputs[0] * ratio

    bounds = spread(motion, *rock, vs30)
    high = bounds.high
    for ends in product(*((one.low, one.high) for one in rock)):
        peak = vs30_of_most_motion(options.motion, ends[-1])
        if peak is not None and vs30.low < peak < vs30.high:
            high = max(high, motion(*ends, peak))
    return Bounds(bounds.low, bounds.central, high)


def vs30_of_most_motion(motion: str, rock_pga_g: float) -> float | None:
    """Vs30 (m/s) at which a motion on rock becomes largest; None where there is none.

    The derivative of ``ln F`` is zero at ``v exp(f5 v) = -c exp(360 f5) / (f4 f5 L)``
    with ``L = ln((PGA + f3) / f3)``, whose root in the range of the formula is the
    lower branch of Lambert's function.
    """
    law = formula("site_response", motion)
    c, f4, f5 = law["c"], law["f4"], law["f5"]
    yielding = math.log((rock_pga_g + law["f3_g"]) / law["f3_g"])
    if yielding <= 0:
        return None
    argument = -c * math.exp(360.0 * f5) / (f4 * yielding)
    if not -1 / math.e <= argument < 0:
        return None
    root = float(lambertw(argument, -1).real) / f5
    return root if root < _REFERENCE_M_PER_S else None


def amplification(
    motion: str, vs30_m_per_s: float, rock_pga_g: float, reference_m_per_s: float
) -> float:
    """Ratio of the motion on the ground to that on the reference rock.

    ``rock_pga_g`` is the acceleration on the reference rock; for the yielding of soft
    ground the model wants that on rock of 760 m/s, which differs by a few per cent for
    the usual references and is taken as equal.
    """
    of_ground = _site_term(motion, vs30_m_per_s, rock_pga_g)
    return math.exp(of_ground - _site_term(motion, reference_m_per_s, rock_pga_g))


def _site_term(motion: str, vs30_m_per_s: float, rock_pga_g: float) -> float:
    """Natural logarithm of the motion relative to rock of 760 m/s."""
    law = formula("site_response", motion)
    linear = law["c"] * math.log(
        min(vs30_m_per_s, law["vc_m_per_s"]) / _REFERENCE_M_PER_S
    )
    f5 = law["f5"]
    f2 = law["f4"] * (
        math.exp(f5 * (min(vs30_m_per_s, _REFERENCE_M_PER_S) - 360.0))
        - math.exp(f5 * (_REFERENCE_M_PER_S - 360.0))
    )
    return linear + f2 * math.log((rock_pga_g + law["f3_g"]) / law["f3_g"])
