"""Make the table of change factors for heavy rain (``climate_factors_rx1day.csv``).

    factor = 1 + 0.0579 per kelvin x warming

* 0.0579 per kelvin: change of the largest daily rain of the year (Rx1day) in Central
  Asia per kelvin of global warming, CMIP5, RCP 4.5 (Yao et al. 2021, Journal of
  Hydrology, abstract). Higher pathways have other rates, which it does not give.
* Warming: global surface temperature relative to 1850-1900, best estimate and very
  likely (5 to 95 %) range, from Table SPM.1 of IPCC AR6 WGI, less the 0.85 K that AR6
  gives for 1995-2014 (caption of Figure SPM.8).

What is simple about it (project choice, so every result is provisional): one rate for
the whole basin, for all pathways and for warming of the globe, not of the basin; the
spread is that of the warming alone, not of the rate; the rain map that the factors
multiply has its own base period (reanalysis and gauges of about 1979-2014), taken here
as 1995-2014; and a one-minute rain rate is scaled like a daily sum.

Run from any folder::

    python climate_factors.py OUT.csv
    python climate_factors.py OUT.csv --compare cmip6_warming_levels_1850_1900.csv

The second form prints, beside the warming used, that of the unconstrained CMIP6 models
(table of Hauser et al., doi:10.5281/zenodo.3591806), as a check of order and size.
"""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

RATE_PER_K = 0.0579
WARMING_1995_2014_K = 0.85
HORIZONS = ("2041-2060", "2081-2100")
PERCENTILES = (5, 50, 95)

# Kelvin above 1850-1900: (5 %, best estimate, 95 %) for each horizon.
AR6_TABLE_SPM_1 = {
    "ssp126": ((1.3, 1.7, 2.2), (1.3, 1.8, 2.4)),
    "ssp245": ((1.6, 2.0, 2.5), (2.1, 2.7, 3.5)),
    "ssp370": ((1.7, 2.1, 2.6), (2.8, 3.6, 4.6)),
    "ssp585": ((1.9, 2.4, 3.0), (3.3, 4.4, 5.7)),
}
SOURCE = (
    "Rate 5.79 %/K: Yao et al. 2021 (J. Hydrol.); warming: IPCC AR6 WGI Table SPM.1 "
    "less 0.85 K for 1995-2014"
)
COLUMNS = ("scenario", "horizon", "percentile", "warming_k", "factor", "source")


def rows() -> list[tuple[str, str, int, str, str, str]]:
    """Rows of the table, in the order of `COLUMNS`."""
    found = []
    for scenario, horizons in AR6_TABLE_SPM_1.items():
        for horizon, warming in zip(HORIZONS, horizons, strict=True):
            for percentile, above_1850_k in zip(PERCENTILES, warming, strict=True):
                delta_k = above_1850_k - WARMING_1995_2014_K
                factor = 1 + RATE_PER_K * delta_k
                found.append(
                    (
                        scenario,
                        horizon,
                        percentile,
                        f"{delta_k:.2f}",
                        f"{factor:.4f}",
                        SOURCE,
                    )
                )
    return found


def csv_text() -> str:
    """Text of the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows())
    return text.getvalue()


def model_warming_k(
    levels: pd.DataFrame, scenario: str, year: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest warming of every CMIP6 model, kelvin above 1850-1900.

    Between two levels that a model reaches, both are the value interpolated between
    the centres of its 20-year windows. Past the last level that it reaches, the model
    lies between that level and the next one, which it does not reach by 2100.
    """
    known = np.sort(levels["warming_level"].unique())
    next_level = dict(zip(known, [*known[1:], np.inf], strict=True))
    low, high = [], []
    for _, model in levels[levels["exp"] == scenario].groupby("model"):
        windows = model.groupby("warming_level")[["start_year", "end_year"]].mean()
        centre = windows.mean(axis=1)
        if year <= centre.iloc[-1]:
            value = np.interp(year, centre.to_numpy(), centre.index.to_numpy())
            low.append(value)
            high.append(value)
        else:
            low.append(centre.index[-1])
            high.append(next_level[centre.index[-1]])
    return np.sort(low), np.sort(high)


def compare(path: Path) -> None:
    """Print the warming used beside that of the CMIP6 models."""
    levels = pd.read_csv(path, comment="#", skipinitialspace=True)
    print("Kelvin above 1850-1900 at 5, 50, 95 %: used (AR6); CMIP6 models")
    for scenario, horizons in AR6_TABLE_SPM_1.items():
        for horizon, warming in zip(HORIZONS, horizons, strict=True):
            first, last = map(int, horizon.split("-"))
            low, high = model_warming_k(levels, scenario, (first + last) / 2)
            ranks = [round((len(low) - 1) * percent / 100) for percent in PERCENTILES]
            models = ", ".join(_span(low[rank], high[rank]) for rank in ranks)
            used = ", ".join(f"{x:.1f}" for x in warming)
            print(f"{scenario} {horizon}: {used}; {models} ({len(low)} models)")


def _span(low: float, high: float) -> str:
    if np.isinf(high):
        return f"over {low:.1f}"
    return f"{low:.1f}" if low == high else f"{low:.1f}..{high:.1f}"


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="table to write (CSV)")
    parser.add_argument("--compare", type=Path, help="CMIP6 warming levels (CSV)")
    arguments = parser.parse_args()
    arguments.out.write_text(csv_text(), encoding="utf-8", newline="\n")
    if arguments.compare:
        compare(arguments.compare)


if __name__ == "__main__":
    main()
