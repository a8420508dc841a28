"""Index of the workflow: regions, targets, and the rules of the seven stages.

Run it with 'make run' or 'natech run <region>'. Settings given with --config:
region (file of one region), outputs, methods, data_root. A region's own file is read
by the package, never merged into Snakemake's configuration, so nothing of one region
can reach another.
"""

import sys
from pathlib import Path

sys.path.insert(0, workflow.basedir)

from pipeline.core import workflow as natech  # noqa: E402

PROJECT = Path(workflow.basedir)
OUT = str(config.get("outputs", "outputs"))
METHODS = str(config.get("methods", "configs/methods.yaml"))
REGIONS = natech.region_files(config, PROJECT)


wildcard_constraints:
    region="[a-z0-9]+(-[a-z0-9]+)*",


rule all:
    input:
        expand(f"{OUT}/{{region}}/site/index.html", region=sorted(REGIONS)),


include: "pipeline/common.smk"
include: "pipeline/retrieve/rules.smk"
include: "pipeline/inventory/rules.smk"
include: "pipeline/hazards/rules.smk"
include: "pipeline/displacement/rules.smk"
include: "pipeline/rivers/rules.smk"
include: "pipeline/assessment/rules.smk"
include: "pipeline/publish/rules.smk"
