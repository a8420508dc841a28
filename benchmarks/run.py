"""Measure the project against its peers, side by side in one run (``make bench``).

Peers live in an environment of their own (``.bench-venv``), which sees the project's
environment too. Every file of this folder that offers ``main()`` is a benchmark; name
some of them to run only those: ``python benchmarks/run.py zonal``.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
BENCHMARKS = PROJECT / "benchmarks"
PEERS = PROJECT / ".bench-venv"


def peer_python() -> Path:
    """Python that sees the peers and the project's environment; made once."""
    python = PEERS / "bin" / "python"
    wanted = (BENCHMARKS / "peers.txt").read_text(encoding="utf-8")
    stamp = PEERS / "peers.txt"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print("Installing the peers into .bench-venv (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", PEERS], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = PEERS / "lib" / version / "site-packages"
    (site / "project.pth").write_text(
        f"{sysconfig.get_paths()['purelib']}\n{PROJECT}\n", encoding="utf-8"
    )
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "-r", BENCHMARKS / "peers.txt"],
        check=True,
    )
    stamp.write_text(wanted, encoding="utf-8")
    return python


def main() -> int:
    """Run the named benchmarks, or all of them."""
    known = sorted(
        path.stem for path in BENCHMARKS.glob("*.py") if path.name != "run.py"
    )
    named = sys.argv[1:] or known
    unknown = sorted(set(named) - set(known))
    if unknown:
        print(f"no benchmark {unknown}; there are {known}")
        return 2
    python = peer_python()
    print(f"{platform.platform()}, Python {platform.python_version()}")
    failed = []
    for name in named:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        result = subprocess.run(
            [python, BENCHMARKS / f"{name}.py"], cwd=PROJECT, check=False
        )
        if result.returncode != 0:
            failed.append(name)
        print(f"({name}: {time.monotonic() - started:.0f} s)", flush=True)
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
