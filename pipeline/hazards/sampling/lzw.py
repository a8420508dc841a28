"""Unpack the LZW compression of TIFF, in compiled code.

Source: Adobe, TIFF Revision 6.0 (1992), section 13: codes of 9 to 12 bits, highest bit
first, widened one code early.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

_CLEAR: Final = 256
_END: Final = 257
_CODES: Final = 4096
_LONGEST_BITS: Final = 12


@njit(cache=True, nogil=True)
def unpack_lzw(packed: NDArray[np.uint8], out: NDArray[np.uint8]) -> int:
    """Unpack ``packed`` into ``out``.

    Every string of the code table is a stretch of what was already written, so the
    table holds where it starts and how long it is.

    Returns
    -------
    int
        Bytes written; -1 if the data are damaged, of the old kind with the lowest bit
        first, or longer than ``out``.
    """
    start = np.empty(_CODES, np.int64)
    length = np.empty(_CODES, np.int64)
    if len(packed) == 0 or packed[0] != 0x80:
        return -1
    bits, held, kept, at = 9, 0, 0, 0
    free, last_start, last_length, done = 258, 0, 0, 0
    while done < len(out):
        while held < bits:
            if at == len(packed):
                return done
            kept = (kept << 8 | packed[at]) & 0xFFFFFF
            held += 8
            at += 1
        held -= bits
        code = kept >> held & ((1 << bits) - 1)
        if code == _END:
            return done
        if code == _CLEAR:
            bits, free, last_length = 9, 258, 0
            continue
        if last_length > 0:
            if free == _CODES:
                return -1
            start[free], length[free] = last_start, last_length + 1
            free += 1
            if free == (1 << bits) - 1 and bits < _LONGEST_BITS:
                bits += 1
        last_start = done
        if code < _CLEAR:
            out[done] = code
            last_length = 1
        else:
            if code >= free or done + length[code] > len(out):
                return -1
            last_length = length[code]
            for k in range(last_length):
                out[done + k] = out[start[code] + k]
        done += last_length
    return done
