"""Cumulative counters of server processes, turned into events between two moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from mlops_actions.check_metrics.look import Arm, LookKind

REQUESTS = "mlops_requests_total"
STARTED = "mlops_process_start_time_seconds"
MOST_EVENTS = 2**53
GOOD = "ok"  # every other value of the label `outcome` is a bad event


@dataclass(frozen=True)
class Sample:
    """One scrape of one process.

    Attributes:
        at: when it was read, Unix seconds.
        counts: cumulative requests by outcome; an outcome that is absent beside others counts 0.
        started: when the process started, Unix seconds; None where it does not say.
    """

    at: float
    counts: Mapping[str, int]
    started: float | None = None


class Trouble(Exception):  # noqa: N818 (a typed look inside this room; no error of the program)
    """Why there are no counts: becomes the kind of the look, never leaves this room."""

    def __init__(self, kind: LookKind, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


def count(value: float, name: str) -> int:
    """Return the value of a counter of events.

    Raises:
        Trouble: NAN, for whatever is no whole number that a float64 holds exactly.
    """
    if not 0 <= value <= MOST_EVENTS or value != int(value):
        raise Trouble(LookKind.NAN, f"{name} is {value}, which counts nothing")
    return int(value)


def counted(samples: list[Sample], before: Sample | None) -> Arm:
    """Return the events from `before` to the last sample; a process that is new (None) counts in full.

    A counter starts again at 0 with its process: then the new value is all there is to count, and what happened between
    the last scrape of the old process and its end is lost, in numerator and denominator alike.
    """
    start = before or Sample(samples[0].at, {}, samples[0].started)
    total = Arm(requests=0, errors=0)
    for earlier, later in pairwise([start, *samples]):
        base = {} if _restarted(earlier, later) else earlier.counts
        events = {outcome: count - base.get(outcome, 0) for outcome, count in later.counts.items()}
        requests = sum(events.values())
        total += Arm(requests=requests, errors=requests - events.get(GOOD, 0))
    return total


def _restarted(earlier: Sample, later: Sample) -> bool:
    fell = any(later.counts.get(outcome, 0) < count for outcome, count in earlier.counts.items())
    return fell or earlier.started != later.started


class Tally:
    """Remembers the last counted sample of each process, so that looks tile time without gap or overlap."""

    def __init__(self, begin: float) -> None:
        self._begin = begin
        self._last: dict[str, Sample] = {}

    def baseline(self, samples: Mapping[str, Sample]) -> None:
        """Count from these samples on."""
        self._last.update(samples)

    def advance(self, samples: Mapping[str, list[Sample]]) -> Arm:
        """Count the events of one arm and move on.

        Args:
            samples: by process, in order of time, all after `begin` and after the samples counted before.
        """
        arms = [counted(found, self._before(process, found)) for process, found in samples.items() if found]
        self._last.update({process: found[-1] for process, found in samples.items() if found})
        return sum(arms, Arm(requests=0, errors=0))

    def _before(self, process: str, samples: list[Sample]) -> Sample | None:
        """A process not read before counts in full only if it started after `begin`; else its past is none of this step."""
        if process in self._last:
            return self._last[process]
        started = samples[0].started
        return samples[0] if started is None or started < self._begin else None
