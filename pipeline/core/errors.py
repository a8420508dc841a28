"""Errors that a user can mend, told in one sentence."""

from __future__ import annotations

from pathlib import Path


class InputError(ValueError):
    """Something in the user's input stops the work.

    The message names the file, row and field, what was found, what is expected and
    what to do. The command line prints it without a traceback and exits with 2.
    """


def input_error(
    source: str | Path,
    *,
    found: object,
    expected: str,
    fix: str,
    row: int | str | None = None,
    field: str | None = None,
) -> InputError:
    """Build an `InputError` in the one form that all messages share.

    Parameters
    ----------
    source
        File (or option) in which the problem is.
    found
        What is there; shown with ``repr`` unless it is text.
    expected
        What should be there, with unit and limits.
    fix
        What the user should do, as an imperative without a full stop.
    row
        Row number as a person counts it (first data row of a CSV file is 2).
    field
        Column, key, band or layer.
    """
    place = str(source)
    if row is not None:
        place += f", row {row}"
    if field is not None:
        place += f", field {field!r}"
    shown = found if isinstance(found, str) else repr(found)
    return InputError(f"{place}: found {shown}; expected {expected}. To mend: {fix}.")
