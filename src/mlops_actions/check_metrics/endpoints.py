"""Reads the servers' own /metrics, for judging without a Prometheus."""

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import requests
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from mlops_actions.check_metrics.counters import REQUESTS, STARTED, Sample, Tally, Trouble, count
from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.release.target import Track

Labels = Mapping[str, str]
TIMEOUT_SECONDS = 5
MOST_READERS = 8


class MetricsEndpoints:
    """Counts from the /metrics of every replica, read at (nearly) one moment for both arms.

    Args:
        urls: says, at every look anew, the /metrics of each track's replicas.
        arms: by track to judge, the labels its series have to have (`model`, `release`, `track`).
        clock: Unix seconds.
    """

    def __init__(
        self,
        urls: Callable[[], Mapping[Track, list[str]]],
        arms: Mapping[Track, Labels],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._urls, self._arms, self._clock = urls, arms, clock
        self._weight, self._start = 0, 0.0
        self._tally: Tally | None = None

    def begin(self, canary_weight: int) -> None:
        """Take the counters of this moment as zero; if they cannot be read, the next look tries again."""
        self._weight, self._start = canary_weight, self._clock()
        self._tally = None
        try:
            self._take_baseline(self._read())
        except Trouble:
            return  # told by the next look, which finds no baseline

    def look(self) -> Look:
        """Return the counts since the last look or `begin`."""
        end = self._clock()
        try:
            read = self._read()
        except Trouble as trouble:
            return self._look(trouble.kind, end, detail=trouble.detail)
        tally = self._tally
        if tally is None:
            late = self._look(LookKind.EMPTY, end, detail="unreadable when the step began; counting starts now")
            self._take_baseline(read)
            return late
        arms = {track: tally.advance({url: [sample] for url, sample in read[track].items()}) for track in self._arms}
        look = self._look(LookKind.OK, end, arms=arms)
        self._start = end
        return look

    def _look(self, kind: LookKind, end: float, *, arms: Mapping[Track, Arm] | None = None, detail: str = "") -> Look:
        found = arms or {}
        return Look(
            kind=kind,
            start=self._start,
            end=end,
            canary_weight=self._weight,
            canary=found.get(Track.CANARY),
            stable=found.get(Track.STABLE),
            detail=detail,
        )

    def _take_baseline(self, read: Mapping[Track, Mapping[str, Sample]]) -> None:
        self._start = self._clock()
        self._tally = Tally(self._start)
        for samples in read.values():
            self._tally.baseline(samples)

    def _read(self) -> dict[Track, dict[str, Sample]]:
        """Return one sample of each replica, by track and URL."""
        urls = self._urls()
        wanted = [(track, url) for track in self._arms for url in urls.get(track, [])]
        with ThreadPoolExecutor(MOST_READERS) as pool:
            texts = list(pool.map(_fetch, [url for _, url in wanted]))
        read: dict[Track, dict[str, Sample]] = {track: {} for track in self._arms}
        for (track, url), text in zip(wanted, texts, strict=True):
            read[track][url] = parse(text, self._arms[track], url=url, at=self._clock())
        for track, samples in read.items():
            if not samples:
                raise Trouble(LookKind.EMPTY, f"no server of the track {track} is known")
        return read


def _fetch(url: str) -> str:
    try:
        response = requests.get(url, headers={"Accept": "text/plain"}, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
    except requests.RequestException as error:
        raise Trouble(LookKind.QUERY_ERROR, f"{url}: {error}") from None
    return response.text


def parse(text: str, labels: Labels, *, url: str, at: float) -> Sample:
    """Read one /metrics page in Prometheus' text format.

    Raises:
        Trouble: not that format, no such series, two of them, or a value that is no number.
    """
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise Trouble(LookKind.QUERY_ERROR, f"{url} is no page of metrics: {error}") from None
    counts = _series(families, REQUESTS, labels, url)
    if not counts:
        wanted = ", ".join(f'{key}="{value}"' for key, value in labels.items())
        raise Trouble(LookKind.EMPTY, f"{url} has no {REQUESTS}{{{wanted}}}")
    started = _series(families, STARTED, labels, url).get("")
    return Sample(at, {outcome: count(value, f"{url}: {REQUESTS}") for outcome, value in counts.items()}, started)


def _series(families: list[Metric], name: str, labels: Labels, url: str) -> dict[str, float]:
    """Return the values of a metric by outcome ("" where it has none)."""
    values: dict[str, float] = {}
    for sample in (sample for family in families for sample in family.samples if sample.name == name):
        if not labels.items() <= sample.labels.items():
            continue
        outcome = sample.labels.get("outcome", "")
        if outcome in values or (name == REQUESTS and not outcome):
            raise Trouble(LookKind.MULTI_SERIES, f"{url} has series of {name} that cannot be told apart by outcome")
        if not math.isfinite(sample.value):
            raise Trouble(LookKind.NAN, f"{url}: {name} is {sample.value}")
        values[outcome] = sample.value
    return values
