"""How a demonstration looks: on a terminal with colours and one living line, elsewhere as plain lines."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.status import Status
from rich.table import Table as RichTable
from rich.text import Text

from mlops_actions.pipeline.story import Chapter
from mlops_actions.pipeline.tale import WORDS, Tale, Told
from mlops_actions.progress import Progress
from mlops_actions.report import Report
from mlops_actions.verdict import Decision

MARKS = {Decision.PASS: ("✔", "green"), Decision.FAIL: ("✘", "red"), Decision.UNDECIDED: ("?", "yellow")}
INDENT = "    "


class Lines:
    """Plain lines, for logs."""

    def __init__(self, write: Progress) -> None:
        self._write = write

    @contextmanager
    def open(self) -> Iterator[None]:
        """Nothing to open."""
        yield

    def chapter(self, number: int, chapter: Chapter) -> None:
        """Say which candidate begins."""
        self._write(f"\nCandidate {number}: {chapter.title}. It should be {WORDS[chapter.promise]}.")

    def begun(self, stage: str) -> None:
        """Say which stage begins."""
        self._write(f"  {stage}")

    def say(self, line: str, /) -> None:
        """Say what the stage says."""
        self._write(INDENT + line)

    def done(self, report: Report) -> None:
        """Say what the stage found."""
        self._write(f"  {report.stage}: {report.decision}: {report.verdict.sentence} ({report.seconds:.1f} s)")

    def told(self, told: Told) -> None:
        """Say what happened to the candidate."""
        self._write(
            f"  It was {WORDS.get(told.fate, told.fate)}{'' if told.as_promised else ', which was NOT promised'}."
        )

    def ending(self, tale: Tale, files: list[str]) -> None:
        """Say how it went, and where to read it again."""
        self._write("")
        for row in tale.table().rows:
            self._write(f"Candidate {row[0]}: {row[1]}: {row[2]}, by {row[3]}, {row[5]} s")
        self._write(f"{_ending(tale)} Written: {', '.join(files)}")


class Screen:
    """A terminal. Whatever came from data is shown as text, never as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status = console.status("")
        self._stage = ""

    @contextmanager
    def open(self) -> Iterator[None]:
        """Show the living line while the story is played."""
        with self._status:
            yield

    def chapter(self, number: int, chapter: Chapter) -> None:
        """Show a rule with the candidate's title, and what should happen to it."""
        self._console.print()
        self._console.print(Rule(Text(f"Candidate {number}: {chapter.title}", style="bold"), align="left"))
        self._console.print(Text(f"It should be {WORDS[chapter.promise]}.", style="dim"))

    def begun(self, stage: str) -> None:
        """Show the stage on the living line."""
        self._stage = stage
        self._status.update(Text(stage, style="bold"))

    def say(self, line: str, /) -> None:
        """Show what the stage says on the living line; what a rollout says stays."""
        text = " ".join(line.split())
        if self._stage == "deploy":
            self._console.print(Padding(Text(text, style="dim"), (0, 0, 0, len(INDENT))))
        self._status.update(Text.assemble((self._stage, "bold"), "  ", text[: max(self._console.width - 20, 20)]))

    def done(self, report: Report) -> None:
        """Show what the stage found."""
        mark, colour = MARKS[report.decision]
        head = Text.assemble((f"{mark} {report.stage:<14}", f"bold {colour}"), (f"{report.seconds:5.1f} s  ", "dim"))
        line = RichTable.grid(padding=0)
        line.add_row(head, Text(report.verdict.sentence))
        self._console.print(line)

    def told(self, told: Told) -> None:
        """Show what happened to the candidate."""
        colour = "green" if told.as_promised else "red"
        ending = ", as promised" if told.as_promised else f", and {WORDS[told.promise]} was promised"
        self._console.print(Text(f"→ {WORDS.get(told.fate, told.fate)}{ending}", style=f"bold {colour}"))

    def ending(self, tale: Tale, files: list[str]) -> None:
        """Show the whole story in one table, and where to read it again."""
        story = tale.table()
        table = RichTable(title=story.title, title_justify="left", show_lines=True)
        for column in story.columns:
            table.add_column(column)
        for row in story.rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self._console.print()
        self._console.print(table)
        self._console.print(Text(_ending(tale), style="bold green" if tale.as_promised else "bold red"))
        for file in files:
            self._console.print(Text(f"  {file}", style="dim"))


def _ending(tale: Tale) -> str:
    return "The story went as promised." if tale.as_promised else "The story did NOT go as promised."
