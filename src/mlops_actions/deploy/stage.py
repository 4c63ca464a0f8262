"""The stage with `strategy: manual`: the release gets its first share of traffic; judging and deciding are left to others."""

from mlops_actions.config import Config
from mlops_actions.deploy.begin import begin, taken_back_on_trouble
from mlops_actions.deploy.describe import what_runs_on
from mlops_actions.deploy.site import Caller, open_site
from mlops_actions.progress import Progress
from mlops_actions.report import Report, Table
from mlops_actions.verdict import Decision, Verdict


def run(config: Config, *, caller: Caller, image: str | None = None, progress: Progress) -> Report:
    """Put a release on trial and give it the first weight of `deploy.steps`; a first release gets everything.

    Its lease lasts `lease_seconds` and one `step_seconds` more; when nobody promotes it by then, the next command restores
    the verified release.

    Returns:
        the report; outputs `release`, `url`, `image`.

    Raises:
        ReleaseConflictError: another release is on trial.
        OutsideError: it did not become ready; what served before still serves.
    """
    site = open_site(config, caller, progress=progress)
    release = begin(config, site, caller, image=image, progress=progress)
    weight = weights(config, has_stable=site.ledger.state.stable is not None)[0]
    with taken_back_on_trouble(site, release):
        release = site.ledger.weigh(release, weight)
        site.target.set_weight(weight)
    if left := what_runs_on(config, site, caller):
        progress(left)
    url = site.target.status().url
    verdict = Verdict(
        decision=Decision.PASS,
        reason="on_trial",
        sentence=f"Release {release.id} gets {weight} % of the traffic at {url}; judge it, then promote or roll back.",
    )
    rows: list[list[str | int | float | None]] = [[release.id, release.version, weight, url]]
    return Report(
        stage="deploy",
        model=config.model.id,
        verdict=verdict,
        tables=[Table(title="On trial", columns=["release", "version", "weight %", "url"], rows=rows)],
        facts={"release": release.model_dump(mode="json")},
        outputs={"release": str(release.id), "url": url, "image": release.artifact},
    )


def weights(config: Config, *, has_stable: bool) -> list[int]:
    """Return the weights to step through: a first release has nobody to share with."""
    return config.deploy.steps if has_stable else [100]
