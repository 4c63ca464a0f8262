"""Whatever two people do to an environment, in whatever order: the state stays one that can be served and restored."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_actions.errors import MlopsError
from mlops_actions.release import FileStore, Ledger, Release, Status
from mlops_actions.release.ledger import utc_now
from mlops_actions.verdict import Decision, Verdict

PASSED = Verdict(decision=Decision.PASS, reason="no_harm")
ACTIONS = ["begin", "weigh", "renew", "verify", "roll_back", "hold", "fail", "refresh"]
DRAFT = Release(
    id=0,
    model="flights",
    environment="staging",
    version="v1",
    bundle_digest="sha256:a",
    artifact="oci:a",
    status=Status.PENDING,
    created=utc_now(),
    by="",
)


def act(ledger: Ledger, action: str, release: Release | None) -> None:
    if action in {"begin", "refresh"}:
        ledger.begin(DRAFT) if action == "begin" else ledger.refresh()
    elif release is not None:
        extra: dict[str, dict[str, object]] = {
            "weigh": {"percent": 10},
            "verify": {"verdict": PASSED},
            "fail": {"reason": "x"},
        }
        getattr(ledger, action)(release, **extra.get(action, {}))


def check(store: FileStore) -> None:
    state = store.state()
    assert state.stable == state.verified
    assert state.canary != state.stable or state.canary is None
    if state.canary is None:
        assert (state.canary_weight, state.lease) == (0, None)
    if state.stable is not None:
        assert store.read(state.stable).status is Status.VERIFIED
    ids = [release.id for release in store.history()]
    assert ids == list(range(len(ids), 0, -1))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from("ab"), st.integers(0, 3)), max_size=15))
def test_state_stays_whole(steps: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = FileStore(Path(folder))
        people = {who: Ledger(store, by=who, lease_seconds=60) for who in "ab"}
        for action, who, back in steps:
            history, before = store.history(), store.state().generation
            release = history[back] if back < len(history) else None
            try:
                act(people[who], action, release)
            except MlopsError:
                assert store.state().generation == before
            check(store)
