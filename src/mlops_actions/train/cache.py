"""Earlier runs by input digest: `<cache>/<digest>/` is a bundle as train wrote it. Only whole ones are ever there."""

import shutil
from pathlib import Path

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.errors import DataError, OutsideError
from mlops_actions.files import explained, replaced_folder
from mlops_actions.git import Revision
from mlops_actions.progress import Progress


def entry(cache: Path, digest: str) -> Path:
    """Return where the run with these inputs is kept."""
    return cache / digest.removeprefix("sha256:")


def restore(cache: Path, digest: str, path: Path, revision: Revision, progress: Progress) -> ModelConfig | None:
    """Copy an earlier run to `path`, under today's version and commit; None if there is none that is whole."""
    kept = Bundle(entry(cache, digest))
    if not kept.path.is_dir() or not _is_whole(kept, digest, progress):
        return None
    with replaced_folder(path) as aside, explained(path):
        shutil.copytree(kept.path, aside, dirs_exist_ok=True)
        bundle = Bundle(aside)
        config = bundle.config()
        today = config.model_copy(update={"version": revision.version, "git_commit": revision.commit})
        return bundle.write_config(today, seal=config.framework == "opaque")


def _is_whole(kept: Bundle, digest: str, progress: Progress) -> bool:
    try:
        config = kept.config()
        whole = config.input_digest == digest and not kept.changed_files()
    except DataError as error:
        progress(str(error))
        whole = False
    if not whole:
        progress(f"The earlier run at {kept.path} is damaged and not used: training again.")
    return whole


def keep(cache: Path, digest: str, path: Path, progress: Progress) -> None:
    """Copy a bundle into the cache. A cache that cannot be written costs the next run its time, not this one its model."""
    try:
        with replaced_folder(entry(cache, digest)) as aside, explained(aside):
            shutil.copytree(path, aside, dirs_exist_ok=True)
    except OutsideError as error:
        progress(f"This run is not kept for another time: {error.what}")
