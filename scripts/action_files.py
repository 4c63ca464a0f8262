"""Write every action.yml from its click command: an option added there is an input here, with the same words."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import click

from mlops_actions.cli.main import mlops
from mlops_actions.files import sha256_file

ROOT = Path(__file__).resolve().parent.parent
OWNER = "mlops-actions/mlops-actions"
SETUP = "$/actions/setup"
EVERY = {
    "decision": "pass, fail or undecided.",
    "reason": "The stage's own word for its decision, for machines.",
    "report": "Path of the JSON report.",
    "work": "Folder of this model: .mlops/<model> beside mlops.yaml.",
}
BUNDLE = {"bundle": "Folder of the bundle.", "version": "Version of the model: git describe."}
RELEASE = {"release": "Number of the release.", "url": "Where it answers.", "image": "Image by digest."}
PLAN = {
    "model": "Id of the model.",
    "head": "Commit that the check belongs to: the head of the pull request.",
    "tested": "Commit that is checked out.",
    "base": "Commit to compare with; empty where there is none.",
    "base-kind": "first_parent, merge_base, parent or none.",
    "base-config": "Path of mlops.yaml in the base.",
    "identical": "true if nothing that the model sees has changed.",
    "candidate-key": "Content key of the checked-out model's predictions; empty where it is not known before training.",
    "base-key": "The same of the base's.",
    "uses": "At least how often the test set has decided already.",
    "work": EVERY["work"],
    "plan": "Path of the plan.",
    "record": "Path of what the check of the base commit knows; empty where that is nothing.",
}
TOKEN = "${{ github.token }}"
SERVING = {"release": "Number of the release that serves; empty when none does."}


@dataclass(frozen=True)
class Action:
    """A command offered as an action.

    Attributes:
        command: name of the click command.
        outputs: what it offers beside (or, for commands that write no report, instead of) EVERY.
        lock: requirements/<lock>.txt.
        folder: of its action.yml, from the root.
    """

    command: str
    outputs: dict[str, str] = field(default_factory=dict)
    lock: str = ""
    folder: str = ""
    title: str = ""

    @property
    def path(self) -> Path:
        """Where its action.yml is."""
        return ROOT / (self.folder or f"actions/{self.command}") / "action.yml"

    @property
    def cache_key(self) -> str:
        """What uv's downloads are kept under: another lock, another cache."""
        name = self.lock or self.command
        return f"{name}-{sha256_file(ROOT / 'requirements' / f'{name}.txt').removeprefix('sha256:')[:16]}"

    @property
    def options(self) -> list[click.Option]:
        """The command's options: the action's inputs."""
        command = mlops.get_command(click.Context(mlops), self.command)
        assert command is not None
        return [option for option in command.params if isinstance(option, click.Option) and not option.hidden]

    @property
    def description(self) -> str:
        """The command's own first line."""
        command = mlops.get_command(click.Context(mlops), self.command)
        assert command is not None
        return (command.help or "").partition("\n")[0]

    def variable(self, option: click.Option) -> str:
        """The environment variable that click reads the option from."""
        return f"MLOPS_{self.command}_{option.name}".upper().replace("-", "_")


ACTIONS = [
    Action("plan", PLAN),
    Action("validate-data", {"rows": "Rows that were checked.", "data-digest": "sha256 of the data."} | EVERY),
    Action(
        "train",
        BUNDLE
        | {
            "input-digest": "sha256 of data, code, parameters, lock and seed.",
            "cached": "true if a run seen before was restored.",
        }
        | EVERY,
    ),
    Action("keep", lock="plan"),
    Action("evaluate", EVERY),
    Action("comment"),
    Action("verify"),
    Action("accept", lock="comment"),
    Action(
        "noise",
        {"noise": "Path of noise.json.", "deterministic": "true if the seed changes nothing."},
        lock="train",
    ),
    Action(
        "quantize",
        {"scheme": "The chosen serving form.", "bundle-digest": "sha256 of what will be served, sealed here."} | EVERY,
    ),
    Action("build-push", {"image": "Image by digest.", "digest": "sha256 of the image's manifest."} | EVERY),
    Action("deploy", RELEASE | EVERY),
    Action("check-metrics", {"verdict": "Path of the verdict file."} | EVERY),
    Action("promote", SERVING, lock="deploy"),
    Action("rollback", SERVING, lock="deploy"),
    # Outputs of several stages: of one name, the last stage's.
    Action("run", BUNDLE | RELEASE | EVERY, folder=".", title="mlops-actions"),
]


def render(action: Action) -> str:
    """Return the text of an action.yml."""
    to_actions = "actions" if action.folder else ".."
    lock = f" {action.lock}" if action.lock else ""
    parts = [
        "# Written by `make docs` from the command's options; change them there.",
        f"name: {action.title or f'mlops {action.command}'}",
        f"description: {json.dumps(action.description)}",
        *(["branding: {icon: git-merge, color: blue}"] if action.folder else []),
        "inputs:",
        *(line for option in action.options for line in _input(option)),
        *_outputs(action.outputs),
        "runs:",
        "  using: composite",
        "  steps:",
        f"    - uses: {SETUP}",
        f"      with: {{cache-key: {action.cache_key}}}",
        "    - id: run",
        "      shell: bash",
        f"""      run: '"$GITHUB_ACTION_PATH/{to_actions}/launch.sh" {action.command}{lock}'""",
        "      env:",
        *(f"        {action.variable(option)}: ${{{{ inputs.{input_name(option)} }}}}" for option in action.options),
    ]
    return "\n".join(parts) + "\n"


def input_name(option: click.Option) -> str:
    """Return the input's name: the option's long form without its dashes."""
    return max(option.opts, key=len).removeprefix("--")


def _input(option: click.Option) -> list[str]:
    lines = [f"  {input_name(option)}:", f"    description: {json.dumps(option.help, ensure_ascii=False)}"]
    if option.required:
        lines.append("    required: true")
    if default := input_default(option):
        lines.append(f"    default: {json.dumps(default)}")
    return lines


def input_default(option: click.Option) -> str:
    """Return an input's default: the option's if it shows one, and the job's own token where a token is asked for."""
    return TOKEN if option.name == "token" else str(option.default) if option.show_default else ""


def _outputs(outputs: dict[str, str]) -> list[str]:
    lines = [
        line
        for name, description in outputs.items()
        for line in (
            f"  {name}:",
            f"    description: {json.dumps(description)}",
            f"    value: ${{{{ steps.run.outputs.{name} }}}}",
        )
    ]
    return ["outputs:", *lines] if lines else []
