rule rivers:
    input:
        region=region_file,
        methods=METHODS,
        facilities=f"{OUT}/{{region}}/tables/facilities.parquet",
        layers=f"{OUT}/{{region}}/layers/manifest.json",
    output:
        reaches=f"{OUT}/{{region}}/tables/reaches.parquet",
        snaps=f"{OUT}/{{region}}/tables/snaps.parquet",
        candidates=f"{OUT}/{{region}}/tables/candidates.parquet",
        possible_countries=f"{OUT}/{{region}}/tables/possible_countries.parquet",
        downstream=f"{OUT}/{{region}}/tables/downstream.parquet",
        crossings=f"{OUT}/{{region}}/tables/crossings.parquet",
        branches=f"{OUT}/{{region}}/tables/branches.parquet",
        receptors=f"{OUT}/{{region}}/tables/receptors.parquet",
        exposure=f"{OUT}/{{region}}/tables/exposure.parquet",
        network_ledger=f"{OUT}/{{region}}/tables/network_ledger.parquet",
        provenance=multiext(
            f"{OUT}/{{region}}/tables/",
            "reaches.parquet.prov.json",
            "snaps.parquet.prov.json",
            "candidates.parquet.prov.json",
            "possible_countries.parquet.prov.json",
            "downstream.parquet.prov.json",
            "crossings.parquet.prov.json",
            "branches.parquet.prov.json",
            "receptors.parquet.prov.json",
            "exposure.parquet.prov.json",
            "network_ledger.parquet.prov.json",
        ),
    log:
        f"{OUT}/{{region}}/logs/rivers.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/rivers.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code_version("pipeline/core", "pipeline/rivers"),
        folder=lambda wildcards, output: str(Path(output.reaches).parent),
    message:
        "{wildcards.region}: following rivers below every facility"
    shell:
        "(python -m pipeline rivers --region {input.region:q}"
        " --methods {input.methods:q} --facilities {input.facilities:q}"
        " --layers {input.layers:q} --out-dir {params.folder:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
