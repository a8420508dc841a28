"""Wide point tables, one row per point and one column per date, read by chunks.

The file may be plain text or the only CSV file inside a zip archive, which is read
without unpacking it. Points that nobody asks for are dropped chunk by chunk, so the
memory needed follows the points kept and not the size of the file.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray
from shapely.geometry import GeometryCollection, MultiPoint
from shapely.geometry.base import BaseGeometry

from pipeline.core.errors import InputError, input_error

Kind = Literal["text", "number"]
Columns = Mapping[str, NDArray[Any]]
Positions = Callable[[Columns], tuple[NDArray[np.float64], NDArray[np.float64]]]
Keep = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
_BLOCK_BYTES: Final = 16 << 20
_HEADER_BYTES: Final = 4 << 20
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class WideTable:
    """Kept rows of a wide table.

    ``columns`` holds the static columns by the reader's own names (text as str, numbers
    as float64 with NaN for empty), ``values`` the epochs as float32 (n, m) in the
    file's unit and sign.
    """

    columns: dict[str, NDArray[Any]]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    values: NDArray[np.float32]
    footprint: BaseGeometry
    n_rows: int


@contextmanager
def open_csv(path: Path) -> Iterator[IO[bytes]]:
    """Open a CSV file, or the only CSV file in a zip archive, as bytes.

    Raises
    ------
    InputError
        If the file is missing, no zip archive, damaged, or holds no or several CSV.
    """
    try:
        if path.suffix.lower() != ".zip":
            with path.open("rb") as handle:
                yield handle
            return
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.lower().endswith(".csv")]
            if len(names) != 1:
                raise input_error(
                    path,
                    found=f"{len(names)} CSV files in the archive",
                    expected="exactly one",
                    fix="give the archive as it was downloaded",
                )
            with archive.open(names[0]) as handle:
                yield handle
    except OSError as error:
        raise input_error(
            path,
            found=f"no readable file ({error.strerror or error})",
            expected="a displacement product",
            fix="check the path",
        ) from None
    except _DAMAGED as error:
        raise input_error(
            path,
            found=f"a damaged or truncated archive ({error})",
            expected="a complete zip archive",
            fix="download the file again",
        ) from None


def read_header(path: Path, delimiter: str = ",") -> list[str]:
    """Names of the columns, in the order of the file.

    Raises
    ------
    InputError
        If the file is empty, not UTF-8, or a name stands twice.
    """
    with open_csv(path) as handle:
        raw = handle.readline(_HEADER_BYTES)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _no_text(path) from None
    names = next(csv.reader([text.strip("\r\n")], delimiter=delimiter), [])
    names = [name.strip() for name in names]
    if not any(names):
        raise input_error(
            path,
            found="no header",
            expected="names of columns in the first row",
            fix="give the file as its producer wrote it",
        )
    twice = [name for k, name in enumerate(names) if name and name in names[:k]]
    if twice:
        raise input_error(
            path,
            field=twice[0],
            found="the column more than once",
            expected="each column once",
            fix="keep one of them",
        )
    return names


def read_wide(
    path: Path,
    header: list[str],
    static: Mapping[str, tuple[str, Kind]],
    epochs: list[str],
    positions: Positions,
    keep: Keep,
    *,
    delimiter: str = ",",
    no_data: tuple[float, ...] = (),
) -> WideTable:
    """Read the wanted columns of the wanted rows.

    Parameters
    ----------
    path, header, delimiter
        File, its columns in order, and what separates them.
    static
        Wanted columns: name given by the reader -> name in the file and kind.
    epochs
        Names of the date columns, oldest first.
    positions
        Turns static columns into longitude and latitude, degrees.
    keep
        Tells from longitude and latitude which rows are kept.
    no_data
        Values of the file that stand for no value.

    Raises
    ------
    InputError
        Names the row and the field that cannot be read.
    """
    reader = _Chunks(path, header, static, epochs, delimiter)
    parts: list[tuple[dict[str, NDArray[Any]], Any, Any, NDArray[np.float32]]] = []
    hull: BaseGeometry = GeometryCollection()
    n_rows = 0
    for columns, values in reader:
        lon, lat = positions(columns)
        n_rows += len(lon)
        finite = np.isfinite(lon) & np.isfinite(lat)
        cloud = MultiPoint(np.column_stack([lon[finite], lat[finite]]))
        hull = hull.union(cloud.convex_hull).convex_hull
        kept = keep(lon, lat) & finite if finite.all() else _no_position(path, finite)
        block = values(kept)
        for number in no_data:
            block[block == np.float32(number)] = np.nan
        parts.append(
            ({k: v[kept] for k, v in columns.items()}, lon[kept], lat[kept], block)
        )
    if n_rows == 0:
        raise input_error(
            path,
            found="a header without rows",
            expected="one row for each point",
            fix="give a file with points",
        )
    return WideTable(
        columns={k: np.concatenate([p[0][k] for p in parts]) for k in static},
        lon_deg=np.concatenate([p[1] for p in parts]),
        lat_deg=np.concatenate([p[2] for p in parts]),
        values=np.concatenate([p[3] for p in parts]),
        footprint=hull,
        n_rows=n_rows,
    )


class _Chunks:
    """Iterate over chunks of rows; epochs are converted for the kept rows only."""

    def __init__(
        self,
        path: Path,
        header: list[str],
        static: Mapping[str, tuple[str, Kind]],
        epochs: list[str],
        delimiter: str,
    ) -> None:
        self.path, self.header, self.static = path, header, static
        self.epochs, self.delimiter = epochs, delimiter
        types = {n: _ARROW_TYPES[kind] for n, kind in static.values()}
        types |= {name: pa.float32() for name in epochs}
        self._options = {
            "read_options": pacsv.ReadOptions(
                column_names=header, skip_rows=1, block_size=_BLOCK_BYTES
            ),
            "parse_options": pacsv.ParseOptions(delimiter=delimiter),
            "convert_options": pacsv.ConvertOptions(
                include_columns=list(types), column_types=types
            ),
        }

    def __iter__(
        self,
    ) -> Iterator[tuple[dict[str, NDArray[Any]], Callable[..., NDArray[np.float32]]]]:
        with open_csv(self.path) as handle:
            try:
                batches = pacsv.open_csv(handle, **self._options)
                for batch in batches:
                    yield self._static(batch), self._values(batch)
            except pa.ArrowInvalid as error:
                raise self._fault(error) from None

    def _static(self, batch: pa.RecordBatch) -> dict[str, NDArray[Any]]:
        columns: dict[str, NDArray[Any]] = {}
        for key, (name, kind) in self.static.items():
            values = batch.column(name).to_numpy(zero_copy_only=False)
            columns[key] = values.astype(np.str_) if kind == "text" else values
        return columns

    def _values(self, batch: pa.RecordBatch) -> Callable[..., NDArray[np.float32]]:
        def rows(kept: NDArray[np.bool_]) -> NDArray[np.float32]:
            chosen = batch.filter(pa.array(kept))
            block = np.empty((chosen.num_rows, len(self.epochs)), dtype=np.float32)
            for j, name in enumerate(self.epochs):
                block[:, j] = chosen.column(name).to_numpy(zero_copy_only=False)
            return block

        return rows

    def _fault(self, error: pa.ArrowInvalid) -> InputError:
        """Find the row and field of what the fast reader stumbled over."""
        numeric = {name for name, kind in self.static.values() if kind == "number"}
        wanted = [
            (k, n) for k, n in enumerate(self.header) if n in numeric | {*self.epochs}
        ]
        with open_csv(self.path) as handle:
            text = io.TextIOWrapper(handle, encoding="utf-8-sig", errors="replace")
            rows = csv.reader(text, delimiter=self.delimiter)
            next(rows, None)
            for row in rows:
                if row and len(row) != len(self.header):
                    return input_error(
                        self.path,
                        row=rows.line_num,
                        found=f"{len(row)} fields",
                        expected=f"{len(self.header)} fields, as in the header",
                        fix="correct the row, or download the file again",
                    )
                bad = next(
                    (n for k, n in wanted if row and not _is_number(row[k])), None
                )
                if bad is not None:
                    return input_error(
                        self.path,
                        row=rows.line_num,
                        field=bad,
                        found=row[self.header.index(bad)],
                        expected="a number, or an empty cell where there is none",
                        fix="correct the cell",
                    )
        return input_error(
            self.path,
            found=str(error).splitlines()[0],
            expected="a CSV file in UTF-8",
            fix="give the file as its producer wrote it",
        )


_ARROW_TYPES: Final = {"text": pa.string(), "number": pa.float64()}
_EMPTY_CELLS: Final = {"", "NA", "N/A", "NULL", "null", "#N/A", "NaN", "nan", "-NaN"}


def _is_number(text: str) -> bool:
    if text.strip() in _EMPTY_CELLS:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _no_text(path: Path) -> InputError:
    return input_error(
        path,
        found="bytes that are no UTF-8 text in the first row",
        expected="a CSV file in UTF-8",
        fix="give the CSV file, or the zip archive with the suffix .zip",
    )


def _no_position(path: Path, finite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    raise input_error(
        path,
        field="position",
        found=f"{int((~finite).sum())} rows without a position",
        expected="coordinates in every row",
        fix="remove these rows or add their coordinates",
    )
