import pytest
import yaml

from pipeline.assessment.scheme import Scheme, read_scheme
from pipeline.core.errors import InputError
from pipeline.core.records import load_record


@pytest.fixture
def content(project):
    path = project / "configs" / "schemes" / "uba-icpdr-provisional.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_every_shipped_scheme_is_valid(project):
    names = [p.stem for p in (project / "configs" / "schemes").glob("*.yaml")]
    assert "uba-icpdr-provisional" in names
    for name in names:
        assert read_scheme(name, project / "configs" / "schemes").scheme == name


def test_the_shipped_scheme_says_that_it_is_provisional(scheme):
    assert scheme.status == "provisional"
    assert scheme.confidence == "M-part"


def test_a_scheme_is_added_by_adding_a_file(content, tmp_path):
    content["scheme"] = "other"
    content["seismic"]["edges"] = [0.05]
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(content))
    assert read_scheme("other", tmp_path).seismic.score(0.07) == 1


def test_a_name_without_a_file_lists_the_schemes_that_there_are(content, tmp_path):
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=r"there are: one"):
        read_scheme("two", tmp_path)


def test_a_file_under_another_name_is_refused(content, tmp_path):
    (tmp_path / "copy.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match="rename the file"):
        read_scheme("copy", tmp_path)


def test_a_value_on_an_edge_takes_the_higher_step(scheme):
    assert scheme.seismic.score(0.0999) == 0
    assert scheme.seismic.score(0.1) == 1
    assert scheme.dam.score(1.4999) == 1
    assert scheme.dam.score(1.5) == 0


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        ("seismic", {"scores": [1, 0], "unknown": 1}, "must not decrease"),
        ("dam", {"scores": [0, 1], "unknown": 1}, "must not increase"),
        ("seismic", {"scores": [0, 1, 2]}, "one more than edges"),
        ("seismic", {"edges": [0.2, 0.2], "scores": [0, 1, 2]}, "must increase"),
        ("seismic", {"unknown": 5}, "must lie between"),
        ("toxicity", {"scores": {0: 0, 1: 1, 2: 2}}, "classes 0, 1, 2 and 3"),
        ("toxicity", {"scores": {0: 3, 1: 2, 2: 1, 3: 0}}, "must not decrease"),
        ("capacity", {"unknown_m3": [10, 1, 100]}, "must not decrease"),
        ("capacity", {"form": "linear"}, "log10"),
        ("flood", {"edge": 1}, "unknown"),
    ],
)
def test_a_table_that_cannot_be_one_is_refused(content, section, change, message):
    content[section] |= change
    with pytest.raises(InputError, match=message):
        load_record(Scheme, content, "scheme.yaml")


def test_a_flood_table_that_rewards_flooding_is_refused(content):
    content["flood"] = {
        "field": "inside_hq500",
        True: 0,
        False: 1,
        "unknown": 1,
    }
    with pytest.raises(InputError, match="must not be below"):
        load_record(Scheme, content, "scheme.yaml")


def test_recalled_tables_cannot_be_called_official(content):
    content["status"] = "official"
    with pytest.raises(InputError, match="verified"):
        load_record(Scheme, content, "scheme.yaml")


def test_return_periods_come_from_the_names_of_the_fields(scheme):
    assert scheme.seismic.return_period_yr == 475
    assert scheme.flood.return_period_yr == 500
