"""Write what is derived: action.yml files from the commands, docs/actions.md from them, the table of inputs in README.md.

`--check` writes nothing and fails when something is not current.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from action_files import ACTIONS, OWNER, ROOT, Action, render

WORKFLOWS = ["model-pull-request.yml", "model-comment.yml", "model-release.yml"]
README_TABLE = re.compile(r"(<!-- inputs, by `make docs` -->\n).*?(<!-- /inputs -->)", re.DOTALL)
HEAD = f"""# Actions and workflows

<!-- Written by `make docs` from action.yml and the workflows. -->

Every action works alone, needs a checkout before it, and runs in an environment of its own: your Python, your packages and your `UV_*` settings stay as they are
(an index you name by `UV_DEFAULT_INDEX`, `UV_INDEX_URL` or your user-level `uv.toml` is used). Linux and macOS runners; nothing but `bash` has to be there.
An empty input means its default. Pin by commit SHA: `uses: {OWNER}/actions/evaluate@<SHA>`, the commit of this repository that you looked at (`git rev-parse HEAD` in its checkout).

Exit codes: 0 pass, 1 a gate failed, 2 configuration or data unusable, 3 something outside did not answer, 4 a bug of ours, 5 undecided.
With `enforce: false` in mlops.yaml every gate reports and exits 0.

## Secrets and your own runners

Training code is the only code of yours that runs, and it runs as the runner's user: what it can and cannot see is in [training.md](training.md#secrets). So the reusable workflows train in a job without secrets.
On hosted runners each job has a machine of its own. On a self-hosted runner, jobs of one user share its files: training and build-push share the tool folder with our environments, and what training writes there runs later.
Give jobs with secrets (build-push, deploy) another runner or another user than training.

## Which check to require

`mlops / MODEL`, from GitHub Actions. It is on the head of the pull request whatever happened: also when nothing that the model sees was changed, and when a job before it failed. A comment `/mlops accept REASON` turns it green, which no job can be turned.
GitHub takes neutral ("cannot tell") for passed. Do not filter the caller by `paths`: a workflow that does not start posts nothing, and `plan` finds an unchanged model in a second.
The jobs of the workflow are there to read; a regression leaves `Evaluate` and `Model` red also after it was accepted.
Only where mlops.yaml itself cannot be read there is no such check, since nobody knows the model's name: the job `Plan` says what is wrong, and what waits for the check goes on waiting.

## One workflow, many pull requests

`concurrency` is the caller's: in a reusable workflow it would be one group with the caller's own, and a run would cancel itself. The workflows that `mlops init` writes keep one run for each pull request, the newest, and one for each commit of the default branch.

Several models: one job for each in one workflow, or one workflow for each; names of artifacts start with the model's id, so ids differ. Two releases of one model cannot be in one run.
"""


def actions_page(files: dict[Path, str]) -> str:
    """Return docs/actions.md."""
    actions = [_action_section(action, yaml.safe_load(files[action.path])) for action in ACTIONS]
    return "\n".join([HEAD, *actions, *map(_workflow_section, WORKFLOWS)])


def _action_section(action: Action, content: dict[str, Any]) -> str:
    folder = "" if action.folder else f"/actions/{action.command}"
    inputs = _table(
        ["input", "default", "meaning"],
        [[f"`{name}`", _default(given), given["description"]] for name, given in content["inputs"].items()],
    )
    outputs = _table(
        ["output", "meaning"],
        [[f"`{name}`", given["description"]] for name, given in content.get("outputs", {}).items()],
    )
    return f"## {action.title or action.command}\n\n{content['description']}\n\n    uses: {OWNER}{folder}@<SHA>\n\n{inputs}\n{outputs}"


def _workflow_section(name: str) -> str:
    text = (ROOT / ".github/workflows" / name).read_text(encoding="utf-8")
    content, told = yaml.safe_load(text), re.sub(r"^# ?", "", text.partition("\nname:")[0], flags=re.MULTILINE)
    call = content[True]["workflow_call"]  # YAML 1.1 reads the key `on` as true
    inputs = _table(
        ["input", "default", "meaning"],
        [[f"`{key}`", _default(given), given["description"]] for key, given in call.get("inputs", {}).items()],
    )
    secrets = _table(
        ["secret", "meaning"],
        [[f"`{key}`", given["description"]] for key, given in call.get("secrets", {}).items()],
    )
    granted = [pair for job in content["jobs"].values() for pair in job.get("permissions", {}).items()]
    needed = dict(sorted(granted, key=lambda pair: pair[1]))  # of one that is read here and written there, `write`
    permissions = f"Permissions the caller grants: {', '.join(f'`{key}: {needed[key]}`' for key in sorted(needed))}.\n"
    return (
        f"## {name}\n\n{told}\n\n    uses: {OWNER}/.github/workflows/{name}@<SHA>\n\n{permissions}\n{inputs}\n{secrets}"
    )


def _default(given: dict[str, Any]) -> str:
    default = given.get("default", "")
    return "" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(columns: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    cells = [[cell.replace("|", "\\|").replace("<model>", "&lt;model&gt;") for cell in row] for row in rows]
    lines = [columns, ["---"] * len(columns), *cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def readme(text: str, files: dict[Path, str]) -> str:
    """Return README.md with its table of all inputs current."""
    contents = {action.command: yaml.safe_load(files[action.path]) for action in ACTIONS}
    rows = [
        [f"`{command}`", f"`{name}`", _default(given), given["description"]]
        for command, content in contents.items()
        for name, given in content["inputs"].items()
    ]
    table = _table(["action", "input", "default", "meaning"], rows)
    return README_TABLE.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", text)


def derived() -> dict[Path, str]:
    """Return the text of every derived file."""
    files = {action.path: render(action) for action in ACTIONS}
    front = ROOT / "README.md"
    return {
        **files,
        ROOT / "docs/actions.md": actions_page(files),
        front: readme(front.read_text(encoding="utf-8"), files),
    }


def stale() -> list[Path]:
    """Return the derived files that are not what they should be."""
    return [path for path, text in derived().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main() -> int:
    """Write, or with `--check` compare."""
    old = stale()
    if "--check" in sys.argv[1:]:
        for path in old:
            print(f"{path.relative_to(ROOT)} is not current: run `make docs`")
        return 1 if old else 0
    for path, text in derived().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(old)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
