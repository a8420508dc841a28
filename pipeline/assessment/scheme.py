"""Index schemes: tables of scores, each a file in ``configs/schemes``.

The engine in ``index.py`` knows the structure of methodology 1.1 and 1.2; every edge
and every score comes from a scheme file. A scheme is found by its name, so adding one
is adding a file.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from pipeline.core.errors import input_error
from pipeline.core.model import Confidence, FacilityStatus
from pipeline.core.records import Record, load_record, load_yaml

Triple = tuple[float, float, float]


def _ordered(numbers: tuple[float, ...]) -> bool:
    return all(a <= b for a, b in itertools.pairwise(numbers))


class Capacity(Record):
    """Capacity term, log10 of the stored volume."""

    form: Literal["log10"] = Field(description="Form of the term.")
    unit: Literal["m3"] = Field(description="Unit of the volume.")
    floor: float = Field(gt=0, description="Smaller volumes count as this, m3.")
    unknown_m3: Triple = Field(
        description="Low, assumed and high volume where none is known, m3."
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.unknown_m3[0] <= 0 or not _ordered(self.unknown_m3):
            raise ValueError("unknown_m3 must be above zero and must not decrease")
        return self


class Toxicity(Record):
    """Toxicity term, by water hazard class."""

    by: Literal["whc"] = Field(description="Entry of the table.")
    scores: dict[int, float] = Field(description="Score by water hazard class 0 to 3.")
    unknown: float = Field(description="Score where the class is unknown.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if sorted(self.scores) != [0, 1, 2, 3]:
            raise ValueError("scores must have the classes 0, 1, 2 and 3")
        ordered = tuple(self.scores[key] for key in sorted(self.scores))
        if not _ordered(ordered):
            raise ValueError("scores must not decrease with the class")
        _require_within(self.unknown, ordered)
        return self


class Management(Record):
    """Management term, by life-cycle status."""

    active: float = Field(description="Score of an active facility.")
    closed: float = Field(description="Score of a closed one.")
    abandoned: float = Field(description="Score of an abandoned one.")
    unknown: float = Field(description="Score where the status is unknown.")

    @model_validator(mode="after")
    def _is_within(self) -> Self:
        _require_within(self.unknown, self.known_scores)
        return self

    @property
    def known_scores(self) -> tuple[float, float, float]:
        """Scores that a facility can have once its status is known."""
        return (self.active, self.closed, self.abandoned)

    def score(self, status: FacilityStatus) -> float:
        """Score of a status."""
        return float(getattr(self, status.value))


class Steps(Record):
    """Scores in steps; edges are half-open [low, high)."""

    edges: tuple[float, ...] = Field(min_length=1, description="Edges, increasing.")
    scores: tuple[float, ...] = Field(description="Scores, one more than edges.")
    unknown: float = Field(description="Score where the value is unknown.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if len(self.scores) != len(self.edges) + 1:
            raise ValueError("scores must be one more than edges")
        if len(set(self.edges)) < len(self.edges) or not _ordered(self.edges):
            raise ValueError("edges must increase")
        _require_within(self.unknown, self.scores)
        return self

    def score(self, value: float) -> float:
        """Score of a value; on an edge the higher step counts."""
        return self.scores[sum(value >= edge for edge in self.edges)]


class Seismic(Steps):
    """Seismic part of the site term; scores must not decrease with acceleration."""

    field: str = Field(pattern=r"^pga_\d+_g$", description="Such as pga_475_g.")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not _ordered(self.scores):
            raise ValueError("scores must not decrease with acceleration")
        return self

    @property
    def return_period_yr(self) -> float:
        """Return period that the field names."""
        return float(self.field.split("_")[1])


class Dam(Steps):
    """Dam term; scores must not increase with the factor of safety."""

    field: Literal["fos", "fos_static"] = Field(description="Factor of safety.")

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if not _ordered(self.scores[::-1]):
            raise ValueError("scores must not increase with the factor of safety")
        return self


class Flood(Record):
    """Flood part of the site term."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    field: str = Field(pattern=r"^inside_hq\d+$", description="Such as inside_hq500.")
    inside: float = Field(alias="true", description="Score inside the zone.")
    outside: float = Field(alias="false", description="Score outside.")
    unknown: float = Field(description="Score where it is unknown.")

    @model_validator(mode="before")
    @classmethod
    def _words(cls, content: Any) -> Any:
        """YAML reads the keys true and false as truth values."""
        if not isinstance(content, dict):
            return content
        words = {True: "true", False: "false"}
        return {
            words[key] if isinstance(key, bool) else key: value
            for key, value in content.items()
        }

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.inside < self.outside:
            raise ValueError("the score inside must not be below the one outside")
        _require_within(self.unknown, (self.outside, self.inside))
        return self

    @property
    def return_period_yr(self) -> float:
        """Return period that the field names."""
        return float(self.field.removeprefix("inside_hq"))


class People(Record):
    """Exposure of people, log10 of the people at risk."""

    form: Literal["log10"] = Field(description="Form of the term.")
    distance_km: float = Field(gt=0, description="Downstream distance, km.")
    floor: float = Field(gt=0, description="Fewer people count as this.")
    unknown: Triple = Field(
        description="Low, assumed and high number of people where none can be told."
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.unknown[0] < 0 or not _ordered(self.unknown):
            raise ValueError("unknown must be zero or above and must not decrease")
        return self


class Environment(Record):
    """Exposure of the environment; its official table is not loaded."""

    table: Literal["TO-BE-LOADED"] = Field(description="State of the class table.")
    low: float = Field(description="Smallest score of the table.")
    high: float = Field(description="Largest score of the table.")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Exposure(Record):
    """Exposure index."""

    par: People = Field(description="People at risk.")
    env: Environment = Field(description="Protected environment.")


class Scheme(Record):
    """One index scheme."""

    scheme: str = Field(description="Name, as in the file name.")
    status: Literal["provisional", "official"] = Field(
        description="Whether the official tables are loaded."
    )
    confidence: Confidence = Field(description="Weakest label of its tables.")
    source: str = Field(min_length=1, description="Where the tables come from.")
    capacity: Capacity = Field(description="Capacity term.")
    toxicity: Toxicity = Field(description="Toxicity term.")
    management: Management = Field(description="Management term.")
    seismic: Seismic = Field(description="Seismic part of the site term.")
    flood: Flood = Field(description="Flood part of the site term.")
    dam: Dam = Field(description="Dam term.")
    exposure: Exposure = Field(description="Exposure index.")

    @model_validator(mode="after")
    def _official_is_verified(self) -> Self:
        if self.status == "official" and self.confidence.is_provisional:
            raise ValueError("an official scheme needs verified tables (confidence)")
        return self


def _require_within(unknown: float, scores: tuple[float, ...]) -> None:
    if not min(scores) <= unknown <= max(scores):
        raise ValueError("unknown must lie between the lowest and the highest score")


def read_scheme(name: str, folder: Path) -> Scheme:
    """Read the scheme of a name.

    Raises
    ------
    InputError
        If there is no such file, or it breaks its record; lists the schemes found.
    """
    path = folder / f"{name}.yaml"
    if not path.exists():
        found = ", ".join(sorted(p.stem for p in folder.glob("*.yaml"))) or "none"
        raise input_error(
            path,
            found=f"no scheme of that name (there are: {found})",
            expected="a file with the scheme's tables",
            fix="correct assessment.scheme in the methods file, or add the file",
        )
    scheme = load_record(Scheme, load_yaml(path), path)
    if scheme.scheme != name:
        raise input_error(
            path,
            field="scheme",
            found=scheme.scheme,
            expected=f"{name!r}, the name of the file",
            fix="rename the file or change the key",
        )
    return scheme
