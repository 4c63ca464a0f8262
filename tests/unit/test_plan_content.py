"""What a plan takes for the same model: content that git knows, in two commits of a real repository."""

import dataclasses
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.errors import ConfigError
from mlops_actions.pipeline.ancestry import PullRequest
from mlops_actions.pipeline.content import matches
from mlops_actions.report import Plan, read_plan, write_plan
from support.repositories import FILES, LINUX, MLOPS, Origin, git, plan

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 5000000\n"
THEIRS = MLOPS.replace("estimator: sklearn.linear_model.LogisticRegression", "function: fitting:fit")
THEIR_FILES = {**FILES, "mlops.yaml": THEIRS, "fitting.py": "one", "requirements.txt": "numpy==2.0\n"}


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin.create(tmp_path / "origin")


@pytest.fixture
def theirs(tmp_path: Path) -> Origin:
    return Origin.create(tmp_path / "theirs", THEIR_FILES)


def after(origin: Origin, **changes: str | None) -> Plan:
    """Commit changes (`__` is a slash, `_` before the ending a dot) and return the plan of that push."""
    origin.commit({_path(name): text for name, text in changes.items()})
    return plan(origin.folder)[0]


def _path(name: str) -> str:
    folder, _, last = name.rpartition("__")
    return "/".join([*filter(None, [folder]), ".".join(last.rsplit("_", 1))])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"README_md": "Other words."},
        {".github__workflow_yml": "on: push"},
        {"notebook_py": "an estimator of scikit-learn reads no file"},
        {"mlops_yaml": MLOPS + "deploy: {namespace: other}\n# A remark.\n"},
        {"mlops_yaml": MLOPS.replace("train: {", "train: {timeout_minutes: 5, ")},
        {"mlops_yaml": MLOPS.replace("data/rows", "other/rows"), "other__rows_csv": FILES["data/rows.csv"]},
    ],
)
def test_what_the_model_does_not_see_changes_nothing(origin: Origin, changes: dict[str, str]) -> None:
    made = after(origin, **changes)
    assert made.identical
    assert made.candidate_key == made.base_key != ""
    assert made.notes == []


@pytest.mark.parametrize(
    "changes",
    [
        {"data__rows_csv": "x,late\n1,0\n2,0\n"},
        {"mlops_yaml": MLOPS.replace("LogisticRegression", "RidgeClassifier")},
        {"mlops_yaml": MLOPS.replace("train: {", "train: {seed: 1, ")},
        {"mlops_yaml": MLOPS.replace("label: late", "label: late, exclude: [x]")},
    ],
)
def test_what_the_model_sees_makes_another_model(origin: Origin, changes: dict[str, str]) -> None:
    made = after(origin, **changes)
    assert not made.identical
    assert made.candidate_key != made.base_key
    assert "" not in {made.candidate_key, made.base_key}


@pytest.mark.parametrize(
    "mlops",
    [
        MLOPS.replace("0.005", "0.001"),
        MLOPS + "validate_data: {rows: {min: 3}}\n",
        MLOPS.replace("model: flights", "model: other"),
    ],
)
def test_other_limits_are_judged_again_on_the_same_predictions(origin: Origin, mlops: str) -> None:
    made = after(origin, mlops_yaml=mlops)
    assert not made.identical
    assert made.candidate_key == made.base_key != ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"data__rows_csv": "x,late\n1,0\n2,0\n"}, "data/rows.csv differs."),
        ({"fitting_py": None}, "fitting.py differs."),
        ({"fitting_py": "two", "README_md": "two", "new_py": "one"}, "fitting.py differs (files that differ: 2)."),
        (
            {"mlops_yaml": THEIRS.replace("0.005", "0.001"), "fitting_py": "two"},
            "mlops.yaml differs (files that differ: 2).",
        ),
        ({"mlops_yaml": THEIRS.replace("train: {", "train: {timeout_minutes: 5, "), "a_py": "x"}, "a.py differs."),
        ({"mlops_yaml": THEIRS.replace("train: {", "train: {seed: 1, "), "README_md": "x"}, "mlops.yaml differs."),
        ({"README_md": "two"}, ""),
    ],
)
def test_the_file_that_makes_the_difference_is_said(
    theirs: Origin, changes: dict[str, str | None], expected: str
) -> None:
    after(theirs, **changes)
    made, said = plan(theirs.folder)
    assert expected in said
    assert ("The two are to be compared" in said) == (expected != "")
    assert made.notes == []


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"fitting_py": "two"}, False),
        ({"part__helper_py": "two"}, False),
        ({"data__settings_json": "{}"}, False),
        ({"README_md": "two"}, True),
        ({".hidden__helper_py": "two"}, False),
    ],
)
def test_code_of_the_users_counts(theirs: Origin, changes: dict[str, str], same: bool) -> None:
    assert after(theirs, **changes).identical is same


@pytest.mark.parametrize(
    ("train", "changed"),
    [
        ("command: python ../../shared/train.py", "shared/train.py"),
        ("command: python .steps/train.py", "models/x/.steps/train.py"),
        ("command: python train.py", "models/x/prompt.md"),
        ("function: fitting:fit", "features/clean.py"),
        ("function: fitting:fit", "models/x/license_plates.py"),
        ("function: fitting:fit", ".github/scripts/fit.py"),
    ],
)
def test_code_of_the_users_may_read_any_file_of_the_repository(tmp_path: Path, train: str, changed: str) -> None:
    mlops = THEIRS.replace("function: fitting:fit", train)
    files = {f"models/x/{name}": text for name, text in {**THEIR_FILES, "mlops.yaml": mlops}.items()}
    origin = Origin.create(tmp_path / "origin", {**files, changed: "one"})
    identical = []
    for text in ("one", "two"):
        origin.commit({changed: text})
        identical.append(plan(origin.folder, config="models/x/mlops.yaml")[0].identical)
    assert identical == [True, False]


@pytest.mark.parametrize(
    "path", ["README.md", "models/x/README.md", "docs/how.md", "LICENSE", ".github/workflows/ci.yml"]
)
def test_what_is_about_the_repository_is_no_code(tmp_path: Path, path: str) -> None:
    origin = Origin.create(tmp_path / "origin", {f"models/x/{name}": text for name, text in THEIR_FILES.items()})
    origin.commit({path: "one"})
    assert plan(origin.folder, config="models/x/mlops.yaml")[0].identical


@pytest.mark.parametrize(
    ("before", "now", "unrelated", "same"),
    [
        ("numpy==2.0\n", "numpy==2.0\n", "", True),
        ("numpy==2.0\n", "numpy==2.1\n", "", False),
        ("numpy==2.0\n", None, "", False),
        ("-r ../more.txt\n", "-r ../more.txt\n", "", True),
        ("-r ../more.txt\n", "-r ../more.txt\n", "changed", False),
        ("own @ file:../own\n", "own @ file:../own\n", "changed", False),
    ],
)
def test_the_requirements_of_the_users_environment(
    tmp_path: Path, before: str, now: str | None, unrelated: str, same: bool
) -> None:
    """The file is outside of the model's folder, and may lead to any other file."""
    files = {f"model/{name}": text for name, text in THEIR_FILES.items()}
    origin = Origin.create(tmp_path / "origin", {**files, "env/requirements.txt": before, "more.txt": ""})
    origin.commit({"env/requirements.txt": now, "more.txt": unrelated})
    surroundings = dataclasses.replace(LINUX, requirements=origin.folder / "env" / "requirements.txt")
    made, _ = plan(origin.folder, config="model/mlops.yaml", surroundings=surroundings)
    assert made.identical is same


def test_requirements_that_are_a_link_are_what_it_leads_to(tmp_path: Path) -> None:
    origin = Origin.create(tmp_path / "origin", {f"model/{name}": text for name, text in THEIR_FILES.items()})
    (origin.folder / "requirements.txt").symlink_to("locks/linux.txt")
    surroundings = dataclasses.replace(LINUX, requirements=origin.folder / "requirements.txt")
    identical = []
    for lock in ("numpy==2.0\n", "numpy==2.0\n", "numpy==2.1\n"):
        origin.commit({"locks/linux.txt": lock})
        identical.append(plan(origin.folder, config="model/mlops.yaml", surroundings=surroundings)[0].identical)
    assert identical == [False, True, False]


def test_requirements_outside_of_the_repository_are_refused(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="outside of the repository"):
        plan(origin.folder, surroundings=dataclasses.replace(LINUX, requirements=tmp_path / "requirements.txt"))


def test_keys_know_the_platform_and_our_locks(origin: Origin, tmp_path: Path) -> None:
    keys = {plan(origin.folder)[0].candidate_key}
    keys.add(plan(origin.folder, surroundings=dataclasses.replace(LINUX, platform="Darwin arm64"))[0].candidate_key)
    for content in ("one", "two"):
        for lock in ("train.txt", "keras.txt"):
            (tmp_path / lock).write_text(content)
        keys.add(plan(origin.folder, surroundings=dataclasses.replace(LINUX, locks=tmp_path))[0].candidate_key)
    assert len(keys) == 4
    assert plan(origin.folder)[0].candidate_key in keys


def test_a_pointer_of_git_lfs_stands_for_the_data_it_names(tmp_path: Path) -> None:
    origin = Origin.create(tmp_path / "origin", {**FILES, "data/rows.csv": POINTER.format("1" * 64)})
    assert after(origin, README_md="x").identical
    made = after(origin, data__rows_csv=POINTER.format("2" * 64))
    assert not made.identical
    assert made.candidate_key != made.base_key


def test_data_in_a_submodule_are_known_by_its_commit(tmp_path: Path, origin: Origin) -> None:
    inner = Origin.create(tmp_path / "inner", {"rows.csv": "x,late\n1,0\n"})
    git(origin.folder, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "rows")
    origin.commit({"mlops.yaml": MLOPS.replace("data/rows.csv", "rows/rows.csv")})
    assert after(origin, README_md="x").identical
    inner.commit({"rows.csv": "x,late\n2,0\n"})
    git(origin.folder / "rows", "pull", "-q", "origin", "main")
    made = after(origin)
    assert not made.identical
    assert made.candidate_key != made.base_key
    assert made.notes == []


def test_behind_a_link_the_whole_commit_counts(origin: Origin) -> None:
    (origin.folder / "shared.csv").write_text("x,late\n1,0\n")
    (origin.folder / "link.csv").symlink_to("shared.csv")
    origin.commit({"mlops.yaml": MLOPS.replace("data/rows.csv", "link.csv")})
    assert after(origin).identical
    assert not after(origin, shared_csv="x,late\n2,0\n").identical
    assert "since shared.csv differs." in plan(origin.folder)[1]


def test_several_files_of_a_glob(tmp_path: Path) -> None:
    mlops = MLOPS.replace("rows.csv", "*.csv")
    origin = Origin.create(tmp_path / "origin", {"mlops.yaml": mlops, "data/a.csv": "a", "data/b.csv": "b"})
    assert after(origin, data__c_txt="c").identical
    assert not after(origin, data__c_csv="c").identical
    assert not after(origin, data__a_csv=None).identical


@pytest.mark.parametrize("path", ["data/none.csv", "../outside.csv", "/absolute.csv"])
def test_data_that_no_commit_holds_are_not_known_and_have_no_key(origin: Origin, path: str) -> None:
    made = after(origin, mlops_yaml=MLOPS.replace("data/rows.csv", path))
    assert (made.identical, made.candidate_key) == (False, "")
    assert made.base_key
    assert "data.path names" in made.notes[0]
    made = after(origin)
    assert (made.identical, made.candidate_key, made.base_key) == (False, "", "")
    assert len(made.notes) == 1


def test_predictions_of_files_are_known_without_a_training(tmp_path: Path) -> None:
    mlops = "model: x\nevaluate: {files: {labels: labels.csv, candidate: new.csv}}\n"
    origin = Origin.create(tmp_path / "origin", {"mlops.yaml": mlops, "labels.csv": "l", "new.csv": "n"})
    assert after(origin, README_md="x").identical
    assert not after(origin, new_csv="other").identical
    made = after(origin, mlops_yaml="model: x\n")
    assert (made.identical, made.candidate_key) == (False, "")
    assert "neither train nor evaluate.files" in made.notes[0]


def test_a_checkout_that_was_changed_is_not_its_commit(origin: Origin) -> None:
    after(origin, README_md="x")
    (origin.folder / "README.md").write_text("prose may")
    (origin.folder / "new.py").write_text("an estimator does not read it")
    (origin.folder / ".mlops").mkdir()
    (origin.folder / ".mlops" / "left.json").write_text("{}")
    assert plan(origin.folder)[0].identical
    (origin.folder / "data" / "rows.csv").write_text("x,late\n3,0\n")
    made, said = plan(origin.folder)
    assert (made.identical, made.candidate_key) == (False, "")
    assert made.base_key
    assert "data/rows.csv" in made.notes[0]
    assert said == made.notes[0]


def test_new_code_that_is_not_committed_counts(theirs: Origin) -> None:
    after(theirs)
    (theirs.folder / "helper.py").write_text("x")
    assert not plan(theirs.folder)[0].identical


def test_a_new_model_has_no_base(origin: Origin) -> None:
    origin.commit({"second.yaml": MLOPS.replace("flights", "trains").replace("roc_auc", "accuracy") + "\n" * 40})
    made, _ = plan(origin.folder, config="second.yaml")
    assert (made.base, made.base_kind, made.base_key, made.base_config) == ("", "none", "", "")
    assert made.candidate_key
    assert "this model is new" in made.notes[0]


def test_a_renamed_file_is_found_in_the_base(origin: Origin) -> None:
    origin.commit({"mlops.yaml": None, "model.yaml": MLOPS})
    made, _ = plan(origin.folder, config="model.yaml")
    assert made.base == git(origin.folder, "rev-parse", "HEAD~1")
    assert (made.config, made.base_config, made.identical) == ("model.yaml", "mlops.yaml", True)
    assert "calls model.yaml mlops.yaml" in made.notes[0]


def test_another_name_of_the_model_is_said(origin: Origin) -> None:
    made = after(origin, mlops_yaml=MLOPS.replace("flights", "trains"))
    assert (made.model, made.identical) == ("trains", False)
    assert "calls the model flights" in made.notes[0]


@pytest.mark.parametrize("broken", ["model: [", "model: flights\nnonsense: 1\n", "\udcff", ""])
def test_a_base_that_cannot_be_read_is_kept_for_its_record(tmp_path: Path, broken: str) -> None:
    origin = Origin.create(tmp_path / "origin", {"README.md": "x"})
    (origin.folder / "mlops.yaml").write_bytes(broken.encode(errors="surrogateescape"))
    origin.commit({})
    made = after(origin, mlops_yaml=MLOPS, data__rows_csv="x,late\n")
    assert made.base == git(origin.folder, "rev-parse", "HEAD~1")
    assert (made.base_config, made.base_key, made.identical) == ("mlops.yaml", "", False)
    assert "cannot be used by this version" in made.notes[0]


def test_a_pull_request_that_only_takes_over_its_base_is_identical(origin: Origin) -> None:
    """Main moved on; like is compared with like, so the pull request is not charged with it."""
    head = origin.commit({"README.md": "better words"}, on="better")
    main = origin.commit({"data/rows.csv": "x,late\n1,1\n"})
    merge = origin.merge(main, head)
    git(origin.folder, "checkout", "-q", "--detach", merge)
    made, _ = plan(origin.folder, PullRequest(head, (main,)))
    assert (made.head, made.tested, made.base, made.base_kind) == (head, merge, main, "first_parent")
    assert made.identical


def test_a_plan_is_written_and_read(origin: Origin, tmp_path: Path) -> None:
    made, _ = plan(origin.folder)
    assert read_plan(write_plan(tmp_path, made)) == made


NAMES = st.text("ab.*?", min_size=1, max_size=4)


@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(st.one_of(NAMES, st.just("**")), min_size=1, max_size=4))
def test_globs_fit_what_pathlib_finds(path: list[str], glob: list[str]) -> None:
    if {".", ".."} & {*path, *glob} or any("**" in part and part != "**" for part in glob) or glob[-1] == "**":
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder).joinpath(*path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        assert matches(path, glob) == (file in Path(folder).glob("/".join(glob)))
