"""Upload blobs and images: what is there is skipped, what another repository has is mounted, what broke is resumed."""

import contextlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import requests

from mlops_actions.errors import OutsideError
from mlops_actions.oci.descriptor import Descriptor
from mlops_actions.oci.image import Image
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.registry import BrokenTransferError, Registry
from mlops_actions.progress import Progress

MONOLITHIC = 4 << 20
"""Blobs up to this many bytes are sent in one PUT: nothing worth resuming."""
_FAILURES = 5
_OCTETS = {"Content-Type": "application/octet-stream"}
_TRY_AGAIN = (404, 416, 500, 502, 503, 504)

How = Literal["present", "mounted", "uploaded"]


@dataclass(frozen=True)
class Transfer:
    """How a blob got to the registry; `sent` counts bytes on the wire, repeats included."""

    descriptor: Descriptor
    how: How
    sent: int


def push_image(registry: Registry, layout: Layout, image: Image, tag: str, progress: Progress) -> list[Transfer]:
    """Push an image under its tag, layers first, so that a tag never names what is not there.

    Raises:
        ConfigError: not allowed.
        OutsideError: the registry does not answer.
    """
    transfers = []
    for descriptor in (*image.layers, image.config_descriptor):
        transfer = push_blob(registry, layout, descriptor)
        progress(f"{transfer.how} {descriptor.digest[7:19]} ({descriptor.size:,} bytes)")
        transfers.append(transfer)
    content = layout.read(image.descriptor)
    registry.put_manifest(content, image.descriptor.media_type, image.descriptor.digest)
    registry.put_manifest(content, image.descriptor.media_type, tag)
    return transfers


def push_blob(registry: Registry, layout: Layout, descriptor: Descriptor) -> Transfer:
    """Bring one blob to the registry in the cheapest way."""
    found = registry.ask("HEAD", registry.url(f"blobs/{descriptor.digest}"), ok=(200, 404))
    if found.status_code == 200:
        return Transfer(descriptor, "present", 0)
    location = _begin(registry, descriptor)
    if not location:
        return Transfer(descriptor, "mounted", 0)
    layout.check(descriptor)
    return Transfer(descriptor, "uploaded", _Upload(registry, layout, descriptor, location).send())


def _begin(registry: Registry, descriptor: Descriptor) -> str:
    """Start an upload and return where it goes; empty when the blob was mounted from another repository."""
    mount = {"mount": descriptor.digest, "from": registry.mount_from} if registry.mount_from else {}
    url = registry.url("blobs/uploads/") + (f"?{urlencode(mount)}" if mount else "")
    response = registry.ask("POST", url, ok=(201, 202), headers={"Content-Length": "0"})
    return "" if response.status_code == 201 else registry.absolute(response.headers["Location"])


class _Upload:
    """One upload of one blob.

    A large blob is streamed in one PATCH. After a break the registry is asked how far it got (GET gives a Range), and the rest
    follows with a Content-Range; a registry that has forgotten the upload gets it from the start.
    """

    def __init__(self, registry: Registry, layout: Layout, descriptor: Descriptor, location: str) -> None:
        self._registry, self._descriptor, self._location = registry, descriptor, location
        self._path = layout.blob(descriptor.digest)
        self._offset = self._sent = 0

    def send(self) -> int:
        """Send the blob and return the bytes that went out."""
        for left in reversed(range(_FAILURES)):
            try:
                self._attempt()
            except BrokenTransferError as error:
                if not left:
                    raise OutsideError(
                        f"The upload of {self._descriptor.digest[:19]} broke {_FAILURES} times. {error.what}",
                        why=error.why,
                        fix="run again: what arrived whole is kept.",
                    ) from None
                self._find_out()
            else:
                break
        return self._sent

    def _attempt(self) -> None:
        if self._descriptor.size <= MONOLITHIC:
            self._put(self._path.read_bytes())
            return
        if self._offset < self._descriptor.size:
            self._patch()
        self._put(b"")

    def _put(self, content: bytes) -> None:
        separator = "&" if "?" in self._location else "?"
        url = f"{self._location}{separator}{urlencode({'digest': self._descriptor.digest})}"
        response = self._registry.ask("PUT", url, ok=(201, *_TRY_AGAIN), data=content, headers=_OCTETS)
        self._sent += len(content)
        self._expect(response, 201)

    def _patch(self) -> None:
        last = self._descriptor.size - 1
        headers = {**_OCTETS, "Content-Range": f"{self._offset}-{last}"} if self._offset else _OCTETS
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            try:
                response = self._registry.ask(
                    "PATCH", self._location, ok=(202, *_TRY_AGAIN), data=stream, headers=headers
                )
            finally:
                self._sent += max(0, stream.tell() - self._offset)
        self._expect(response, 202)
        self._offset = self._descriptor.size
        self._location = self._registry.absolute(response.headers["Location"])

    def _expect(self, response: requests.Response, status: int) -> None:
        if response.status_code != status:
            raise BrokenTransferError(
                f"{self._registry.host} answered {response.status_code}.", why="it is overloaded."
            )

    def _find_out(self) -> None:
        """Ask how far the registry got; start anew where it cannot tell."""
        with contextlib.suppress(BrokenTransferError):
            response = self._registry.ask("GET", self._location, ok=(204, 400, *_TRY_AGAIN))
            self._offset = _received(response) if response.status_code == 204 else 0
            if not self._offset:
                self._location = _begin(self._registry, self._descriptor)
            elif "Location" in response.headers:
                self._location = self._registry.absolute(response.headers["Location"])


def _received(response: requests.Response) -> int:
    """Return how many bytes a status says are there; `0-0` is what registries say for none."""
    first, _, last = response.headers.get("Range", "").removeprefix("bytes=").partition("-")
    return int(last) + 1 if first == "0" and last.isdigit() and last != "0" else 0
