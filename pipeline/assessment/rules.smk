rule assessment:
    input:
        region=region_file,
        methods=METHODS,
        schemes=[
            path.relative_to(PROJECT).as_posix()
            for path in sorted((PROJECT / "configs/schemes").glob("*.yaml"))
        ],
        coefficients=[
            path.relative_to(PROJECT).as_posix()
            for path in sorted((PROJECT / "pipeline/assessment/data").glob("*.yaml"))
        ],
        facilities=f"{OUT}/{{region}}/tables/facilities.parquet",
        values=f"{OUT}/{{region}}/tables/facility_values.parquet",
        hazards=f"{OUT}/{{region}}/tables/hazards.parquet",
        displacement=f"{OUT}/{{region}}/tables/displacement.parquet",
        zones=f"{OUT}/{{region}}/tables/zones.parquet",
        components=f"{OUT}/{{region}}/tables/components.parquet",
        snaps=f"{OUT}/{{region}}/tables/snaps.parquet",
        crossings=f"{OUT}/{{region}}/tables/crossings.parquet",
        receptors=f"{OUT}/{{region}}/tables/receptors.parquet",
        reaches=f"{OUT}/{{region}}/tables/reaches.parquet",
        branches=f"{OUT}/{{region}}/tables/branches.parquet",
        possible=f"{OUT}/{{region}}/tables/possible_countries.parquet",
    output:
        assessment=f"{OUT}/{{region}}/tables/assessment.parquet",
        measures=f"{OUT}/{{region}}/tables/measures.parquet",
        changes=f"{OUT}/{{region}}/tables/assessment_changes.parquet",
        checks=f"{OUT}/{{region}}/tables/dam_checks.parquet",
        mixtures=f"{OUT}/{{region}}/tables/mixtures.parquet",
        contingency=f"{OUT}/{{region}}/tables/contingency.parquet",
        notifications=f"{OUT}/{{region}}/tables/notifications.parquet",
        entries=f"{OUT}/{{region}}/tables/spill_entries.parquet",
        provenance=multiext(
            f"{OUT}/{{region}}/tables/",
            "assessment.parquet.prov.json",
            "measures.parquet.prov.json",
            "assessment_changes.parquet.prov.json",
            "dam_checks.parquet.prov.json",
            "mixtures.parquet.prov.json",
            "contingency.parquet.prov.json",
            "notifications.parquet.prov.json",
            "spill_entries.parquet.prov.json",
        ),
    log:
        f"{OUT}/{{region}}/logs/assessment.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/assessment.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code_version("pipeline/core", "pipeline/assessment"),
        tables=lambda wildcards, input: str(Path(input.facilities).parent),
    message:
        "{wildcards.region}: classifying, indexing and ranking the facilities"
    shell:
        "(python -m pipeline assessment --region {input.region:q}"
        " --methods {input.methods:q} --tables {params.tables:q}"
        " --out {output.assessment:q} --out-measures {output.measures:q}"
        " --out-changes {output.changes:q} --out-checks {output.checks:q}"
        " --out-mixtures {output.mixtures:q}"
        " --out-contingency {output.contingency:q}"
        " --out-notifications {output.notifications:q}"
        " --out-spill-entries {output.entries:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
