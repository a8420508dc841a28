"""Ground motion on the ground, from that on rock and Vs30.

Site term of the NGA-West2 model of Boore et al. 2014: soft ground amplifies weak
motion and yields under strong motion. The motion is taken from its layer's own rock
(``reference_vs30_m_per_s``) to the ground. Method: docs/methods.md, "Hazards".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from pipeline.core.layers import Band
from pipeline.core.model import Confidence, Status
from pipeline.core.records import Record
from pipeline.hazards.coefficients import formula
from pipeline.hazards.derivation import (
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
    reference = options.reference_vs30_m_per_s
    if options.motion == "pga":
        return found(
            spread(
                lambda a, v: a * amplification("pga", v, a, reference),
                site.bounds("rock"),
                vs30,
            )
        )
    return found(
        spread(
            lambda x, a, v: x * amplification("pgv", v, a, reference),
            site.bounds("rock"),
            site.bounds("rock_pga"),
            vs30,
        )
    )


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
