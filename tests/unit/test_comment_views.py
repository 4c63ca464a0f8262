"""Comment, check, summary, page and terminal: what is told, in which order, and within which limits."""

import re
from typing import Any

import pytest

from mlops_actions.comment import check, comment, page, summary
from mlops_actions.comment.terminal import brief
from mlops_actions.report import GateRecord
from mlops_actions.report.evaluation import Floor
from support import records

MARKER = "<!-- mlops-actions -->"


def told(*made: GateRecord) -> str:
    return comment(made, marker=MARKER)


def large(name: str = "flights", slices: int = 1000) -> GateRecord:
    """Make a record that is too large for any comment."""
    record = records.worse()
    assert record.evaluation
    many = [
        records.part(f"airport = {number:04} of {'a very long name ' * 9}", 500, 0.7, -0.03, 0.004, "regressed")
        for number in range(slices)
    ]
    evaluation = record.evaluation.model_copy(update={"slices": many, "slices_unpowered": [one.name for one in many]})
    return record.model_copy(update={"model": name, "evaluation": evaluation})


def test_a_comment_begins_with_its_marker_then_the_verdict() -> None:
    lines = told(records.worse()).splitlines()
    assert lines[:4] == [
        MARKER,
        "### ❌ flights: worse",
        "",
        "ROC AUC fell from 0.6843 to 0.6672 on the same 92,039 test rows, more than the 0.005 you allow.",
    ]


def test_the_order_is_verdict_metrics_slices_flips_details() -> None:
    text = told(records.worse())
    order = [
        "### ❌",
        "**What now?**",
        "| metric |",
        "| slice |",
        "**Flips:**",
        "became wrong",
        "```mermaid",
        "Confusion",
        "Why trust",
    ]
    places = [text.index(mark) for mark in order]
    assert places == sorted(places)


def test_what_is_worse_beside_the_headline_is_listed_with_what_is_allowed() -> None:
    text = told(records.worse())
    assert "- origin = JFK (30,472 rows): ROC AUC is worse by 0.0262, and 0.005 is allowed." in text
    assert "someone with write access comments `/mlops accept REASON`" in text


def test_a_line_of_the_metrics_table() -> None:
    row = next(line for line in told(records.worse()).splitlines() if line.startswith("| ROC AUC |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["ROC AUC", "❌\u00a0worse", "0.6843", "0.6672", "\u22120.0171"]
    assert re.fullmatch("`[^`]{21}`\u00a0\u22120\\.0187\u00a0to\u00a0\u22120\\.0155", cells[5])


def test_slices_that_are_worse_or_flagged_are_seen_at_once_and_others_folded() -> None:
    head, _, rest = told(records.worse()).partition("<details>")
    assert re.search(r"\| origin = JFK \| ❌\u00a0worse \|", head)
    assert re.search(r"\| origin = EWR \| ⚠️\u00a0flagged \|", head)
    assert "carrier = UA" not in head
    assert re.search(r"\| carrier = UA \| ✅\u00a0no worse \|", rest)
    assert "Too few rows to judge, which is not the same as fine: carrier = OO, carrier = YV." in rest


@pytest.mark.parametrize(
    ("make", "sentences"),
    [
        (records.accepted, ["**Accepted** by mona on 2026-11-24", "the next push voids it", "column that is gone"]),
        (
            records.fork,
            ["**Unverified.**", "can never be green by itself", "a branch of this repository and open a pull request"],
        ),
        (records.observe, ["**Observe mode**", "this would have stopped the change", "Nothing is stopped"]),
        (records.stopped, ["carrier has 23 different values", "The model was not judged, so this is not green"]),
        (
            records.cannot_tell,
            ["about 8,400 would settle it", "this check does not block", "a true drop of 0.0229 in 80 of 100"],
        ),
        (records.slightly_worse, ["This check does not block", "`evaluate.allow` names small_drop"]),
        (records.first_ever, ["Once this is merged, later changes are compared with it.", "there was no base"]),
        (records.identical, ["identical by construction", "there was nothing to run"]),
        (
            records.no_worse,
            ["paired DeLong", "first parent of the merge commit", "has decided at least 4 times", "paired by id"],
        ),
        (records.regression, ["mean absolute error ↓", "↓: less is better"]),
    ],
)
def test_what_a_reader_has_to_know(make: Any, sentences: list[str]) -> None:
    record = make()
    for view in (told(record), summary([record])):
        assert [sentence for sentence in sentences if sentence not in view] == []


def test_without_a_limit_the_comment_says_how_to_set_one() -> None:
    evaluation = records.evaluated("no_limit", records.others(0.001))
    text = told(records.evaluated_record(evaluation, "success"))
    assert "`evaluate: {accuracy: {max_drop_abs: 0.005}}`" in text
    assert "no limit" in text
    assert "each on a scale of its own" in text


def test_what_the_configuration_lets_pass_is_said() -> None:
    allowed = records.slightly_worse().model_copy(update={"conclusion": "success", "unenforced": "success"})
    assert "`evaluate.allow` in mlops.yaml lets this pass." in told(allowed)


def test_a_first_model_that_fails_by_policy_is_told_why() -> None:
    failed = records.first_ever().model_copy(update={"conclusion": "failure", "unenforced": "failure"})
    assert "`evaluate.without_base` in mlops.yaml says that a model without a base fails" in told(failed)


def test_a_limit_is_held_against_the_interval() -> None:
    floors = [
        Floor(key="k", side="min", bound=0.7, word="below_min"),
        Floor(key="k", side="max", bound=0.6, word="above_max"),
        Floor(key="k", side="min", bound=0.684, word="undecided"),
        Floor(key="k", side="min", bound=0.5, word="unpowered"),
    ]
    evaluation = records.evaluated("improved", [records.auc(0.01, 0.001, "improved", floors=floors)])
    text = told(records.evaluated_record(evaluation, "failure"))
    assert "- ❌ ROC AUC is below its minimum 0.7: it lies between 0.6918 and 0.6968" in text
    assert "- ❌ ROC AUC is above its maximum 0.6" in text
    assert "- 🟡 ROC AUC cannot be told from its minimum 0.684" in text
    assert "- 🟡 ROC AUC rests on too few rows" in text


def test_masked_rows_say_so_and_shown_rows_have_their_values() -> None:
    assert "Ids and values are masked" in told(records.better())
    assert "•••" not in told(records.better())
    shown = told(records.worse())
    assert "| carrier | origin | distance | temp |" in shown
    assert "masked" not in shown


def test_notes_of_the_plan_and_of_the_evaluation_are_said_once() -> None:
    record = records.better()
    assert record.evaluation
    evaluation = record.evaluation.model_copy(update={"notices": ["Rows differ.", "Seeds differ."]})
    text = told(record.model_copy(update={"evaluation": evaluation, "notes": ["Rows differ."]}))
    assert text.count("Rows differ.") == 1
    assert "- Note: Seeds differ." in text


def test_charts_have_their_legend_and_a_fallback_as_text() -> None:
    text = told(records.better())
    assert text.count("```mermaid") == text.count("xychart-beta") == 2
    assert "Lines: grey is base, blue is candidate, ochre is perfect." in text
    assert re.search(r"base {7}[▁▂▃▄▅▆▇█]{9}\n", text)


def test_without_a_base_charts_show_the_candidate_alone() -> None:
    record = records.first_ever()
    assert record.evaluation
    assert record.evaluation.calibration
    assert record.evaluation.confusion
    alone = record.evaluation.model_copy(
        update={
            "calibration": record.evaluation.calibration.model_copy(update={"base": None, "base_error": None}),
            "confusion": record.evaluation.confusion.model_copy(update={"base": None}),
            "distribution": None,
        }
    )
    text = told(record.model_copy(update={"evaluation": alone}))
    assert "Lines: grey is candidate, blue is perfect." in text
    assert "| no | 69,121 | 2,107 |" in text
    assert (
        "base"
        not in page([record.model_copy(update={"evaluation": alone})])
        .partition("Confusion")[2]
        .partition("</table>")[0]
    )


def test_several_models_have_one_comment_the_worst_first_and_those_that_are_fine_folded() -> None:
    text = told(*records.two_models())
    lines = text.splitlines()
    assert lines[1] == "### ❌ 2 models: 1 failed, 1 passed"
    assert lines[3].startswith("- ❌ delays: worse. ROC AUC fell")
    assert lines[4].startswith("- ✅ flights: no worse.")
    assert "#### ❌ delays: worse" in text
    assert "<details><summary>✅ flights: no worse</summary>" in text
    assert text.count("<details") == text.count("</details>")


def test_a_comment_does_not_depend_on_the_order_of_its_records() -> None:
    first, second = records.two_models()
    assert told(first, second) == told(second, first)


def test_nothing_to_say_is_said() -> None:
    assert "No model was judged." in told()


@pytest.mark.parametrize("models", [1, 6, 40, 200])
def test_a_comment_is_never_too_long_and_says_what_it_left_out(models: int) -> None:
    text = told(*[large(f"model-{number}", slices=30) for number in range(models)])
    assert len(text) < 60_000
    assert text.count("<details") == text.count("</details>")
    assert text.startswith(f"{MARKER}\n### ❌ ")
    if models > 1:
        assert "left out for length" in text


def test_only_the_commits_that_were_judged_are_linked() -> None:
    """GitHub links any name of a commit; a name of something else is kept from looking like one."""
    accepted = records.accepted()
    text = told(accepted.model_copy(update={"model": "deadbeef", "sentence": "See deadbeefdeadbeef."}))
    assert set(re.findall(r"\b[0-9a-f]{7,40}\b", text.replace(records.RUN, ""))) == {records.HEAD[:7], records.BASE[:7]}
    assert f"This holds for commit {records.HEAD[:7]} alone" in text
    assert f"Base: commit {records.BASE[:7]}, the first parent" in text
    assert f"Commit {records.HEAD[:7]} against {records.BASE[:7]}" in text
    nameless = told(accepted.model_copy(update={"head": "<b>head", "base": "<b>base"}))
    assert r"commit \<b>head" in nameless
    assert not re.search(r"(?<!\\)<b>", nameless)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ([records.worse()], "report.html in the artifact flights-gate"),
        ([records.fork()], "report.html in the artifact flights-verified"),
        (records.two_models(), "report.html in the artifacts delays-gate, flights-gate"),
    ],
)
def test_the_page_is_in_an_artifact_that_has_a_name(made: list[GateRecord], words: str) -> None:
    assert f"full report: {words}</sub>" in told(*made)
    assert "report.html" not in told(*[one.model_copy(update={"run_url": ""}) for one in made]), "there is no run"


def test_the_least_important_goes_first() -> None:
    text = told(*[large(f"model-{number}", slices=25) for number in range(6)])
    left_out = text.partition("left out for length: ")[2]
    assert "confusion matrices" in left_out
    assert "metrics" not in left_out
    assert text.count("| ROC AUC |") >= 6


def test_what_the_record_itself_had_to_leave_out_is_said() -> None:
    text = told(records.better().model_copy(update={"reduced": ["examples", "differences"]}))
    assert "left out for length: examples, differences" in text


def test_a_summary_is_longer_and_stays_below_its_limit() -> None:
    one = summary([large()])
    assert one.count("| airport = ") == 300
    assert "700 more slices are in the full report" in one
    assert len(summary([large(f"model-{number}", slices=300) for number in range(15)]).encode()) < 1_000_000


def test_a_page_has_everything() -> None:
    assert page([large()]).count("<td>airport = ") == 1000


def test_a_check_has_a_plain_title_tables_at_once_and_details_below() -> None:
    output = check(records.worse())
    assert output.title.startswith("Worse: ROC AUC fell from 0.6843 to 0.6672")
    assert "| metric |" in output.summary
    assert "Why trust this?" not in output.summary
    assert "Why trust this?" in output.text
    assert "flights: worse" not in output.summary
    assert output.annotations == records.worse().annotations


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (records.fork, "No worse, unverified: "),
        (records.accepted, "Worse, accepted: "),
        (records.observe, "Worse, observed only: "),
        (records.stopped, "Could not be judged: Checking the data failed"),
    ],
)
def test_the_title_of_a_check_says_what_became_of_the_verdict(make: Any, words: str) -> None:
    assert check(make()).title.startswith(words)


@pytest.mark.parametrize("slices", [10, 1000])
def test_a_check_stays_within_github_s_limits(slices: int) -> None:
    record = large("m", slices).model_copy(update={"sentence": "x\n" * 5000})
    output = check(record)
    assert len(output.title) <= 255
    assert "\n" not in output.title
    assert len(output.summary.encode()) <= 60_000
    assert len(output.text.encode()) <= 20_000


def test_a_terminal_gets_the_short_form() -> None:
    text = brief([records.worse()])
    assert text.startswith("❌ flights: worse\n\nROC AUC fell")
    assert "metric" in text
    assert "<" not in text
    assert "Confusion" not in text


def test_a_terminal_obeys_nothing_in_the_data() -> None:
    text = brief([records.stopped().model_copy(update={"sentence": "a\x1b[2Jb\x07", "model": "m\x1b]0;x\x07"})])
    assert "\x1b" not in text
    assert "\x07" not in text


def test_the_page_forbids_itself_everything_but_its_own_style() -> None:
    text = page([records.worse()])
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "<script" not in text
    assert "src=" not in text
    assert "url(" not in text
    assert re.findall(r'href="([^"]*)"', text) == [records.RUN]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x/) [y](https://z/", 'https://x/" onclick="', "", "http://x", "//x/"]
)
def test_an_address_that_is_none_is_no_link(url: str) -> None:
    record = records.better().model_copy(update={"run_url": url})
    assert "](" not in told(record)
    assert "<a " not in page([record])
