"""What a person with a verdict file gets: promoted, rolled back, held; and what the person on call reads."""

from pathlib import Path

import pytest

from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.check_metrics.verdict_file import Subject, judged, write_verdict
from mlops_actions.config import Config
from mlops_actions.config.models import CheckMetricsSection
from mlops_actions.deploy.describe import status_lines
from mlops_actions.deploy.site import Caller, Site
from mlops_actions.errors import ConfigError
from mlops_actions.pipeline import decide
from mlops_actions.pipeline.decide import Acted
from mlops_actions.release import Status, Track
from mlops_actions.verdict import Decision
from support.rollouts import Rollout, World, config

ANN = Caller(by="ann", environment={})
ERRORS = {Decision.PASS: 0, Decision.FAIL: 500}


class Person:
    """Somebody who decides about the release on trial of a rollout."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, stable: bool = True) -> None:
        self.folder, self.said, self.world = folder, list[str](), World()
        self.rollout = Rollout(folder, self.world, stable=stable)
        monkeypatch.setattr(decide, "open_site", lambda *_, **__: self.site())

    def site(self) -> Site:
        rollout = self.rollout
        return Site(rollout.store, rollout.ledger(), self.world, rollout.site.images)

    def verdict(self, decision: Decision) -> Path:
        release = self.rollout.release
        subject = Subject(
            model=release.model,
            environment=release.environment,
            release=release.id,
            stable=1,
            bundle_digest=release.bundle_digest,
        )
        look = Look(
            kind=LookKind.OK,
            start=0,
            end=15,
            canary_weight=10,
            canary=Arm(requests=1000, errors=ERRORS.get(decision, 0)),
            stable=Arm(requests=1000, errors=0),
        )
        file = judged(subject, CheckMetricsSection(), [] if decision is Decision.UNDECIDED else [look])
        assert file.decision is decision
        write_verdict(self.folder / "verdict.json", file)
        return self.folder / "verdict.json"

    def rolls_back(self, decision: Decision | None, reason: str = "", **sections: object) -> Acted:
        return self._act("rollback", decision, reason, config(self.folder, **sections))

    def promotes(self, decision: Decision | None, reason: str = "", **sections: object) -> Acted:
        return self._act("promote", decision, reason, config(self.folder, **sections))

    def _act(self, name: str, decision: Decision | None, reason: str, settings: Config) -> Acted:
        verdict = self.verdict(decision) if decision else None
        acted: Acted = getattr(decide, name)(
            settings, caller=ANN, verdict=verdict, reason=reason, progress=self.said.append
        )
        return acted

    @property
    def status(self) -> Status:
        return self.rollout.store.read(2).status

    def reads(self) -> str:
        return "\n".join(status_lines(config(self.folder), self.site()))


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("policy", "status", "last"),
    [
        ("hold", Status.HELD, "weight 0"),
        ("rollback", Status.ROLLED_BACK, "restore 1"),
        ("promote", Status.VERIFIED, "restore 2"),
    ],
)
def test_undecided_verdict_follows_on_undecided(person: Person, policy: str, status: Status, last: str) -> None:
    person.rolls_back(Decision.UNDECIDED, deploy={"on_undecided": policy})
    assert (person.status, person.world.done[-1]) == (status, last)


def test_passing_verdict_needs_a_reason_to_be_rolled_back(person: Person) -> None:
    with pytest.raises(ConfigError, match="The verdict is pass"):
        person.rolls_back(Decision.PASS)
    assert person.world.done == []
    person.rolls_back(Decision.PASS, reason="the customers say so")
    assert person.status is Status.ROLLED_BACK


@pytest.mark.parametrize(
    ("decision", "would"), [(Decision.FAIL, "rolled back"), (Decision.UNDECIDED, "held without traffic")]
)
def test_observe_mode_rolls_back_nothing_and_says_what_it_would_have_done(
    person: Person, decision: Decision, would: str
) -> None:
    acted = person.rolls_back(decision, enforce="false")
    assert f"Observe mode: release 2 would have been {would}" in acted.sentence
    assert (acted.serving, person.world.done, person.rollout.store.state().canary) == (1, [], 2)


def test_observe_mode_promotes_whatever_the_judge_says_as_a_rollout_does(person: Person) -> None:
    with pytest.raises(ConfigError, match="has no passing verdict"):
        person.promotes(Decision.FAIL)
    person.promotes(Decision.FAIL, enforce="false")
    assert person.status is Status.VERIFIED
    assert "observe mode" in person.rollout.store.read(2).events[-1].reason


def test_person_with_a_reason_is_obeyed_in_observe_mode_too(person: Person) -> None:
    person.rolls_back(Decision.FAIL, reason="I saw it", enforce="false")
    assert person.status is Status.ROLLED_BACK


def test_rollback_says_first_where_it_goes(person: Person) -> None:
    person.rolls_back(Decision.FAIL)
    assert person.said == ["Going back from release 2 to release 1 (version v1)."]


def test_release_that_is_not_ready_is_started_again_and_not_left(person: Person) -> None:
    person.promotes(Decision.PASS)
    person.world.releases.clear()
    assert "was started again" in person.rolls_back(None, reason="restart").sentence
    assert person.status is Status.VERIFIED


def test_status_offers_only_what_rollback_would_do(person: Person) -> None:
    assert "to restore the last verified release: mlops rollback" in person.reads()
    person.promotes(Decision.PASS)
    assert "to go back from release 2 to release 1: mlops rollback" in person.reads()
    person.world.releases.clear()
    assert "NOT RUNNING" in person.reads()
    assert "to restore the last verified release" in person.reads()


def test_status_offers_nothing_where_there_is_nothing_to_go_back_to_and_says_what_was_refused(person: Person) -> None:
    person.rolls_back(Decision.FAIL)
    assert "mlops rollback" not in person.reads()
    assert "last rolled back: release 2 (version v1) at 2026-01-01 12:00:00 UTC: Harm: the canary" in person.reads()


def test_first_release_on_trial_can_only_be_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(tmp_path, monkeypatch, stable=False)
    assert "to take release 1 away: mlops rollback" in person.reads()
    assert "nothing serves" in person.rolls_back(None, reason="no").sentence
    assert person.said == ["Taking release 1 away; there is no release before it."]
    assert Track.STABLE not in person.world.releases
