"""Read all sources of a region; one that is broken does not stop the others."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Final

from pipeline.core.config import Region
from pipeline.core.errors import InputError
from pipeline.core.schemas.displacement import STATUS_REASONS
from pipeline.displacement.readers import prepare, read_source
from pipeline.displacement.search import SearchArea
from pipeline.displacement.series import PointSeries

log = logging.getLogger("natech.displacement")
_FIELD: Final = re.compile(r", field '(.+?)': found ")
_WHOLE_FILE: Final = "-"


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be read, and the file and field that stood in the way."""

    source_id: str
    file: str
    field: str

    @property
    def reason(self) -> str:
        """Reason for the cell of a facility."""
        return STATUS_REASONS.reason(
            "source_unreadable",
            source=self.source_id,
            file=self.file,
            field=self.field,
        )


def read_sources(
    region: Region, areas: tuple[SearchArea, ...]
) -> tuple[list[PointSeries], tuple[Unread, ...]]:
    """Read every source near the areas.

    Returns
    -------
    tuple
        Series of the sources that could be read, and those that could not; the log
        holds the sentence that says what to mend.

    Raises
    ------
    InputError
        If the region's file names a reader or an option that does not exist: such a
        mistake is mended where it stands, before anything is computed.
    """
    for source in region.config.displacement:
        prepare(source, region)
    found: list[PointSeries] = []
    unread: list[Unread] = []
    for source in region.config.displacement:
        try:
            series = read_source(source, region, areas)
        except InputError as error:
            log.error("source %s is left out: %s", source.id, error)
            field = _FIELD.search(str(error))
            name = field[1] if field else _WHOLE_FILE
            unread.append(Unread(source.id, source.path.name, name))
            continue
        log.info("%s", _summary(series))
        found.append(series)
    return found, tuple(unread)


def _summary(series: PointSeries) -> str:
    epochs = "rates without epochs"
    if series.epoch.size:
        first, last = series.epoch[0], series.epoch[-1]
        epochs = f"{series.epoch.size} epochs from {first} to {last}"
    return (
        f"{series.source_id}: {series.product}, {series.n_points} points near "
        f"facilities, {epochs}"
    )
