"""The two commands for regions, used as a stranger would use them."""

from __future__ import annotations

import pytest
import yaml

from pipeline.cli import main
from pipeline.core.config import read_region
from pipeline.core.geo import local_metric_crs
from pipeline.retrieve.lookup import ROLE_OF_USE
from pipeline.retrieve.new_region import metric_crs
from pipeline.retrieve.region_check import COST_OF_ABSENCE, Weight, check_region
from tests.retrieve.conftest import FACILITY_COLUMNS


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Folder of a stranger, outside of the checkout; commands start there."""
    folder = tmp_path / "Мои данные"
    folder.mkdir()
    rows = f"{FACILITY_COLUMNS}\na,A,GE,tailings,unknown,41.5,44.5,surveyed\n"
    (folder / "таблица.csv").write_text(rows, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NATECH_DATA_ROOT", raising=False)
    monkeypatch.setenv("NATECH_CACHE", str(tmp_path / "cache"))
    return folder


def new_region(*options, name="kura", bbox=("41", "38.5", "50", "43")):
    words = ["new-region", name, "--bbox", *bbox, "--inventory", "таблица.csv"]
    return main([*words, "--out", f"{name}.yaml", *options])


def test_every_use_has_a_role_and_a_cost():
    region_keys = set(ROLE_OF_USE)
    assert set(COST_OF_ABSENCE) == region_keys


def test_a_new_region_passes_the_check(elsewhere, capsys):
    assert new_region("--countries", "GE", "AZ", "--title", "Kura basin") == 0
    assert main(["check-region", "kura.yaml"]) == 0
    said = capsys.readouterr().out
    assert "The region can run" in said
    assert "error" not in said
    config = read_region(elsewhere / "kura.yaml").config
    assert config.countries == ("GE", "AZ")
    assert config.title.en == "Kura basin"
    assert config.bbox.bounds == (41, 38.5, 50, 43)
    assert config.layers.borders == "natural-earth-countries"
    assert "gem-gshm-pga-475" in config.layers.hazards


def test_the_rows_of_the_inventory_are_read_and_those_left_out_counted(
    elsewhere, capsys
):
    with (elsewhere / "таблица.csv").open("a", encoding="utf-8") as file:
        file.write(
            "b,B,GE,tailings,unknown,,,none\nc,C,GE,planned,unknown,41.6,44.6,surveyed\n"
        )
    new_region("--countries", "GE")
    assert main(["check-region", "kura.yaml"]) == 0
    said = capsys.readouterr().out
    assert (
        "3 row(s), 2 of them facilities of the region, 1 without a position. "
        "Left out: no_deposit 1."
    ) in said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("tmf_id,name\na,A\n", "found no column 'country'"),
        (
            f"{FACILITY_COLUMNS}\nc,C,GE,planned,unknown,41.6,44.6,surveyed\n",
            "1 row(s), 0 of them facilities of the region. Left out: no_deposit 1.",
        ),
    ],
)
def test_an_inventory_that_gives_no_facility_is_an_error(
    elsewhere, capsys, content, told
):
    (elsewhere / "таблица.csv").write_text(content, encoding="utf-8")
    new_region("--countries", "GE")
    assert main(["check-region", "kura.yaml"]) == 2
    said = capsys.readouterr().out
    assert "error  inventory" in said
    assert told in said


def test_each_missing_layer_is_listed_with_its_cost(elsewhere, capsys):
    new_region("--countries", "GE")
    capsys.readouterr()
    main(["check-region", "kura.yaml"])
    lines = capsys.readouterr().out.splitlines()
    line = next(text for text in lines if "natural-earth-countries" in text)
    assert line.startswith("gap")
    assert "no border crossings" in line
    assert "naciscdn.org" in line
    for use in ("rivers", "relief", "displacement", "climate_factors"):
        assert any(text.startswith("gap") and use in text for text in lines)


def test_every_key_of_a_new_region_has_a_comment_above_it(elsewhere):
    new_region("--countries", "GE")
    lines = (elsewhere / "kura.yaml").read_text(encoding="utf-8").splitlines()
    keys = [n for n, line in enumerate(lines) if line[:1].isalpha()]
    assert len(keys) >= 11
    for number in keys:
        assert lines[number - 1].startswith("#"), lines[number]


def test_countries_are_found_where_shipped_borders_cover_the_box(elsewhere, project):
    assert new_region(name="chu-talas", bbox=("70.5", "42", "76", "44")) == 0
    region = read_region(elsewhere / "chu-talas.yaml")
    assert region.config.countries == ("KG", "KZ", "UZ")
    assert region.layers_folder(project).resolve() == project / "layers" / "syr-darya"
    assert region.config.layers.borders == "syr-darya-borders"
    assert region.config.layers.rivers == "hydrorivers-asia"
    assert region.config.maps is not None
    assert region.config.maps.cell_m == 500
    report = check_region(elsewhere / "chu-talas.yaml")
    states = {item.subject: item.weight for item in report.findings}
    assert states["borders: syr-darya-borders"] is Weight.FINE
    assert not report.has_errors


def test_countries_are_asked_for_where_no_borders_are_at_hand(elsewhere, capfd):
    assert new_region() == 2
    assert "--countries KZ UZ" in capfd.readouterr().err
    assert not (elsewhere / "kura.yaml").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"bbox": ("50", "38", "41", "43")}, "west_deg must be below east_deg"),
        ({"bbox": ("41", "38", "50", "143")}, "less than or equal to 90"),
        ({"name": "Kura"}, "lower case letters"),
    ],
)
def test_a_wrong_option_is_told(elsewhere, capfd, options, told):
    assert new_region("--countries", "GE", **options) == 2
    assert told in capfd.readouterr().err


def test_a_wrong_country_code_is_told(elsewhere, capfd):
    assert new_region("--countries", "Georgia") == 2
    assert "found Georgia" in capfd.readouterr().err


def test_a_missing_inventory_is_told(elsewhere, capfd):
    (elsewhere / "таблица.csv").unlink()
    assert new_region("--countries", "GE") == 2
    assert "no file таблица.csv" in capfd.readouterr().err


def test_an_existing_file_is_never_overwritten(elsewhere, capfd):
    new_region("--countries", "GE")
    before = (elsewhere / "kura.yaml").read_bytes()
    assert new_region("--countries", "AZ") == 2
    assert "a file of that name" in capfd.readouterr().err
    assert (elsewhere / "kura.yaml").read_bytes() == before


def test_a_workbook_gets_a_reader_and_the_next_step(elsewhere, capsys):
    (elsewhere / "таблица.csv").rename(elsewhere / "свод.xlsx")
    words = ["new-region", "kura", "--bbox", "41", "38", "50", "43"]
    words += ["--inventory", "свод.xlsx", "--countries", "GE"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "natech inventory columns 'свод.xlsx' --out kura.columns.yaml" in said
    (source,) = read_region(elsewhere / "kura.yaml").config.inventory
    assert source.reader == "table"
    assert str(source.columns) == "kura.columns.yaml"
    assert main(["check-region", "kura.yaml"]) == 2
    assert "there is no file kura.columns.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((69, 38, 75, 43), "EPSG:32643"),
        ((-72, -35, -69, -30), "EPSG:32719"),
        ((179, 60, 180, 61), "EPSG:32660"),
        ((-180, 60, -179, 61), "EPSG:32601"),
    ],
)
def test_a_narrow_box_takes_its_utm_zone(bounds, expected):
    assert metric_crs(bounds) == expected


def test_a_wide_box_takes_a_projection_of_its_own():
    assert metric_crs((60, 38, 80, 48)).startswith(local_metric_crs(60, 38, 80, 48))


def test_a_region_without_its_inventory_has_an_error(region_file, capsys):
    path = region_file(inventory=[{"path": "no.csv"}])
    assert main(["check-region", str(path)]) == 2
    assert "error  inventory" in capsys.readouterr().out


def test_a_wrong_layer_is_an_error_and_the_others_are_still_listed(
    region_file, registry_file, write_raster, capsys
):
    registry_file([{"id": "dem", "file": "dem.tif"}])
    path = region_file(layers={"relief": "dem"}, registries=["registry.yaml"])
    write_raster(path.parent / "layers" / "dem.tif", crs=None)
    assert main(["check-region", str(path)]) == 2
    said = capsys.readouterr().out
    assert "error  relief: dem" in said
    assert "no CRS" in said
    assert "gap    rivers" in said


@pytest.mark.parametrize(
    ("basins", "weight"),
    [([], Weight.GAP), (["Chu"], Weight.GAP), (["Syr Darya"], Weight.FINE)],
)
def test_a_layer_of_another_basin_is_a_gap(
    region_file, registry_file, write_raster, basins, weight
):
    registry_file([{"id": "dem", "file": "dem.tif", "basins": ["Syr Darya"]}])
    path = region_file(
        layers={"relief": "dem"}, registries=["registry.yaml"], river_basins=basins
    )
    write_raster(path.parent / "layers" / "dem.tif")
    states = {item.subject: item.weight for item in check_region(path).findings}
    assert states["relief: dem"] is weight


def test_a_missing_displacement_file_is_an_error(region_file):
    source = {"id": "egms", "path": "no.zip", "reader": "egms"}
    report = check_region(region_file(displacement=[source]))
    assert any(
        item.weight is Weight.ERROR and item.subject == "displacement: egms"
        for item in report.findings
    )


def test_climate_cases_that_nothing_serves_are_a_gap(region_file):
    case = {"scenario": "ssp245", "horizon": "2041-2060"}
    report = check_region(region_file(climate=[case]))
    told = [item.text for item in report.findings if item.subject == "climate"]
    assert len(told) == 1
    assert "no table of change factors applies" in told[0]


def test_the_climate_of_the_shipped_region_is_served(project):
    report = check_region(project / "configs" / "regions" / "syr-darya.yaml")
    assert not report.has_errors
    subjects = {item.subject for item in report.findings if item.weight is Weight.GAP}
    assert subjects == {"population", "displacement", "receptors"}


def test_a_typo_in_a_region_is_told_with_the_key_that_is_meant(region_file, capfd):
    path = region_file(contries=["KG"])
    assert main(["check-region", str(path)]) == 2
    assert "'contries' is unknown; did you mean 'countries'" in capfd.readouterr().err


def test_nothing_is_written_by_a_check(elsewhere):
    new_region("--countries", "GE")
    before = sorted(p.name for p in elsewhere.iterdir())
    main(["check-region", "kura.yaml"])
    assert sorted(p.name for p in elsewhere.iterdir()) == before
    assert yaml.safe_load((elsewhere / "kura.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", ["zones", "compositions"])
def test_a_file_beside_the_inventory_that_is_not_there_is_an_error(
    region_file, capsys, key
):
    path = region_file(**{key: [{"path": "none.csv"}]})
    assert main(["check-region", str(path)]) == 2
    assert f"error  {key}" in capsys.readouterr().out
