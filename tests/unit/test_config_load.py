"""mlops.yaml: what is wrong with it is said with file, line, what was expected and the nearest valid key."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, ExitCode

WHOLE = "model: flights\ndata: {path: a.parquet, label: late}\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "mlops.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(folder: Path, text: str | bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text))
    assert caught.value.exit_code is ExitCode.UNUSABLE_INPUT
    assert caught.value.file == str(folder / "mlops.yaml")
    return caught.value


def test_a_file_or_its_folder_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    assert load(path).file == load(tmp_path).file == path
    assert load(path).model.id == "flights"


def test_no_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert f"There is no {tmp_path / 'mlops.yaml'}" in str(caught.value)
    assert "--config" in caught.value.fix


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("", 1, "is empty"),
        ("# only words\n", 1, "is empty"),
        (b"model: caf\xe9\n", None, "is not UTF-8 text (byte 10)"),
        ("model: [1\n", 2, "is not YAML: expected ',' or ']'"),
        ("model: m\n\tdata: 1\n", 2, "is not YAML: found character '\\t'"),
        ("model: \x00\n", 1, "is not YAML: special characters are not allowed"),
        ("model: m\n---\nmodel: n\n", 2, "is not YAML: but found another document"),
        ("model: 2026-13-45\n", 1, "is not YAML: month must be in 1..12"),
        ("model: !!python/object:os.system x\n", 1, "is not YAML: could not determine a constructor"),
        ("? [a]\n: 1\n", 1, "is not YAML: found unhashable key"),
        ("[" * 2_000, 1, "is not YAML: maximum recursion depth exceeded"),
        ("model: &a {id: *a}\n", 1, "model.id holds itself"),
        ("just words\n", 1, "the file: Input should be a mapping of keys to values"),
        ("- a\n- b\n", 1, "the file: Input should be a mapping of keys to values"),
    ],
)
def test_what_is_no_mapping_in_yaml_is_refused(
    tmp_path: Path, text: str | bytes, line: int | None, expected: str
) -> None:
    error = refused(tmp_path, text)
    assert error.line == line
    assert expected in str(error)


@pytest.mark.parametrize(
    ("extra", "line", "expected", "fix"),
    [
        ("validate_dat: {}", 3, "unknown key 'validate_dat'", "did you mean `validate_data`?"),
        ("validate_data:\n  row: {}", 4, "unknown key 'validate_data.row'", "did you mean `rows`?"),
        (
            "validate_data:\n  columns:\n    a.b:\n      mim: 1",
            6,
            "unknown key 'validate_data.columns.a.b.mim'",
            "did you mean `min`?",
        ),
        ("qqqq: 1", 3, "unknown key 'qqqq'", "remove it. Valid here: build_push, check_metrics"),
        ("enforce: maybe", 3, "enforce: Input should be a valid boolean", "docs/schemas/mlops.schema.json"),
        ("validate_data:\n  rows:\n    min: many", 5, "validate_data.rows.min: Input should be a valid integer", ""),
        ("validate_data:\n  rows: {min: 3, max: 2}", 4, "validate_data.rows: min (3) is larger than max (2)", ""),
        ("validate_data:\n  columns:\n    a: {min: 3, max: 2.5}", 5, "min (3.0) is larger than max (2.5)", ""),
        ("validate_data:\n  columns: {a: 3}", 4, "validate_data.columns.a: Input should be a mapping", ""),
        ("validate_data:\n  columns:\n    no: {min: 1}", 4, "a name has to be text (YAML reads False)", "quotes"),
        ("validate_data:\n  columns:\n    1: {min: 1}", 5, "a name has to be text (YAML reads 1)", "quotes"),
        ("train: {estimator: a.B, command: c}", 3, "exactly one of estimator, base_architecture", ""),
        ("train: {}", 3, "exactly one of estimator, base_architecture, function, command is needed; given: none", ""),
        ("deploy: {steps: [50, 10]}", 3, "deploy.steps: canary weights must rise", ""),
        ("check_metrics: {r0: 2, r1: 1.5}", 3, "r1 must be larger than r0", ""),
        ("model: other", 3, "says 'model' twice; the first is on line 1", "remove one"),
        ("train: {command: a, command: b}", 3, "says 'train.command' twice; the first is on line 3", "remove one"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_line(
    tmp_path: Path, extra: str, line: int, expected: str, fix: str
) -> None:
    error = refused(tmp_path, WHOLE + extra + "\n")
    assert error.line == line
    assert f"{tmp_path / 'mlops.yaml'}:{line} " in error.what
    assert expected in error.what
    assert fix in error.fix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: {idd: m}", "unknown key 'model.idd'. (and 1 more)"),
        ("model: M", "model.id: String should match pattern"),
        ("model: ../up", "model.id: String should match pattern"),
        ("model: m\ndata: {path: a}", "data.label: Field required"),
        ("model: m\ndata: {path: a, label: y, test: {fraction: 2}}", "data.test.fraction: Input should be less than 1"),
        ("model: m\ndata: {path: a, label: y, features: [x, y]}", "data.features names the label, y"),
    ],
)
def test_the_most_telling_complaint_comes_first(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path, text).what


def test_a_long_value_or_key_does_not_flood_the_message(tmp_path: Path) -> None:
    assert len(str(refused(tmp_path, f"model: {'x' * 10_000}\n"))) < 500
    assert len(str(refused(tmp_path, f"{WHOLE}? {'x' * 10_000}\n: 1\n"))) < 500


def test_lines_of_columns_with_dots_do_not_collide(tmp_path: Path) -> None:
    config = load(written(tmp_path, WHOLE + "validate_data:\n  columns:\n    a: {min: 1}\n    a.b:\n      max: 2\n"))
    assert config.line("validate_data.columns.a.min") == 5
    assert config.line("validate_data.columns.a.b.max") == 7
    assert config.line("validate_data.columns.a.b.type") == 6
    assert config.line("validate_data.columns.z.min") == 4
    assert config.line("deploy.namespace") is None


def test_a_column_named_like_a_key_of_another_is_no_repetition(tmp_path: Path) -> None:
    config = load(written(tmp_path, WHOLE + "validate_data:\n  columns:\n    a: {min: 1}\n    a.min: {max: 2}\n"))
    assert set(config.validate_data.columns) == {"a", "a.min"}


def test_anchors_and_aliases_are_read(tmp_path: Path) -> None:
    text = WHOLE + "validate_data:\n  columns:\n    a: &share {max_null_share: 0.1}\n    b: *share\n"
    config = load(written(tmp_path, text))
    assert config.validate_data.columns["b"].max_null_share == 0.1
    assert config.line("validate_data.columns.b.max_null_share") == 6


def test_aliases_of_aliases_are_read_in_no_time(tmp_path: Path) -> None:
    levels = [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 9)}]" for at in range(1, 40)]
    text = "\n".join(["l0: &l0 [1]", *levels, "model: m"])
    assert "unknown key 'l0'" in refused(tmp_path, text).what


def test_several_models_live_in_one_repository(tmp_path: Path) -> None:
    (tmp_path / "fraud").mkdir()
    (tmp_path / "fraud" / "mlops.yaml").write_text("model: fraud\ndata: {path: a.csv, label: y}\n")
    (tmp_path / "mlops.yaml").write_text("model: flights\n")
    (tmp_path / "churn.yaml").write_text("model: churn\n")
    configs = [load(tmp_path / name) for name in ("mlops.yaml", "churn.yaml", "fraud")]
    assert [config.work.relative_to(tmp_path).as_posix() for config in configs] == [
        ".mlops/flights",
        ".mlops/churn",
        "fraud/.mlops/fraud",
    ]
    assert configs[2].resolve("a.csv") == tmp_path / "fraud" / "a.csv"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(section="data", value={"path": "\0", "label": ""})
@given(section=st.sampled_from(sorted(Config.model_fields)), value=VALUES)
def test_any_yaml_is_a_config_or_a_config_error(tmp_path: Path, section: str, value: object) -> None:
    import yaml

    text = yaml.safe_dump({"model": "m", section: value}, allow_unicode=True)
    try:
        loaded = load(written(tmp_path, text))
    except ConfigError as error:
        line = error.line
        assert line is None or 1 <= line <= text.count("\n") + 1
    else:
        assert isinstance(loaded, Config)
