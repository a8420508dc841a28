rule displacement:
    input:
        region=region_file,
        methods=METHODS,
        facilities=f"{OUT}/{{region}}/tables/facilities.parquet",
        zones=f"{OUT}/{{region}}/tables/zones.parquet",
        sources=displacement_sources,
    output:
        displacement=f"{OUT}/{{region}}/tables/displacement.parquet",
        points=f"{OUT}/{{region}}/tables/displacement_points.parquet",
        zones=f"{OUT}/{{region}}/tables/displacement_zones.parquet",
        curves=f"{OUT}/{{region}}/tables/displacement_curves.parquet",
        series=directory(f"{OUT}/{{region}}/tables/displacement_series.zarr"),
        provenance=multiext(
            f"{OUT}/{{region}}/tables/displacement",
            ".parquet.prov.json",
            "_points.parquet.prov.json",
            "_zones.parquet.prov.json",
            "_curves.parquet.prov.json",
            "_series.zarr.prov.json",
        ),
    log:
        f"{OUT}/{{region}}/logs/displacement.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/displacement.tsv"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=2000,
    params:
        code=code_version("pipeline/core", "pipeline/displacement"),
    message:
        "{wildcards.region}: judging the motion of every facility"
    shell:
        "(python -m pipeline displacement --region {input.region:q}"
        " --methods {input.methods:q} --facilities {input.facilities:q}"
        " --zones {input.zones:q}"
        " --out {output.displacement:q} --out-points {output.points:q}"
        " --out-zones {output.zones:q} --out-curves {output.curves:q}"
        " --out-series {output.series:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
