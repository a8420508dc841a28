import json

import pytest

from pipeline.cli import main
from pipeline.core.tables import read_table, write_table

REGION = """
region: small
title: {en: Small, ru: Малый}
bbox: {west_deg: 70, south_deg: 40, east_deg: 71, north_deg: 41}
metric_crs: EPSG:32642
countries: [KG, UZ]
inventory: [{path: facilities.csv}]
layers: {}
"""


@pytest.fixture
def small(tmp_path, make_tables, rows):
    """Folder with the region's file and the input tables of two facilities."""
    folder = tmp_path / "регион с пробелом"
    folder.mkdir()
    (folder / "small.yaml").write_text(REGION, encoding="utf-8")
    tables = make_tables(
        facilities=[rows.facility("a", volume_m3=1e6), rows.facility("b")],
        hazards=rows.pga("a", {475.0: 0.3, 2475.0: 0.6}),
        displacement=[rows.displacement("a"), rows.displacement("b")],
        snaps=[rows.snap("a"), rows.snap("b")],
        crossings=[rows.crossing("a")],
        receptors=[rows.settlement("a", "village")],
        reaches=[rows.reach(1, name="Black River"), rows.reach(2, name="Black River")],
    )
    for name, frame in tables.items():
        write_table(frame, name, folder / "tables" / f"{name}.parquet")
    return folder


def run(folder, *more):
    return main(
        [
            "assessment",
            "--region",
            str(folder / "small.yaml"),
            "--tables",
            str(folder / "tables"),
            "--out",
            str(folder / "out" / "assessment.parquet"),
            "--out-measures",
            str(folder / "out" / "measures.parquet"),
            "--out-changes",
            str(folder / "out" / "assessment_changes.parquet"),
            "--out-checks",
            str(folder / "out" / "dam_checks.parquet"),
            "--out-mixtures",
            str(folder / "out" / "mixtures.parquet"),
            *(
                text
                for name in ("contingency", "notifications", "spill-entries")
                for text in (
                    f"--out-{name}",
                    str(folder / "out" / f"{name.replace('-', '_')}.parquet"),
                )
            ),
            *more,
        ]
    )


def test_the_stage_writes_both_tables_with_their_provenance(small):
    assert run(small) == 0
    table = read_table("assessment", small / "out" / "assessment.parquet")
    assert list(table["tmf_id"]) == ["a", "b"]
    measures = read_table("measures", small / "out" / "measures.parquet")
    assert set(measures["tmf_id"]) == {"a", "b"}
    record = json.loads(
        (small / "out" / "assessment.parquet.prov.json").read_text(encoding="utf-8")
    )
    assert record["notes"]["scheme_status"] == "provisional"
    inputs = {i["file"] for i in record["inputs"]}
    assert {"uba-icpdr-provisional.yaml", "release.yaml", "snaps.parquet"} <= inputs


def test_the_stage_joins_the_tables_of_the_contingency_sheet(small):
    assert run(small) == 0
    sheet = read_table("contingency", small / "out" / "contingency.parquet")
    assert list(sheet["place_id"]) == ["border-kg-uz-black-river", "settlement-village"]
    told = read_table("notifications", small / "out" / "notifications.parquet")
    assert list(told["country"]) == ["UZ"]
    entries = read_table("spill_entries", small / "out" / "spill_entries.parquet")
    assert list(entries["tmf_id"]) == ["a", "b"]
    assert (small / "out" / "contingency.parquet.prov.json").is_file()


def test_a_second_run_gives_the_same_bytes(small):
    run(small)
    first = (small / "out" / "assessment.parquet").read_bytes()
    run(small)
    assert (small / "out" / "assessment.parquet").read_bytes() == first


def test_a_missing_table_is_named(small, capsys):
    (small / "tables" / "snaps.parquet").unlink()
    assert run(small) == 2
    assert "snaps.parquet" in capsys.readouterr().err
    assert not (small / "out").exists()


def test_an_unknown_scheme_is_named_with_those_that_there_are(small, capsys):
    (small / "none").mkdir()
    assert run(small, "--schemes", str(small / "none")) == 2
    assert "no scheme of that name" in capsys.readouterr().err


def test_tables_of_two_runs_do_not_mix(small, capsys, make_tables, rows):
    strangers = make_tables(snaps=[rows.snap("a"), rows.snap("zz")])["snaps"]
    write_table(strangers, "snaps", small / "tables" / "snaps.parquet")
    assert run(small) == 2
    message = capsys.readouterr().err
    assert "zz" in message
    assert "snaps.parquet" in message
