"""Input functions that the rules of several stages use."""


def region_file(wildcards):
    """File that describes the region, relative to the project."""
    return REGIONS[wildcards.region].as_posix()


def _region(wildcards):
    return natech.load_region(REGIONS[wildcards.region], PROJECT)


def inventory_sources(wildcards):
    """Inventory files of the region."""
    return natech.inventory_files(_region(wildcards), PROJECT)


def displacement_sources(wildcards):
    """InSAR products of the region."""
    return natech.displacement_files(_region(wildcards), PROJECT)


def layer_sources(wildcards):
    """Registries and shipped layers of the region."""
    return natech.layer_files(_region(wildcards), PROJECT)


def code_version(*folders):
    """Digest of the Python files below some folders, for the rerun check."""
    return natech.stage_version(PROJECT, *folders)
