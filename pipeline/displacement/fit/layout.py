"""How the kernels of the trend lay out their basis and their results."""

from __future__ import annotations

from typing import Final

GROUP: Final = 2
"""Terms behind the first one that are projected together; the basis is padded to it."""
VELOCITY, ACCELERATION, ANNUAL, SEMIANNUAL, RMSE, N_EPOCHS, FIRST_STEP = range(7)
"""Rows of the results; the sizes of steps follow."""
