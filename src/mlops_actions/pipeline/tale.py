"""The story as it was played: demo.json for machines, demo.md for people."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from mlops_actions.files import write_text
from mlops_actions.pipeline.story import Fate
from mlops_actions.report import Report, Table
from mlops_actions.report.markdown import escape_sentence, render, render_table

WORDS = {"promoted": "promoted", "stopped": "stopped before the deploy", "rolled_back": "rolled back", "held": "held"}


class Part(BaseModel):
    """A part of demo.json."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(Part):
    """One candidate: what was promised and what happened, with the reports of its stages."""

    title: str
    promise: Fate
    fate: str
    reports: list[Report]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def as_promised(self) -> bool:
        """Whether it went as promised."""
        return self.fate == self.promise

    @property
    def seconds(self) -> float:
        """Wall time of its stages."""
        return sum(report.seconds for report in self.reports)


class Tale(Part):
    """All of them."""

    schema_version: Literal[1] = 1
    model: str
    chapters: list[Told]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def as_promised(self) -> bool:
        """Whether the whole story went as promised."""
        return all(told.as_promised for told in self.chapters)

    def table(self) -> Table:
        """Return the story in one table."""
        columns = ["candidate", "what was tried", "what happened", "who said so", "why", "seconds"]
        rows = [_row(number, told) for number, told in enumerate(self.chapters, 1)]
        return Table(title="The story", columns=columns, rows=rows)


def _row(number: int, told: Told) -> list[str | int | float | None]:
    last = told.reports[-1]
    happened = WORDS.get(told.fate, told.fate) + ("" if told.as_promised else f" (promised: {WORDS[told.promise]})")
    return [number, told.title, happened, last.stage, last.verdict.sentence, round(told.seconds, 1)]


def write_tale(folder: Path, tale: Tale) -> None:
    """Write demo.json and demo.md."""
    write_text(folder / "demo.json", tale.model_dump_json(indent=2) + "\n")
    write_text(folder / "demo.md", _markdown(tale))


def _markdown(tale: Tale) -> str:
    chapters = [
        f"## Candidate {number}: {escape_sentence(told.title)}\n\n"
        + "\n".join(render(report) for report in told.reports)
        for number, told in enumerate(tale.chapters, 1)
    ]
    ending = "It went as promised." if tale.as_promised else "It did NOT go as promised."
    return "\n".join(
        [
            f"# {escape_sentence(tale.model)}: a story in {len(tale.chapters)} candidates\n",
            ending + "\n",
            render_table(tale.table()),
            *chapters,
        ]
    )
