"""Whatever data says, the runner obeys our commands alone: checked against a model of the runner's own parser."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.github.commands import MOST_ANNOTATIONS, Commands

Command = tuple[str, dict[str, str], str]

# Pieces that mean something to the runner, mixed with anything.
PIECES = st.sampled_from(
    [
        "::",
        "##[",
        "]",
        "\n",
        "\r",
        "\r\n",
        "%0A",
        "%25",
        ",",
        "=",
        "error",
        "set-output name=passed",
        "stop-commands",
        "add-mask",
        " ",
    ]
)
TEXT = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)


class RunnerModel:
    """What the runner does with a log (actions/runner, ActionCommandManager.cs and ActionCommand.cs)."""

    def __init__(self) -> None:
        self.obeyed: list[Command] = []
        self._token = ""

    def read(self, log: str) -> None:
        for line in re.split(r"\r\n|\r|\n", log):
            command = self._parse(line)
            if command is None:
                continue
            if self._token:
                self._token = "" if command[0] == self._token else self._token
            elif command[0] == "stop-commands":
                self._token = command[2]
            else:
                self.obeyed.append(command)

    @staticmethod
    def _parse(line: str) -> Command | None:
        modern = re.match(r"\s*::([^ :]+)(?: (.*?))?::(.*)$", line)
        legacy = re.search(r"##\[([^ \]]+)(?: ([^\]]*))?\](.*)$", line)
        if found := modern or legacy:
            name, properties, message = found.groups()
            pairs = (pair.partition("=") for pair in (properties or "").split(",") if pair)
            return name, {key: unescaped(value) for key, _, value in pairs}, unescaped(message)
        return None


def unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def obeyed(log: str) -> list[Command]:
    model = RunnerModel()
    model.read(log)
    return model.obeyed


def test_the_model_obeys_what_is_printed_bare() -> None:
    """Without this the tests below could pass because the model obeys nothing."""
    assert obeyed("::set-output name=passed::true") == [("set-output", {"name": "passed"}, "true")]
    assert obeyed("header,##[add-mask]x") == [("add-mask", {}, "x")]


@given(st.lists(TEXT))
def test_no_line_of_data_is_obeyed(lines: list[str]) -> None:
    log = io.StringIO()
    with Commands(log, active=True) as commands:
        for line in lines:
            commands.say(line)
    assert obeyed(log.getvalue()) == []


@given(message=TEXT, file=TEXT, title=TEXT, line=st.integers(1, 10**6))
def test_an_annotation_is_one_command_with_its_own_properties(message: str, file: str, title: str, line: int) -> None:
    log = io.StringIO()
    with Commands(log, active=True) as commands:
        commands.annotate("error", message, file=file, line=line, title=title)
        commands.say(message)
    expected = {"file": file, "line": str(line), "title": title}
    assert obeyed(log.getvalue()) == [("error", {key: value for key, value in expected.items() if value}, message)]


@given(title=TEXT, body=TEXT)
def test_a_group_is_two_commands_whatever_it_holds(title: str, body: str) -> None:
    log = io.StringIO()
    with Commands(log, active=True) as commands:
        commands.group(title, body)
    assert [name for name, _, _ in obeyed(log.getvalue())] == ["group", "endgroup"]


def test_beyond_ten_of_a_level_messages_stay_in_the_log() -> None:
    log = io.StringIO()
    with Commands(log, active=True) as commands:
        for number in range(25):
            commands.annotate("error", f"message {number}")
        commands.annotate("warning", "another level")
    names = [name for name, _, _ in obeyed(log.getvalue())]
    assert names == ["error"] * MOST_ANNOTATIONS + ["warning"]
    assert "message 24" in log.getvalue()


@given(TEXT)
def test_outside_of_actions_nothing_is_a_command_of_ours(text: str) -> None:
    log = io.StringIO()
    with Commands(log, active=False) as commands:
        commands.say(text)
    assert log.getvalue() == text + "\n"


def test_the_name_of_a_file_may_be_no_text() -> None:
    stream = io.BytesIO()
    with Commands(io.TextIOWrapper(stream, "utf-8"), active=True) as commands:
        commands.say("caf\udce9.csv")
        commands.annotate("error", "caf\udce9.csv")
        assert stream.getvalue().count(b"caf?.csv") == 2
