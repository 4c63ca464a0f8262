"""Stories and changed configurations: what is merged, what is refused."""

from pathlib import Path
from typing import cast

import pytest

from mlops_actions.config import Config, load
from mlops_actions.config.change import changed
from mlops_actions.errors import ConfigError
from mlops_actions.pipeline import run as pipeline
from mlops_actions.pipeline.run import chosen, configured
from mlops_actions.pipeline.story import read_story
from mlops_actions.report import Report
from mlops_actions.verdict import Decision, Verdict

TEXT = """
model: flights
data: {path: rows.parquet, label: late, exclude: [a, b]}
train: {estimator: x.Y, parameters: {depth: 3, leaves: 5}}
deploy: {port: 1, steps: [10]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "mlops.yaml").write_text(TEXT)
    return load(tmp_path)


def test_mappings_are_merged_and_all_else_replaced(config: Config, tmp_path: Path) -> None:
    changes = {"data": {"exclude": []}, "train": {"parameters": {"depth": 1}}, "deploy": {"steps": [50]}}
    result = changed(config, changes, work=tmp_path / "elsewhere", source=tmp_path / "demo.yaml")
    assert result.data is not None
    assert result.train is not None
    assert (result.data.exclude, result.data.path) == ([], "rows.parquet")
    assert result.train.parameters == {"depth": 1, "leaves": 5}
    assert (result.deploy.steps, result.deploy.port) == ([50], 1)
    assert (result.root, result.work, result.line("deploy")) == (
        config.root,
        tmp_path / "elsewhere",
        config.line("deploy"),
    )
    assert config.work == config.root / ".mlops" / "flights"


def test_changes_that_are_not_valid_name_their_file_and_key(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"demo\.yaml: the changes make deploy\.prt unusable"):
        changed(config, {"deploy": {"prt": 1}}, work=tmp_path, source=tmp_path / "demo.yaml")


def test_configured_stages_are_those_with_something_to_do(config: Config, tmp_path: Path) -> None:
    everything = ["validate-data", "train", "evaluate", "quantize", "build-push", "deploy"]
    assert configured(config) == everything
    manual = changed(config, {"deploy": {"strategy": "manual"}}, work=tmp_path, source=tmp_path)
    assert configured(manual) == [*everything, "check-metrics"]
    for section, last in (("", 3), ("quantize: {}", 5), ("build_push: {}", 5), ("deploy: {}", 6)):
        (tmp_path / "mlops.yaml").write_text(TEXT.partition("deploy")[0] + section)
        assert configured(load(tmp_path)) == everything[:last]
    (tmp_path / "mlops.yaml").write_text("model: flights\ndeploy: {}\ndata: {path: rows.parquet, label: late}")
    assert configured(load(tmp_path)) == ["validate-data"]
    (tmp_path / "mlops.yaml").write_text("model: flights\nevaluate: {files: {labels: l.parquet, candidate: c.parquet}}")
    assert configured(load(tmp_path)) == ["evaluate"]


def test_named_stages_run_in_the_order_of_the_pipeline(config: Config, tmp_path: Path) -> None:
    assert chosen(config, ["evaluate", "train"], None) == ["train", "evaluate"]
    assert chosen(config, [], "evaluate") == ["validate-data", "train", "evaluate"]
    with pytest.raises(ConfigError, match="There is no stage 'tarin'"):
        chosen(config, ["tarin"], None)
    with pytest.raises(ConfigError, match="There is no stage 'end'"):
        chosen(config, [], "end")
    (tmp_path / "mlops.yaml").write_text("model: flights")
    with pytest.raises(ConfigError, match="configures no stage"):
        chosen(load(tmp_path), [], None)


def test_last_stage_that_is_not_configured_is_no_silent_end(tmp_path: Path) -> None:
    (tmp_path / "mlops.yaml").write_text(TEXT.partition("deploy")[0])
    with pytest.raises(ConfigError, match="build-push is not among the stages to run") as caught:
        chosen(load(tmp_path), [], "build-push")
    assert "`build_push: {}`" in caught.value.fix


def test_model_that_brings_its_own_image_ends_the_run_well(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Report(
        stage="quantize",
        model="flights",
        verdict=Verdict(decision=Decision.PASS, reason="opaque", sentence="There is nothing to quantize."),
    )
    monkeypatch.setattr(pipeline, "functions_of", lambda _: {"quantize": lambda _config, _progress: found})
    said: list[str] = []
    machine = cast("pipeline.Machine", None)
    stages = ["quantize", "build-push", "deploy"]
    reports = pipeline.run(config, stages, machine, begun=said.append, done=lambda _: True, progress=said.append)
    assert [report.stage for report in reports] == ["quantize"]
    assert said[0] == "quantize"
    assert "brings its own image, and releasing it is not supported yet" in said[1]


def test_model_that_is_released_is_the_one_that_was_judged(tmp_path: Path) -> None:
    files = "evaluate: {files: {labels: l.parquet, candidate: c.parquet}}"
    (tmp_path / "mlops.yaml").write_text(TEXT + files)
    with pytest.raises(ConfigError, match=r"both train and evaluate\.files"):
        chosen(load(tmp_path), [], None)
    assert chosen(load(tmp_path), ["evaluate"], None) == ["evaluate"]


def test_story_that_is_missing_or_wrong_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    with pytest.raises(ConfigError, match="There is no"):
        read_story(path)
    for text, said in (("- x", "not a story"), ("a: [", "not YAML"), ("candidates: []", "at least 1 item")):
        path.write_text(text)
        with pytest.raises(ConfigError, match=said):
            read_story(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not a story"):
        read_story(path)


def test_story_of_the_flights_example_can_be_told() -> None:
    root = Path(__file__).resolve().parents[2] / "examples" / "flights"
    story, config = read_story(root / "demo.yaml"), load(root)
    assert [chapter.promise for chapter in story.candidates] == ["promoted", "stopped", "rolled_back"]
    for chapter in story.candidates:
        result = changed(config, {**story.changes, **chapter.changes}, work=root, source=root)
        assert result.model.id == "flights"
