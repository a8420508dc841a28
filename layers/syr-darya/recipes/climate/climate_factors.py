"""Make the tables of climate change factors from rates per kelvin and global warming.

    climate_factors_rx1day.csv    factor = 1 + 0.0579 per kelvin x warming
    climate_factors_prcptot.csv   factor = 1 + 0.0495 per kelvin x warming
    climate_factors_cdd.csv       factor = 1 + 0.0279 per kelvin x warming
    climate_shift_temperature.csv factor = 1.3 x warming, to be added, kelvin

* Rates: change of the largest daily rain of the year (Rx1day), of the yearly rain of
  wet days (PRCPTOT) and of the longest dry spell (CDD) in Central Asia per kelvin of
  global warming, CMIP5, RCP 4.5 (Yao et al. 2021, Journal of Hydrology, abstract).
  Higher pathways have other rates, which it does not give. Observed dry spells grew
  shorter from 1936 to 2005; that they grow longer is what the models say.
* 1.3: warming of the region (66 to 79 E, 39 to 44 N) per kelvin of global warming, from
  one CMIP5 model (BCC-CSM1-1) as downscaled by WorldClim 1.4: 2.31 K from 1960-1990 to
  2041-2060 under RCP 4.5 and 2.88 K under RCP 8.5, where the model's globe warms by
  1.8 and 2.2 K (``--regional`` computes both: 1.30 and 1.29).
* Warming: global surface temperature relative to 1850-1900, best estimate and very
  likely (5 to 95 %) range, from Table SPM.1 of IPCC AR6 WGI, less the 0.85 K that AR6
  gives for 1995-2014 (caption of Figure SPM.8).

What is simple about it (project choice, so every result is provisional): one rate for
the whole basin, for all pathways and for warming of the globe, not of the basin; the
spread is that of the warming alone, not of the rate; the maps that the factors
change have their own base periods (reanalysis and gauges of about 1979-2014), taken
here as 1995-2014; and a one-minute rain rate is scaled like a daily sum.

Run from any folder::

    python climate_factors.py FOLDER
    python climate_factors.py FOLDER --compare cmip6_warming_levels_1850_1900.csv
    python climate_factors.py FOLDER --regional BASELINE.tif RCP45.tif RCP85.tif \
        cmip5_warming_levels_1850_1900.csv

The second form prints, beside the warming used, that of the unconstrained CMIP6 models
(table of Hauser et al., doi:10.5281/zenodo.3591806), as a check of order and size. The
third prints the warming of the region per kelvin of the model's globe; the rasters are
WorldClim 1.4 bioclim (bio1 first), the levels of the same archive.
"""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

RATE_PER_K = 0.0579
REGION_PER_GLOBE = 1.3
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
WARMING = "warming: IPCC AR6 WGI Table SPM.1 less 0.85 K for 1995-2014"
COLUMNS = ("scenario", "horizon", "percentile", "warming_k", "factor", "source")


class Quantity(NamedTuple):
    """One table: its file, what a kelvin of global warming does, and the source.

    With ``is_shift`` the factor is added (kelvin), otherwise it multiplies.
    """

    file: str
    per_k: float
    source: str
    is_shift: bool = False

    def factor(self, warming_k: float) -> float:
        """Change at so much global warming."""
        return self.per_k * warming_k + (0 if self.is_shift else 1)


def _rate(file: str, per_k: float) -> Quantity:
    said = f"Rate {100 * per_k:.2f} %/K: Yao et al. 2021 (J. Hydrol.); {WARMING}"
    return Quantity(file, per_k, said)


RX1DAY = _rate("climate_factors_rx1day.csv", RATE_PER_K)
PRCPTOT = _rate("climate_factors_prcptot.csv", 0.0495)
CDD = _rate("climate_factors_cdd.csv", 0.0279)
TEMPERATURE = Quantity(
    "climate_shift_temperature.csv",
    REGION_PER_GLOBE,
    "1.3 K per kelvin of global warming: one model, BCC-CSM1-1 (CMIP5) in WorldClim "
    f"1.4; {WARMING}",
    is_shift=True,
)
QUANTITIES = (RX1DAY, PRCPTOT, CDD, TEMPERATURE)


def rows(quantity: Quantity = RX1DAY) -> list[tuple[str, str, int, str, str, str]]:
    """Rows of a table, in the order of `COLUMNS`."""
    found = []
    for scenario, horizons in AR6_TABLE_SPM_1.items():
        for horizon, warming in zip(HORIZONS, horizons, strict=True):
            for percentile, above_1850_k in zip(PERCENTILES, warming, strict=True):
                delta_k = above_1850_k - WARMING_1995_2014_K
                factor = quantity.factor(delta_k)
                found.append(
                    (
                        scenario,
                        horizon,
                        percentile,
                        f"{delta_k:.2f}",
                        f"{factor:.4f}",
                        quantity.source,
                    )
                )
    return found


def csv_text(quantity: Quantity = RX1DAY) -> str:
    """Text of a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(quantity))
    return text.getvalue()


def regional(files: list[Path]) -> None:
    """Print the region's warming per kelvin of the globe, for two pathways."""
    import rasterio
    from rasterio.windows import from_bounds

    *rasters, levels_file = files
    means = []
    for path in rasters:
        with rasterio.open(path) as raster:
            window = from_bounds(66, 39, 79, 44, raster.transform)
            means.append(float(raster.read(1, window=window, masked=True).mean()))
    levels = pd.read_csv(levels_file, comment="#", skipinitialspace=True)
    model = levels[levels["model"] == "bcc-csm1-1"]
    for name, then in zip(("rcp45", "rcp85"), means[1:], strict=True):
        reached = model[model["exp"] == name].sort_values("warming_level")
        centre = reached[["start_year", "end_year"]].mean(axis=1).to_numpy()
        kelvin = reached["warming_level"].to_numpy()
        globe_k = _along(2050.5, centre, kelvin) - _along(1975.5, centre, kelvin)
        here_k = then - means[0]
        print(
            f"{name}: region {here_k:.2f} K, globe {globe_k:.2f} K, "
            f"ratio {here_k / globe_k:.2f}"
        )


def _along(year: float, centre: np.ndarray, kelvin: np.ndarray) -> float:
    """Warming in a year by straight lines, the outer ones prolonged."""
    i = int(np.clip(np.searchsorted(centre, year), 1, len(centre) - 1))
    slope = (kelvin[i] - kelvin[i - 1]) / (centre[i] - centre[i - 1])
    return float(kelvin[i - 1] + slope * (year - centre[i - 1]))


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
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the tables (CSV)")
    parser.add_argument("--compare", type=Path, help="CMIP6 warming levels (CSV)")
    parser.add_argument("--regional", type=Path, nargs=4, help="see above")
    arguments = parser.parse_args()
    for quantity in QUANTITIES:
        path = arguments.folder / quantity.file
        path.write_text(csv_text(quantity), encoding="utf-8", newline="\n")
    if arguments.compare:
        compare(arguments.compare)
    if arguments.regional:
        regional(arguments.regional)


if __name__ == "__main__":
    main()
