"""Wall time, peak memory and first render of the Syr Darya run, against the targets.

Targets: 60 s and 1.5 GB for a cold run on 2 cores; 10 s to say that there is nothing to
do; the map at most 5 MB and on the screen within 2 s, a profile at most 1.5 MB.
"""

from __future__ import annotations

import csv
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV_PYTHON = PROJECT / ".venv" / "bin" / "python"
MEGABYTE = 1e6


def run_region(
    outputs: Path, cache: Path, region: str = "syr-darya"
) -> tuple[float, str]:
    """Run the workflow; return the wall time in seconds and what it printed."""
    started = time.monotonic()
    result = subprocess.run(
        [VENV_PYTHON, "-m", "pipeline", "run", region, "--outputs", outputs],
        cwd=PROJECT,
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    if result.returncode != 0:
        raise SystemExit(result.stdout + result.stderr)
    return seconds, result.stdout


def peak_memory_mb(folder: Path) -> tuple[float, list[tuple[str, float, float]]]:
    """Peak of one process, and (stage, seconds, MB) from Snakemake's measurements."""
    rows = []
    for path in sorted((folder / "benchmarks").glob("*.tsv")):
        with path.open(encoding="utf-8") as handle:
            row = next(csv.DictReader(handle, delimiter="\t"))
        memory = float(row["max_rss"]) if row["max_rss"] not in ("-", "NA") else 0.0
        rows.append((path.stem, float(row["s"]), memory))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return children, rows


def first_render_s(page: Path) -> float:
    """Seconds from opening a page in headless Chromium to its first marker."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1400, "height": 900})
        started = time.monotonic()
        tab.goto(page.as_uri(), wait_until="commit")
        tab.wait_for_selector(".leaflet-marker-icon, .leaflet-interactive")
        seconds = time.monotonic() - started
        browser.close()
    return seconds


def change_one_row(work: Path) -> Path:
    """Copy of the region whose inventory can be edited."""
    shipped = PROJECT / "configs" / "regions" / "syr-darya.yaml"
    inventory = PROJECT / "layers" / "syr-darya" / "inventory"
    shutil.copytree(inventory, work / "inventory")
    text = shipped.read_text(encoding="utf-8")
    text = re.sub(r"\S*layers/syr-darya/inventory", "inventory", text)
    region = work / "syr-darya.yaml"
    region.write_text(
        text.replace(
            "region: syr-darya",
            "region: syr-darya\nlayers_folder: "
            + str(PROJECT / "layers" / "syr-darya"),
        ),
        encoding="utf-8",
    )
    return region


def line(name: str, value: float, unit: str, target: float | None = None) -> None:
    """Print one figure and its target."""
    if target is None:
        print(f"{name:44} {value:9.2f} {unit}")
        return
    word = "ok" if value <= target else "MISSED"
    print(f"{name:44} {value:9.2f} {unit:3} target {target:g} {unit} {word}")


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        cold, _ = run_region(work / "cold", work / "cache")
        line("cold run, compiling included", cold, "s", 60)
        folder = work / "cold" / "syr-darya"
        peak, stages = peak_memory_mb(folder)
        line("peak memory of one process", peak / 1000, "GB", 1.5)
        for stage, seconds, memory in stages:
            print(f"    {stage:40} {seconds:9.2f} s {memory:8.0f} MB")
        again, text = run_region(work / "cold", work / "cache")
        line("run again: nothing to do", again, "s", 10)
        if "Nothing to do" not in text:
            raise SystemExit("the second run did something:\n" + text)
        warm, _ = run_region(work / "warm", work / "cache")
        line("run with compiled kernels", warm, "s")
        one_row(work)
        site = folder / "site"
        line("basin map", (site / "index.html").stat().st_size / MEGABYTE, "MB", 5)
        largest = max(p.stat().st_size for p in (site / "profiles").glob("*.html"))
        line("largest profile", largest / MEGABYTE, "MB", 1.5)
        if shutil.which("chromium"):
            times = sorted(first_render_s(site / "index.html") for _ in range(3))
            line("first render in Chromium (median of 3)", times[1], "s", 2)
        else:
            print("first render: no Chromium on this machine")
    return 0


def one_row(work: Path) -> None:
    """Change one inventory row and print what runs again."""
    region = str(change_one_row(work))
    run_region(work / "row", work / "cache", region)
    table = work / "inventory" / "facilities.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace("41.854725", "41.855"),
        encoding="utf-8",
    )
    seconds, text = run_region(work / "row", work / "cache", region)
    line("run after one inventory row changed", seconds, "s")
    for step in re.findall(r"^\[.*$", text, flags=re.MULTILINE):
        print(f"    {step}")


if __name__ == "__main__":
    sys.exit(main())
