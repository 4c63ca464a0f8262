"""action.yml = env block = click options = docs table, for every action; and what every workflow has to be."""

import html
import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

import docs
from mlops_actions.cli.main import mlops

ROOT = Path(__file__).resolve().parents[2]
STAGES = ["validate-data", "train", "evaluate", "quantize", "build-push", "deploy", "check-metrics"]
GATE = ["plan", "keep", "comment", "verify", "accept", "noise"]
COMMANDS = {**{name: ROOT / "actions" / name for name in [*STAGES, *GATE, "promote", "rollback"]}, "run": ROOT}
TOKEN = "${{ github.token }}"  # of the job: what a command may do is what the job's `permissions` say
EXAMPLES = sorted(ROOT.glob("examples/*/.github/workflows/*.yml"))
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *EXAMPLES])
REUSABLE = sorted(ROOT.glob(".github/workflows/model-*.yml"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
ACTION_FILES = sorted([ROOT / "action.yml", *ROOT.glob("actions/*/action.yml")])


def parsed(path: Path) -> Any:
    # YAML 1.1 reads the key `on` as true.
    return yaml.safe_load(path.read_text(encoding="utf-8").replace("\non:", '\n"on":'))


def action(name: str) -> Any:
    return parsed(COMMANDS[name] / "action.yml")


def context(name: str) -> tuple[click.Context, dict[str, click.Option]]:
    """Return the context that click gives a command of ours, and its options by long name."""
    parent = click.Context(mlops, info_name="mlops", **mlops.context_settings)
    command = mlops.get_command(parent, name)
    assert command is not None
    options = {max(each.opts, key=len)[2:]: each for each in command.params if isinstance(each, click.Option)}
    return click.Context(command, parent=parent, info_name=name), options


def run_step(name: str) -> dict[str, Any]:
    (step,) = [step for step in action(name)["runs"]["steps"] if "run" in step]
    return dict(step)


def steps(path: Path) -> list[dict[str, Any]]:
    content = parsed(path)
    jobs = content.get("jobs", {}).values()
    return [*content.get("runs", {}).get("steps", []), *(step for job in jobs for step in job.get("steps", []))]


def uses(path: Path) -> list[str]:
    jobs = parsed(path).get("jobs", {}).values()
    return [item["uses"] for item in [*steps(path), *jobs] if "uses" in item]


def documented(heading: str, column: str) -> list[list[str]]:
    """Return the rows of a table of docs/actions.md: the one below a heading whose first column is called so."""
    text = (ROOT / "docs/actions.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]
    table = re.search(rf"^\| {column} \|.*\n\|.*\n((?:\|.*\n)*)", section, flags=re.MULTILINE)
    return [line.strip("| \n").split(" | ") for line in table[1].splitlines()] if table else []


def test_every_command_that_is_an_action_has_one() -> None:
    assert {path.parent for path in ACTION_FILES} == {
        *COMMANDS.values(),
        ROOT / "actions/setup",
        ROOT / "actions/train-job",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_inputs_are_the_commands_options(name: str) -> None:
    _, options = context(name)
    inputs = action(name)["inputs"]
    assert list(inputs) == list(options)
    for key, option in options.items():
        assert inputs[key]["description"] == option.help
        shown = str(option.default) if option.show_default else ""
        assert inputs[key].get("default", "") == (TOKEN if key == "token" else shown)
        assert inputs[key].get("required", False) == option.required


@pytest.mark.parametrize("name", COMMANDS)
def test_the_env_block_maps_every_input_to_the_variable_that_click_reads(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, options = context(name)
    env = run_step(name)["env"]
    assert list(env.values()) == [f"${{{{ inputs.{key} }}}}" for key in options]
    for (variable, _), option in zip(env.items(), options.values(), strict=True):
        monkeypatch.setenv(variable, "a value")
        assert option.resolve_envvar_value(ctx) == "a value"


@pytest.mark.parametrize("name", COMMANDS)
def test_an_empty_input_means_the_default(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, options = context(name)
    needed = {key: "given" for key, option in options.items() if option.required}
    for (variable, _), key in zip(run_step(name)["env"].items(), options, strict=True):
        monkeypatch.setenv(variable, needed.get(key, ""))
    given = [part for key, value in needed.items() for part in (f"--{key}", value)]
    empty = ctx.command.make_context(name, [], parent=ctx.parent).params
    for variable in run_step(name)["env"]:
        monkeypatch.delenv(variable)
    assert ctx.command.make_context(name, given, parent=ctx.parent).params == empty


@pytest.mark.parametrize("name", COMMANDS)
def test_the_run_step_is_the_launcher_and_nothing_else(name: str) -> None:
    step = run_step(name)
    launcher = "actions" if COMMANDS[name] == ROOT else ".."
    command = re.fullmatch(rf'"\$GITHUB_ACTION_PATH/{launcher}/launch\.sh" {name}( [a-z-]+)?', step["run"])
    assert command is not None
    assert (ROOT / "requirements" / f"{(command[1] or name).strip()}.txt").is_file()
    assert (step["id"], step["shell"]) == ("run", "bash")
    assert [each.get("uses") for each in action(name)["runs"]["steps"]] == ["$/actions/setup", None]


@pytest.mark.parametrize("name", COMMANDS)
def test_outputs_come_from_the_run_step(name: str) -> None:
    outputs = action(name).get("outputs", {})
    assert {key: given["value"] for key, given in outputs.items()} == {
        key: f"${{{{ steps.run.outputs.{key} }}}}" for key in outputs
    }
    if name in STAGES:
        assert {"decision", "reason", "report", "work"} <= set(outputs)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_tells_of_every_input_and_output(name: str) -> None:
    heading = "mlops-actions" if name == "run" else name
    content = action(name)
    inputs = [
        [f"`{key}`", f"`{given['default']}`" if given.get("default") else "", given["description"]]
        for key, given in content["inputs"].items()
    ]
    outputs = [[f"`{key}`", given["description"]] for key, given in content.get("outputs", {}).items()]
    shown = [[cell.replace("|", "\\|").replace("<model>", "&lt;model&gt;") for cell in row] for row in inputs]
    assert documented(heading, "input") == shown
    assert [
        [cell.replace("&lt;model&gt;", "<model>") for cell in row] for row in documented(heading, "output")
    ] == outputs


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_tells_of_every_input(name: str) -> None:
    shown = [
        [f"`{name}`", f"`{key}`", f"`{given['default']}`" if given.get("default") else "", given["description"]]
        for key, given in action(name)["inputs"].items()
    ]
    rows = re.findall(rf"^\| (`{name}`) \| (`[a-z-]+`) \| (.*?) \| (.*) \|$", README, flags=re.MULTILINE)
    told = [[html.unescape(cell.replace("\\|", "|")).strip() for cell in row] for row in rows]
    assert told == shown


def test_derived_files_are_current() -> None:
    assert [str(path) for path in docs.stale()] == []


def test_the_root_action_has_what_the_marketplace_asks_for() -> None:
    content = action("run")
    assert content["name"]
    assert content["description"]
    assert set(content["branding"]) == {"icon", "color"}


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTION_FILES], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_expression_reaches_a_shell(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTION_FILES], ids=lambda path: str(path.relative_to(ROOT)))
def test_siblings_are_of_this_commit_and_everything_else_is_pinned(path: Path) -> None:
    for used in uses(path):
        if used.startswith("$/"):
            sibling = ROOT / used.removeprefix("$/")
            assert sibling.is_file() or (sibling / "action.yml").is_file()
        else:
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_workflows_grant_nothing_by_default(path: Path) -> None:
    content = parsed(path)
    assert content["permissions"] == {}
    for job in content["jobs"].values():
        assert "permissions" in job
        assert "timeout-minutes" in job or "uses" in job
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_only_jobs_without_repository_code_may_write() -> None:
    """What they may write is the check and the comment; the training and the judging jobs read."""
    writers = {
        (path.name, job): sorted(name for name, level in content["permissions"].items() if level == "write")
        for path in REUSABLE
        for job, content in parsed(path)["jobs"].items()
        if "write" in content["permissions"].values()
    }
    assert writers == {
        ("model-pull-request.yml", "comment"): ["checks", "pull-requests"],
        ("model-comment.yml", "verify"): ["checks", "pull-requests"],
        ("model-comment.yml", "accept"): ["checks", "pull-requests"],
    }


def test_what_follows_a_fork_checks_out_no_commit_by_name() -> None:
    """Without `ref` it is the default branch: on workflow_run and issue_comment the run's own commit."""
    path = ROOT / ".github/workflows/model-comment.yml"
    checkouts = with_of(path, "actions/checkout@")
    assert checkouts
    assert all("ref" not in given and "repository" not in given for given in checkouts)
    text = path.read_text(encoding="utf-8")
    assert "head_sha" not in text
    assert "download-artifact" not in text, "mlops verify fetches it, with bounds"


def test_where_repository_code_runs_no_cache_is_written() -> None:
    assert {job["cache-mode"] for job in training_jobs().values()} == {"read"}
    callers = [path for path in EXAMPLES if path.name == "model-comment.yml"]
    assert len(callers) == 2
    for path in callers:
        assert {job["cache-mode"] for job in parsed(path)["jobs"].values()} == {"read"}
    saving = [path.name for path in REUSABLE if with_of(path, "actions/cache/save@")]
    assert saving == ["model-pull-request.yml"]


def test_a_cache_is_saved_from_the_path_that_it_is_restored_to() -> None:
    """GitHub keeps the path with the cache: another one never finds it."""
    steps_with = [
        given for path in REUSABLE for what in ("save", "restore") for given in with_of(path, f"actions/cache/{what}@")
    ]
    assert len(steps_with) == 5
    assert {re.sub(r"\$\{\{.*?\.outputs\.work \}\}", "WORK", given["path"]) for given in steps_with} == {
        "WORK/predictions"
    }


def training_jobs() -> dict[tuple[str, str], Any]:
    """Return the jobs in which code of the repository runs, by workflow and id."""
    jobs = {(path.name, job): content for path in REUSABLE for job, content in parsed(path)["jobs"].items()}
    return {name: job for name, job in jobs.items() if "$/actions/train" in str(job)}


def test_repository_code_runs_in_training_jobs_that_can_only_read() -> None:
    assert set(training_jobs()) == {
        ("model-pull-request.yml", "candidate"),
        ("model-pull-request.yml", "base"),
        ("model-release.yml", "train"),
    }
    for job in training_jobs().values():
        assert job["permissions"] == {"contents": "read"}
        assert [step["uses"].partition("@")[0] for step in job["steps"]] == ["actions/checkout", "$/actions/train-job"]
        assert "secrets" not in str(job)


def release_jobs() -> Any:
    return parsed(ROOT / ".github/workflows/model-release.yml")["jobs"]


def with_of(path: Path, action: str) -> list[dict[str, Any]]:
    """Return the inputs of every step that uses an action."""
    return [step["with"] for step in steps(path) if step.get("uses", "").startswith(action)]


def test_the_registrys_password_reaches_one_job() -> None:
    assert [name for name, job in release_jobs().items() if "secrets." in yaml.safe_dump(job)] == ["build-push"]


def test_one_job_waits_for_the_environment_and_what_is_shown_there_is_a_deployment() -> None:
    waiting = {name: job["environment"] for name, job in release_jobs().items() if "environment" in job}
    assert list(waiting) == ["deploy"]
    assert waiting["deploy"]["name"] == "${{ inputs.environment || 'staging' }}"


def test_mlops_yaml_says_where_to_deploy_unless_the_caller_does() -> None:
    inputs = parsed(ROOT / ".github/workflows/model-release.yml")["on"]["workflow_call"]["inputs"]
    assert inputs["environment"]["default"] == ""


def test_a_deployment_waits_for_its_turn_and_is_never_cancelled() -> None:
    deploy = release_jobs()["deploy"]
    assert deploy["concurrency"]["cancel-in-progress"] is False
    assert deploy["concurrency"]["queue"] == "max"
    used = [step["uses"] for step in deploy["steps"] if step.get("uses", "").startswith("$/")]
    assert used == [f"$/actions/{name}" for name in ("deploy", "check-metrics", "promote", "rollback")]


def test_the_judges_exit_code_decides_so_that_observe_mode_takes_nothing_back() -> None:
    conditions = {step["uses"]: step["if"] for step in release_jobs()["deploy"]["steps"] if "verdict" in str(step)}
    assert conditions["$/actions/promote"] == "steps.judge.outcome == 'success'"
    # An undecided judge fails its step too, and the rollback follows deploy.on_undecided.
    assert "!cancelled() && steps.judge.outcome == 'failure'" in conditions["$/actions/rollback"]


@pytest.mark.parametrize("path", REUSABLE, ids=lambda path: path.name)
def test_artifacts_of_two_models_in_one_run_have_different_names(path: Path) -> None:
    model = "${{ MODEL }}-"
    trained = [given["artifact"] for given in with_of(path, "$/actions/train-job")]
    uploaded = [*trained, *(given["name"] for given in with_of(path, "actions/upload-artifact@"))]
    names = [re.sub(r"\{ (needs|steps)\.(validate|plan)\.outputs\.model \}", "{ MODEL }", name) for name in uploaded]
    own = ["accepted"] if path.name == "model-comment.yml" else []  # all models of a pull request at once
    assert names
    assert [name for name in names if not name.startswith(model)] == own
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", REUSABLE, ids=lambda path: path.name)
def test_an_artifact_that_was_changed_on_its_way_is_refused(path: Path) -> None:
    downloads = with_of(path, "actions/download-artifact@")
    assert bool(downloads) == (path.name in {"model-pull-request.yml", "model-release.yml"})
    for given in downloads:
        assert given["digest-mismatch"] == "error"
        assert "artifact-ids" in given


def test_training_sees_the_tags_that_its_version_is_made_of() -> None:
    for job in training_jobs().values():
        assert job["steps"][0]["with"]["fetch-depth"] == 0


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_copied_workflows_of_two_models_do_not_cancel_each_other(path: Path) -> None:
    """`github.workflow` is the name, the same in every copy; `workflow_ref` is the file and the branch."""
    assert "github.workflow_ref" in parsed(path)["concurrency"]["group"]


@pytest.mark.parametrize(("workflow", "gate"), [("ci.yml", "required"), ("model-pull-request.yml", "model")])
def test_the_required_check_waits_for_every_other_job(workflow: str, gate: str) -> None:
    jobs = parsed(ROOT / ".github/workflows" / workflow)["jobs"]
    assert set(jobs[gate]["needs"]) == set(jobs) - {gate}
