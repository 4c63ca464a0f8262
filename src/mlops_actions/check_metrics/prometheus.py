"""Reads raw counters from a Prometheus by range selector; never `rate()`, which extrapolates."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from mlops_actions.check_metrics.counters import REQUESTS, STARTED, Sample, Tally, Trouble, count
from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.check_metrics.promql import PromQL, number
from mlops_actions.config.models import CheckMetricsSection
from mlops_actions.errors import ConfigError
from mlops_actions.release.target import Track

Labels = Mapping[str, str]
Matrix = list[dict[str, Any]]
LAG = 2  # scrape intervals: newer samples may not have been scraped from every replica yet
STALE_AFTER = 3  # scrape intervals without a sample of any replica
LOOKBACK = 2  # scrape intervals read before the cursor, to tell a silent arm from one that never was


class PrometheusSource:
    """Counts over [begin, now - 2 scrape intervals]; both arms evaluated at the same moment.

    Args:
        settings: the URL, scrape interval and fixed limits.
        arms: by track to judge, the labels its series have to have (`model`, `release`, `track`).
        clock: Unix seconds.
    """

    def __init__(
        self,
        settings: CheckMetricsSection,
        arms: Mapping[Track, Labels],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if settings.prometheus is None:
            raise ConfigError("check_metrics.prometheus is not set.", fix="name the URL of a Prometheus.")
        self._promql = PromQL(settings.prometheus)
        self._settings, self._arms, self._clock = settings, arms, clock
        self._weight, self._cursor = 0, 0.0
        self._tallies: dict[Track, Tally] = {}

    def begin(self, canary_weight: int) -> None:
        """Judge only samples from now on."""
        self._weight, self._cursor = canary_weight, self._clock()
        self._tallies = {track: Tally(self._cursor) for track in self._arms}

    def look(self) -> Look:
        """Return the counts of samples after the last look or `begin`."""
        now = self._clock()
        end = now - LAG * self._settings.scrape_interval_seconds
        limits = {name: self._promql.value(limit.query, at=now) for name, limit in self._settings.limits.items()}
        common: dict[str, Any] = {"start": self._cursor, "canary_weight": self._weight, "limits": limits}
        try:
            arms = self._count(end)
        except Trouble as trouble:
            return Look(kind=trouble.kind, end=max(end, self._cursor), detail=trouble.detail, **common)
        self._cursor = end
        return Look(kind=LookKind.OK, end=end, canary=arms[Track.CANARY], stable=arms.get(Track.STABLE), **common)

    def _count(self, end: float) -> dict[Track, Arm]:
        """Read every arm before counting any, so that a look counts for both or for none."""
        if end <= self._cursor:
            lag = LAG * self._settings.scrape_interval_seconds
            raise Trouble(LookKind.EMPTY, f"nothing to judge yet: samples count once they are {lag:g} s old")
        read = {track: self._read(labels, end) for track, labels in self._arms.items()}
        return {track: self._tallies[track].advance(samples) for track, samples in read.items()}

    def _read(self, labels: Labels, end: float) -> dict[str, list[Sample]]:
        """Return the samples of one arm after the cursor, by process."""
        scrape = self._settings.scrape_interval_seconds
        window = math.ceil(end - self._cursor + LOOKBACK * scrape)
        query = selector(labels, window)
        found = samples_by_process(self._promql.ask(query, at=end))
        if not found:
            raise Trouble(LookKind.EMPTY, f"{query} found nothing")
        newest = max(samples[-1].at for samples in found.values())
        if end - newest > STALE_AFTER * scrape:
            raise Trouble(LookKind.STALE, f"the newest sample of {query} is {end - newest:.0f} s old")
        return {process: [s for s in samples if s.at > self._cursor] for process, samples in found.items()}


def selector(labels: Labels, window_seconds: int) -> str:
    """Return the range selector of an arm's counters and process start times."""
    matchers = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
    return f'{{__name__=~"{REQUESTS}|{STARTED}",{matchers}}}[{window_seconds}s]'


def samples_by_process(matrix: Matrix) -> dict[str, list[Sample]]:
    """Join the series of each process by time of scrape; samples without a request counter are left out.

    Raises:
        Trouble: MULTI_SERIES if a series has no outcome or a process appears twice, NAN if a value is no number.
    """
    processes: dict[str, Matrix] = defaultdict(list)
    for series in matrix:
        identity = {key: value for key, value in series["metric"].items() if key not in {"__name__", "outcome"}}
        processes[json.dumps(identity, sort_keys=True)].append(series)
    joined = {process: _joined(found) for process, found in processes.items()}
    samples = {process: found for process, found in joined.items() if found}
    _refuse_doubles(samples)
    return samples


def _joined(series_of_process: Matrix) -> list[Sample]:
    counts: dict[float, dict[str, int]] = defaultdict(dict)
    started: dict[float, float] = {}
    for series in series_of_process:
        labels = series["metric"]
        for at, text in series["values"]:
            if labels["__name__"] == STARTED:
                started[at] = number(text)
            elif "outcome" in labels:
                counts[at][labels["outcome"]] = count(number(text), REQUESTS)
            else:
                raise Trouble(LookKind.MULTI_SERIES, f"a series of {REQUESTS} has no label outcome: {labels}")
    return [Sample(at, counts[at], started.get(at)) for at in sorted(counts)]


def _refuse_doubles(samples: Mapping[str, list[Sample]]) -> None:
    """The same address scraped by two jobs would count every event twice; a successor at a reused address does not."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for process, found in samples.items():
        spans[json.loads(process).get("instance", "")].append((found[0].at, found[-1].at))
    for instance, times in spans.items():
        if any(later[0] <= earlier[1] for earlier, later in pairwise(sorted(times))):
            raise Trouble(LookKind.MULTI_SERIES, f"{instance or 'a process'} is scraped twice, by two jobs perhaps")
