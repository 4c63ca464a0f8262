"""Artifacts through act's own artifact server, the way actions/upload-artifact and download-artifact do it: artifacts.py upload|download.

npm's @actions/artifact cannot talk to act 0.2.89: its Azure client drops the padding (`=`) of the signature in the upload's
address, which act needs to decode it, and later versions send a field (`mime_type`) that act refuses. And act calls every
artifact number 1. So this speaks the same protocol (Twirp, JSON) with the standard library, and numbers artifacts itself.
"""

import base64
import hashlib
import io
import json
import os
import secrets
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

SERVICE = "twirp/github.actions.results.api.v1.ArtifactService"
IDS = Path(os.environ["STANDIN_IDS"])


def call(method: str, body: dict[str, Any]) -> Any:
    """Call the service for this run."""
    token = os.environ["ACTIONS_RUNTIME_TOKEN"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    (scope,) = [part for part in claims["scp"].split() if part.startswith("Actions.Results:")]
    _, run, job = scope.split(":")
    request = urllib.request.Request(
        f"{os.environ['ACTIONS_RESULTS_URL'].rstrip('/')}/{SERVICE}/{method}",
        data=json.dumps({"workflow_run_backend_id": run, "workflow_job_run_backend_id": job, **body}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def listed(lines: str) -> tuple[Path, list[Path]]:
    """Return the root and the files of an upload: the root is what all given paths have in common."""
    given = [Path(line.strip()).absolute() for line in lines.splitlines() if line.strip()]
    root = Path(os.path.commonpath(given)) if len(given) > 1 or given[0].is_dir() else given[0].parent
    found = [file for path in given for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return root, [file for file in found if file.is_file()]


def visible(file: Path) -> bool:
    """Say whether the real action would take a file without include-hidden-files."""
    return not any(part.startswith(".") for part in file.relative_to(Path.cwd()).parts)


def upload(name: str, path: str, hidden: str, empty: str) -> None:
    """Pack, send, and say the artifact's number."""
    root, files = listed(path)
    files = [file for file in files if hidden == "true" or visible(file)]
    if not files:
        print(f"No files were found with the provided path: {path}")
        sys.exit(1 if empty == "error" else 0)
    content = packed(root, files)
    try:
        (IDS / name).touch(exist_ok=False)
    except FileExistsError:
        sys.exit(f"an artifact with this name already exists on the workflow run: {name}")
    address = call("CreateArtifact", {"name": name, "version": 4})["signedUploadUrl"]
    block = urllib.request.Request(f"{address}&comp=block", data=content, method="PUT")
    urllib.request.urlopen(block, timeout=60).close()
    digest = hashlib.sha256(content).hexdigest()
    call("FinalizeArtifact", {"name": name, "size": str(len(content)), "hash": f"sha256:{digest}"})
    number = str(secrets.randbelow(9 * 10**9) + 10**9)
    (IDS / number).write_text(json.dumps({"name": name, "digest": digest}))
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as outputs:
        outputs.write(f"artifact-id={number}\n")


def packed(root: Path, files: list[Path]) -> bytes:
    """Return a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(root))
    return buffer.getvalue()


def download(number: str, path: str) -> None:
    """Fetch by number, compare the digest, unpack."""
    known = json.loads((IDS / number).read_text())
    address = call("GetSignedArtifactURL", {"name": known["name"]})["signedUrl"]
    with urllib.request.urlopen(address, timeout=60) as answer:
        content = answer.read()
    assert hashlib.sha256(content).hexdigest() == known["digest"], "digest mismatch"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(path)


if __name__ == "__main__":
    if sys.argv[1] == "upload":
        upload(*sys.argv[2:])
    else:
        download(*sys.argv[2:])
