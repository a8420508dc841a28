"""Rows of a comma separated table as arrays, straight from their bytes.

Plain decimal numbers such as ``-12.3`` are turned by whole words of eight characters;
longer ones character by character. A number of at most 15 digits is an exact integer
over an exact power of ten, so one division rounds it as ``float(text)`` does (Clinger
1990, "How to read floating point numbers accurately"). Whatever is not plain (an
exponent, a quote, an infinity, text where a number belongs, a row of another length)
ends the work, and the caller takes a general reader for these bytes.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

PADDING: Final = 16
"""Bytes that must follow the rows, for the last word that is looked at."""
SKIP, TEXT, NUMBER, EPOCH = 0, 1, 2, 3
_POWERS: Final = 10.0 ** np.arange(19)
_ONES: Final = np.uint64(0x0101010101010101)
_HIGH: Final = np.uint64(0x8080808080808080)
_DOTS: Final = np.uint64(0x2E2E2E2E2E2E2E2E)
_ZEROS: Final = np.uint64(0x3030303030303030)
_ABOVE_NINE: Final = np.uint64(0x4646464646464646)
_ENDS: Final = np.uint64(0x2D2D2D2D2D2D2D2D)
_LOW: Final = np.uint64(0x0F0F0F0F0F0F0F0F)
_MINUS_TO_ZERO: Final = np.uint64(0x2D ^ 0x30)
_PAIRS: Final = np.uint64(0x000000FF000000FF)
_TENS: Final = np.uint64(0x000F424000000064)
_UNITS: Final = np.uint64(0x0000271000000001)
_COMMA, _LINE, _RETURN, _MINUS, _DOT = 44, 10, 13, 45, 46
_MOST_DIGITS: Final = 15

Parsed = tuple[list[NDArray[np.str_]], NDArray[np.float64], NDArray[np.float32]]


def parse_rows(
    block: NDArray[np.uint8], n_bytes: int, kinds: NDArray[np.int64]
) -> Parsed | None:
    """Parse whole rows; None where they hold something that is not plain.

    Parameters
    ----------
    block
        Bytes of whole rows, the last one ended, and `PADDING` bytes more.
    n_bytes
        Length without the padding.
    kinds
        Shape (fields of a row,). `SKIP`, `TEXT`, `NUMBER` or `EPOCH`.

    Returns
    -------
    tuple
        Text columns; numbers, shape (number columns, rows); epochs, shape (rows, epoch
        columns). Empty cells are NaN.
    """
    n_rows = int(count_lines(block, n_bytes))
    n_text, n_number, n_epoch = (int((kinds == k).sum()) for k in (TEXT, NUMBER, EPOCH))
    spans = np.zeros((n_text, n_rows, 2), dtype=np.int64)
    numbers = np.empty((n_number, n_rows))
    epochs = np.empty((n_rows, n_epoch), dtype=np.float32)
    found = _parse(block, n_bytes, kinds, _POWERS, spans, numbers, epochs)
    if found < 0:
        return None
    texts = []
    for span in spans[:, :found]:
        width = int((span[:, 1] - span[:, 0]).max(initial=1)) or 1
        letters = np.zeros((found, width), dtype=np.uint8)
        if not _copy_text(block, span, letters):
            return None
        texts.append(letters.view(f"S{width}").ravel().astype(np.str_))
    return texts, numbers[:, :found], epochs[:found]


def _load_word(_: Any, block: Any, _place: Any) -> Any:
    """Eight bytes at a place, the first one lowest."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = builder.gep(array.data, [arguments[1]])
        value = builder.load(builder.bitcast(start, ir.IntType(64).as_pointer()))
        value.align = 1
        return value

    return types.uint64(block, types.intp), generate


_word_at: Any = intrinsic(_load_word)


def _count_zeros(_: Any, _word: Any) -> Any:
    """Number of zero bits below the lowest one."""

    def generate(_c: Any, builder: Any, _s: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


_trailing_zeros: Any = intrinsic(_count_zeros)


@numba.njit(cache=True, nogil=True)
def count_lines(block: Any, n_bytes: int) -> int:  # pragma: no cover (compiled)
    """Line ends among the first bytes of a block."""
    n = 0
    for i in range(n_bytes):
        n += block[i] == _LINE
    return n


@numba.njit(cache=True, nogil=True)
def last_line(block: Any, n_bytes: int) -> int:  # pragma: no cover (compiled)
    """Bytes up to and with the last line end; 0 without one."""
    i = n_bytes
    while i > 0 and block[i - 1] != _LINE:
        i -= 1
    return i


@numba.njit(cache=True, nogil=True)
def _parse(
    block: Any,
    n_bytes: int,
    kinds: Any,
    powers: Any,
    spans: Any,
    numbers: Any,
    epochs: Any,
) -> int:  # pragma: no cover (compiled)
    """Fill the arrays; the number of rows, or -1 where something is not plain."""
    n_fields = len(kinds)
    place, row = 0, 0
    while place < n_bytes:
        if block[place] == _LINE:
            place += 1
            continue
        if block[place] == _RETURN and block[place + 1] == _LINE:
            place += 2
            continue
        text = number = epoch = 0
        for field in range(n_fields):
            kind = kinds[field]
            if kind == EPOCH:
                place, value = _short(block, place, powers)
                if place < 0:
                    return -1
                epochs[row, epoch] = value
                epoch += 1
            elif kind == NUMBER:
                place, value = _long(block, place, powers)
                if place < 0:
                    return -1
                numbers[number, row] = value
                number += 1
            else:
                start = place
                place = _field_end(block, place)
                if place < 0:
                    return -1
                if kind == TEXT:
                    spans[text, row, 0] = start
                    spans[text, row, 1] = place
                    text += 1
            if field < n_fields - 1:
                if block[place] != _COMMA:
                    return -1
                place += 1
        if block[place] == _RETURN:
            place += 1
        if block[place] != _LINE:
            return -1
        place += 1
        row += 1
    return row


@numba.njit(cache=True, nogil=True, inline="always")
def _short(
    block: Any, place: int, powers: Any
) -> tuple[Any, Any]:  # pragma: no cover (compiled)
    """Number of at most seven characters: where its field ends, and its value."""
    word = _word_at(block, place)
    ends = (word - _ENDS) & ~word & _HIGH
    if ends == 0:
        return _long(block, place, powers)
    shift = _trailing_zeros(ends) - np.uint64(7)  # eight times the number of characters
    n = np.int64(shift >> np.uint64(3))
    if n == 0:
        return place, np.nan
    negative = (word & np.uint64(0xFF)) == np.uint64(_MINUS)
    if negative:
        word ^= _MINUS_TO_ZERO
    word <<= np.uint64(64) - shift
    unlike = word ^ _DOTS
    dots = (unlike - _ONES) & ~unlike & _HIGH
    decimals: Any = 0
    if dots != 0:
        at = _trailing_zeros(dots) - np.uint64(7)
        below = (np.uint64(1) << at) - np.uint64(1)
        word = (word & ~((below << np.uint64(8)) | np.uint64(0xFF))) | (
            (word & below) << np.uint64(8)
        )
        decimals = 7 - np.int64(at >> np.uint64(3))
    if n - negative - (dots != 0) == 0:
        return -1, np.nan
    word |= _ZEROS
    if ((word + _ABOVE_NINE) | (word - _ZEROS)) & _HIGH:
        return _long(block, place, powers)
    word &= _LOW
    word = word * np.uint64(10) + (word >> np.uint64(8))
    whole = (
        (word & _PAIRS) * _TENS + ((word >> np.uint64(16)) & _PAIRS) * _UNITS
    ) >> np.uint64(32)
    value = np.float64(np.int64(whole)) / powers[decimals]
    return place + n, -value if negative else value


@numba.njit(cache=True, nogil=True)
def _long(
    block: Any, place: int, powers: Any
) -> tuple[Any, Any]:  # pragma: no cover (compiled)
    """Number of any plain form: where its field ends (or -1), and its value."""
    at = place
    negative = block[at] == _MINUS
    at += negative
    whole, digits, decimals, dotted = 0, 0, 0, False
    while True:
        letter: Any = block[at]
        if 48 <= letter <= 57:
            whole = whole * 10 + (letter - 48)
            digits += 1
            decimals += dotted
            if digits > _MOST_DIGITS:
                return -1, np.nan
        elif letter == _DOT and not dotted:
            dotted = True
        else:
            break
        at += 1
    if digits == 0:
        if at == place and (block[at] == 78 or block[at] == 110):  # NaN or nan
            middle, last = block[at + 1], block[at + 2]
            if middle == 97 and last == block[at]:
                at += 3
        elif at != place:
            return -1, np.nan
        if not _ends(block[at]):
            return -1, np.nan
        return at, np.nan
    if not _ends(block[at]):
        return -1, np.nan
    value = np.float64(whole) / powers[decimals]
    return at, -value if negative else value


@numba.njit(cache=True, nogil=True, inline="always")
def _ends(letter: int) -> bool:  # pragma: no cover (compiled)
    return letter in (_COMMA, _LINE, _RETURN)


@numba.njit(cache=True, nogil=True)
def _field_end(block: Any, place: int) -> int:  # pragma: no cover (compiled)
    """End of a field of text; -1 where it is quoted."""
    while not _ends(block[place]):
        if block[place] == 34:
            return -1
        place += 1
    return place


@numba.njit(cache=True, nogil=True)
def _copy_text(block: Any, span: Any, out: Any) -> bool:  # pragma: no cover (compiled)
    """Copy fields into rows of letters; false where one is no ASCII."""
    for k in range(len(span)):
        for i in range(span[k, 0], span[k, 1]):
            if block[i] > 127 or block[i] == 0:
                return False
            out[k, i - span[k, 0]] = block[i]
    return True
