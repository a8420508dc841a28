PUBLISHED_TABLES = (
    "facilities",
    "facility_values",
    "ledger",
    "hazards",
    "hazard_changes",
    "displacement",
    "displacement_points",
    "displacement_zones",
    "displacement_curves",
    "zones",
    "reaches",
    "snaps",
    "candidates",
    "possible_countries",
    "downstream",
    "crossings",
    "branches",
    "receptors",
    "exposure",
    "network_ledger",
    "assessment",
    "assessment_changes",
    "dam_checks",
    "components",
    "mixtures",
    "measures",
    "contingency",
    "notifications",
    "spill_entries",
)


rule publish:
    input:
        region=region_file,
        methods=METHODS,
        layers=f"{OUT}/{{region}}/layers/manifest.json",
        maps=f"{OUT}/{{region}}/layers/hazards",
        tables=expand(
            f"{OUT}/{{{{region}}}}/tables/{{table}}.parquet", table=PUBLISHED_TABLES
        ),
        series=f"{OUT}/{{region}}/tables/displacement_series.zarr",
        # templates, words, scripts and styles of the pages
        parts=lambda wildcards: sorted(
            path.relative_to(PROJECT).as_posix()
            for folder in ("assets", "templates", "words")
            for path in (PROJECT / "pipeline" / "publish" / folder).iterdir()
        ),
    output:
        index=f"{OUT}/{{region}}/site/index.html",
        contingency=f"{OUT}/{{region}}/site/contingency.html",
        profiles=directory(f"{OUT}/{{region}}/site/profiles"),
        drafts=directory(f"{OUT}/{{region}}/site/notifications"),
        data=directory(f"{OUT}/{{region}}/site/data"),
    log:
        f"{OUT}/{{region}}/logs/publish.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/publish.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code_version("pipeline/core", "pipeline/publish"),
        tables=lambda wildcards, input: Path(input.tables[0]).parent.as_posix(),
        site=lambda wildcards, output: Path(output.index).parent.as_posix(),
    message:
        "{wildcards.region}: writing the basin map and the profiles"
    shell:
        "(python -m pipeline publish --region {input.region:q}"
        " --methods {input.methods:q} --tables {params.tables:q}"
        " --layers {input.layers:q} --hazard-maps {input.maps:q}"
        " --out {params.site:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
