import os

from pipeline.retrieve import lookup as retrieve_lookup


rule retrieve:
    input:
        region=region_file,
        sources=layer_sources,
    output:
        manifest=f"{OUT}/{{region}}/layers/manifest.json",
        provenance=f"{OUT}/{{region}}/layers/manifest.json.prov.json",
    log:
        f"{OUT}/{{region}}/logs/retrieve.log",
    benchmark:
        f"{OUT}/{{region}}/benchmarks/retrieve.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code_version("pipeline/core", "pipeline/retrieve"),
        options=retrieve_lookup.workflow_options(config, os.environ),
    message:
        "{wildcards.region}: finding and checking layers"
    shell:
        "(python -m pipeline retrieve --region {input.region:q} {params.options:q}"
        " --out {output.manifest:q})"
        " > {log:q} 2>&1 || {{ tail -n 20 {log:q} >&2; exit 1; }}"
