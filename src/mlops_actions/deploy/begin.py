"""The beginning of every deploy, whoever goes on from there: record first, then servers, no traffic yet."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

from mlops_actions.config import Config
from mlops_actions.deploy.fetch import fetch
from mlops_actions.deploy.processes import is_gone
from mlops_actions.deploy.site import Caller, Site
from mlops_actions.errors import ConfigError, MlopsError, ReleaseConflictError
from mlops_actions.progress import Progress
from mlops_actions.release import Release, Status, Track, recover, take_back


def begin(config: Config, site: Site, caller: Caller, *, image: str | None, progress: Progress) -> Release:
    """Put an image on trial: recorded, running on the canary track, ready, without traffic.

    Args:
        config: mlops.yaml.
        site: the environment.
        caller: who deploys.
        image: `oci:PATH` or a registry's `NAME@sha256:DIGEST`; None: what build-push wrote.
        progress: told what happens.

    Raises:
        ReleaseConflictError: another release is on trial.
        OutsideError: the release did not become ready; what served before still serves.
    """
    recover(site.ledger, site.target, gone=is_gone, progress=progress)
    artifact = fetch(image, config, site.images, credentials=caller.credentials, progress=progress)
    release = site.ledger.begin(_draft(config, site, caller, artifact))
    progress(
        f"Release {release.id} is version {release.version}, bundle {release.bundle_digest[:19]}, image {artifact.rpartition('@')[2][:19]}."
    )
    with taken_back_on_trouble(site, release, failed=True):
        stable = site.ledger.release(site.ledger.state.stable)
        if stable is not None:
            site.target.apply(stable, Track.STABLE)
            site.ledger.renew(release)  # it may have had to be started, which takes a while
        site.target.apply(release, Track.CANARY)
    progress(f"Release {release.id} is ready and reproduces its golden rows.")
    if site.replayed:
        progress(site.replayed)
    return release


@contextlib.contextmanager
def taken_back_on_trouble(site: Site, release: Release, *, failed: bool = False) -> Iterator[None]:
    """Restore what served before, and record it, when the block ends in an error, a Ctrl-C or a SIGTERM.

    If somebody else changed the environment meanwhile, nothing of theirs is touched.
    """
    try:
        yield
    except ReleaseConflictError:
        raise
    except BaseException as error:
        take_back(site.ledger, site.target, release, reason=_said(error), failed=failed)
        raise


def _said(error: BaseException) -> str:
    if isinstance(error, MlopsError):
        return error.what
    return "interrupted" if isinstance(error, KeyboardInterrupt) else f"interrupted by {type(error).__name__}: {error}"


def _draft(config: Config, site: Site, caller: Caller, artifact: str) -> Release:
    identity = site.images.bundle(artifact).verify()
    if identity.id != config.model.id:
        raise ConfigError(
            f"The image holds the model {identity.id}, and mlops.yaml is about {config.model.id}.",
            why="the image of another model was given.",
            fix="build this model's image, or name another --config.",
        )
    return Release(
        id=0,
        model=identity.id,
        environment=config.deploy.environment,
        version=identity.version,
        bundle_digest=identity.bundle_digest,
        artifact=artifact,
        status=Status.PENDING,
        created=datetime.now(UTC),
        by=caller.by,
        run_url=caller.run_url,
        git_commit=identity.git_commit,
    )
