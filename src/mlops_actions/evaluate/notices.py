"""Sentences that nobody may overlook: what the numbers do not know, and where they come from."""

from typing import NamedTuple

from mlops_actions.config.models import EvaluateSection
from mlops_actions.evaluate.comparing import Basis, limited
from mlops_actions.evaluate.metrics.metric import all_rows
from mlops_actions.evaluate.pairing import Matched
from mlops_actions.evaluate.slices import Slices
from mlops_actions.evaluate.sources import Sources
from mlops_actions.evaluate.version import EVALUATOR
from mlops_actions.report import Finding
from mlops_actions.report.evaluation import Comparison, Evaluation
from mlops_actions.report.noise import Noise
from mlops_actions.verdict import Decision, Verdict

FEWEST_GROUPS = 30
CHANCE = 0.5  # the area under the ROC curve of scores that know nothing


class Notice(NamedTuple):
    """A sentence with its reason, for machines, and the key of mlops.yaml that it is about."""

    reason: str
    sentence: str
    key: str | None = None

    def finding(self) -> Finding:
        """Return it as a finding, which passes."""
        verdict = Verdict(decision=Decision.PASS, reason=self.reason, sentence=self.sentence)
        return Finding(name=self.reason, verdict=verdict, key=self.key)


def of_areas(comparisons: list[Comparison]) -> list[Notice]:
    """Say that scores rank the wrong class first: surely below what chance gives, so they are likely those of the other class."""
    areas = [one for one in comparisons if one.metric == "roc_auc"]
    sides = [(who, span) for one in areas for who, span in (("candidate", one.candidate), ("base", one.base)) if span]
    below = [f"the {who} ({span.value:.4g})" for who, span in sides if span.high < CHANCE]
    if not below:
        return []
    sentence = f"ROC AUC is below 0.5 of {' and '.join(below)}: the scores rank the wrong class first. Is score that of the other class?"
    return [Notice("below_chance", sentence, "evaluate.roc_auc")]


def of_base(found: Matched, basis: Basis, record: Evaluation | None) -> list[Notice]:
    """Say how the base is known where it is not known row by row on the same rows."""
    if basis == "record" and record is None:
        return [Notice("empty_record", "The record of the base holds no numbers, so there is nothing to compare with.")]
    if basis == "record" and record is not None:
        return [
            Notice(
                "base_recorded",
                "The base's predictions are not at hand: its numbers are those recorded when it was judged, and rows are not paired, so less can be seen.",
            ),
            *_older(record),
        ]
    if basis == "apart":
        rows = len(found.apart.ids) if found.apart else record.rows if record else 0
        sentence = (
            f"The base was tested on another test set ({rows:,} rows), the candidate on {len(found.pair.ids):,}: "
            "ids or labels differ, so no rows are paired and nothing is claimed."
        )
        return [Notice("different_test_set", sentence), *(_older(record) if record else [])]
    return []


def _older(record: Evaluation) -> list[Notice]:
    if record.evaluator == EVALUATOR:
        return []
    sentence = f"The base's numbers were computed by version {record.evaluator[:20]} of the evaluator, the candidate's by {EVALUATOR}."
    return [Notice("other_evaluator", sentence)]


def of_training(differing: int) -> list[Notice]:
    """Say that the same inputs did not give the same model, which is why the two are compared after all."""
    if not differing:
        return []
    sentence = f"Same inputs gave different predictions on {differing:,} rows: the training is not deterministic."
    return [Notice("not_deterministic", sentence)]


def of_noise(
    noise: Noise | None, found: Matched, sources: Sources, settings: EvaluateSection, *, slices: bool
) -> list[Notice]:
    """Say what the noise of training was measured on, and which limited metrics it does not hold."""
    if noise is None:
        return []
    lacking = [name for name in limited(settings) if name not in noise.metrics]
    if lacking and len(lacking) == len(limited(settings)):
        return [_without_noise(lacking)]
    other = "" if noise.test_set == found.test_set else ", on another test set"
    inside = (
        " Inside slices it was not measured; they get that of all rows, which is likely too little." if slices else ""
    )
    sentence = f"Intervals count the chance of training too, as {len(noise.seeds)} seeds showed it{other}.{_strangers(noise, sources)}{inside}"
    return [Notice("noise_counted", sentence), *([_without_noise(lacking)] if lacking else [])]


def _without_noise(metrics: list[str]) -> Notice:
    sentence = f"The noise of training was not measured for {', '.join(metrics)}: there, intervals count the chance of the test rows alone."
    return Notice("noise_lacking", sentence)


def _strangers(noise: Noise, sources: Sources) -> str:
    """Say that neither model is one of those whose noise was measured, where both say which they are."""
    configs = [source.config if source else None for source in (sources.candidate, sources.base)]
    known = {config.input_digest for config in configs if config and config.input_digest}
    if not known or known & set(noise.input_digests):
        return ""
    return " It was measured on other inputs (data, code or settings) than those of these models."


def of_slices(slices: Slices, basis: Basis, settings: EvaluateSection, *, judged: bool) -> list[Notice]:
    """Say that no slice was judged although some are named."""
    count = len(slices.judged) + len(slices.small)
    if judged or not count or basis != "paired" or not limited(settings):
        return []
    sentence = f"None of the {count} slices had rows enough to be judged ({settings.min_slice_rows} at least), so slices say nothing."
    return [Notice("slices_too_small", sentence, "evaluate.min_slice_rows")]


def of_groups(found: Matched) -> list[Notice]:
    """Say that few groups make poor witnesses."""
    groups = found.pair.candidate.extent.groups
    worth = all_rows(found.pair.candidate)
    if groups is None or worth >= FEWEST_GROUPS:
        return []
    count = int(groups.max()) + 1
    unequal = f", so unequal that they are worth {worth}" if worth < count else " only"
    sentence = f"The rows come in {count} groups{unequal}; below {FEWEST_GROUPS} nothing is claimed, since groups are what counts as independent."
    return [Notice("few_groups", sentence, "data.group")]


def of_uses(uses: int | None, settings: EvaluateSection) -> list[Notice]:
    """Say that a test set is worn: each decision by it makes the next one a little less its own."""
    if uses is None or settings.max_uses is None or uses <= settings.max_uses:
        return []
    sentence = f"This test set has decided {uses} times, more than the {settings.max_uses} of evaluate.max_uses: models come to fit it. Take new rows."
    return [Notice("test_set_worn", sentence, "evaluate.max_uses")]
