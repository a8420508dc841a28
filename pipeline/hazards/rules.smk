rule hazards:
    input:
        region=region_file,
        methods=METHODS,
        facilities=f"{OUT}/{{region}}/tables/facilities.parquet",
        zones=f"{OUT}/{{region}}/tables/zones.parquet",
        layers=f"{OUT}/{{region}}/layers/manifest.json",
    output:
        hazards=f"{OUT}/{{region}}/tables/hazards.parquet",
        provenance=f"{OUT}/{{region}}/tables/hazards.parquet.prov.json",
        changes=f"{OUT}/{{region}}/tables/hazard_changes.parquet",
        changes_provenance=f"{OUT}/{{region}}/tables/hazard_changes.parquet.prov.json",
    log:
        f"{OUT}/{{region}}/logs/hazards.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/hazards.tsv"
    conda:
        "../../environment.yml"
    threads: 1  # reads with two a part of the time; rivers are followed meanwhile
    resources:
        mem_mb=2000,
    params:
        code=code_version("pipeline/core", "pipeline/hazards"),
    message:
        "{wildcards.region}: sampling hazard layers at every facility"
    shell:
        "(python -m pipeline hazards --region {input.region:q}"
        " --methods {input.methods:q} --facilities {input.facilities:q}"
        " --zones {input.zones:q} --layers {input.layers:q} --out {output.hazards:q}"
        " --out-changes {output.changes:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"


rule hazard_maps:
    input:
        region=region_file,
        methods=METHODS,
        layers=f"{OUT}/{{region}}/layers/manifest.json",
    output:
        maps=directory(f"{OUT}/{{region}}/layers/hazards"),
    log:
        f"{OUT}/{{region}}/logs/hazard_maps.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/hazard_maps.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        code=code_version("pipeline/core", "pipeline/hazards"),
        memory_mb=512,
    message:
        "{wildcards.region}: laying hazard layers on one grid, and their index"
    shell:
        "(python -m pipeline hazard-maps --region {input.region:q}"
        " --methods {input.methods:q} --layers {input.layers:q} --out {output.maps:q}"
        " --memory-mb {params.memory_mb} --threads {threads})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
