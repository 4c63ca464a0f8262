"""The bundle of the release that serves, kept beside its records: what the next release is compared with."""

import shutil
from pathlib import Path

from mlops_actions.bundle import Bundle
from mlops_actions.config import Config
from mlops_actions.deploy.site import folder_of
from mlops_actions.errors import DataError, OutsideError
from mlops_actions.files import replaced_folder
from mlops_actions.progress import Progress
from mlops_actions.release import FileStore, Release


def keep(config: Config, release: Release, *, progress: Progress) -> None:
    """Keep the bundle of a release that was promoted, if it is the one in `.mlops/<model>/bundle`.

    What cannot be kept is said and stops nothing: the release serves already.
    """
    try:
        found = Bundle(config.work / "bundle").config().bundle_digest
    except DataError:
        found = ""
    if found != release.bundle_digest:
        progress(f"The bundle of release {release.id} is not here: the next release cannot be compared with it.")
        return
    try:
        with replaced_folder(_place(config)) as aside:
            shutil.copytree(config.work / "bundle", aside, dirs_exist_ok=True)
    except OutsideError as error:
        progress(f"The bundle of release {release.id} was not kept, so the next one cannot be compared: {error.what}")


def kept_base(config: Config, *, progress: Progress) -> Path | None:
    """Return the bundle of the verified release; None if nothing was released, or its bundle is not kept here."""
    store = FileStore(folder_of(config))
    verified = store.state().verified
    if verified is None:
        return None
    release, place = store.read(verified), _place(config)
    if not place.exists() or Bundle(place).config().bundle_digest != release.bundle_digest:
        progress(f"Release {release.id} serves, and its bundle is not kept here: it cannot be compared with.")
        return None
    progress(f"Comparing with release {release.id}, version {release.version}.")
    return place


def _place(config: Config) -> Path:
    return folder_of(config) / "bundle"
