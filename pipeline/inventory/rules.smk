rule inventory:
    input:
        region=region_file,
        methods=METHODS,
        sources=inventory_sources,
    output:
        facilities=f"{OUT}/{{region}}/tables/facilities.parquet",
        values=f"{OUT}/{{region}}/tables/facility_values.parquet",
        ledger=f"{OUT}/{{region}}/tables/ledger.parquet",
        zones=f"{OUT}/{{region}}/tables/zones.parquet",
        components=f"{OUT}/{{region}}/tables/components.parquet",
        provenance=multiext(
            f"{OUT}/{{region}}/tables/",
            "facilities.parquet.prov.json",
            "facility_values.parquet.prov.json",
            "ledger.parquet.prov.json",
            "zones.parquet.prov.json",
            "components.parquet.prov.json",
        ),
    log:
        f"{OUT}/{{region}}/logs/inventory.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/inventory.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code_version("pipeline/core", "pipeline/inventory"),
    message:
        "{wildcards.region}: cleaning the inventory"
    shell:
        "(python -m pipeline inventory --region {input.region:q}"
        " --methods {input.methods:q} --out-facilities {output.facilities:q}"
        " --out-values {output.values:q} --out-ledger {output.ledger:q}"
        " --out-zones {output.zones:q} --out-components {output.components:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
