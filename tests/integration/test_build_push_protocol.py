"""The registry client against a small registry on loopback: tokens, broken transfers, wrong answers."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_actions.errors import ConfigError, DataError, ExitCode, OutsideError
from mlops_actions.oci.descriptor import LAYER, MANIFEST, Descriptor
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.push import MONOLITHIC, push_blob
from mlops_actions.oci.registry import Registry
from support.small_registry import TOKEN, SmallRegistry, small_registry

LARGE = random.Random(0).randbytes(MONOLITHIC + 500_000)


@pytest.fixture
def server() -> Iterator[SmallRegistry]:
    with small_registry() as found:
        yield found


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout.create(tmp_path / "layout")


def client(server: SmallRegistry, *, credentials: tuple[str, str] = ("", ""), mount_from: str = "") -> Registry:
    return Registry(server.host, "name", credentials=credentials, plain_http=True, push=True, mount_from=mount_from)


def uploads(server: SmallRegistry) -> list[str]:
    return [line.split()[0] for line in server.asked if "/blobs/uploads/" in line]


def test_a_small_blob_takes_one_put_and_is_then_known(server: SmallRegistry, layout: Layout) -> None:
    blob = layout.add(b"small", LAYER)
    assert (push_blob(client(server), layout, blob).how, uploads(server)) == ("uploaded", ["POST", "PUT"])
    assert push_blob(client(server), layout, blob).how == "present"
    assert server.blobs == {blob.digest: b"small"}


def test_a_large_blob_is_streamed(server: SmallRegistry, layout: Layout) -> None:
    blob = layout.add(LARGE, LAYER)
    assert push_blob(client(server), layout, blob).sent == len(LARGE)
    assert uploads(server) == ["POST", "PATCH", "PUT"]
    assert server.blobs[blob.digest] == LARGE


def test_a_cut_upload_goes_on_where_the_registry_says(server: SmallRegistry, layout: Layout) -> None:
    blob = layout.add(LARGE, LAYER)
    server.cuts = [1_000_000, 2_000_000]
    assert push_blob(client(server), layout, blob).how == "uploaded"
    assert uploads(server) == ["POST", "PATCH", "GET", "PATCH", "GET", "PATCH", "PUT"]
    assert server.blobs[blob.digest] == LARGE


def test_an_upload_cut_before_its_first_byte_starts_anew(server: SmallRegistry, layout: Layout) -> None:
    blob = layout.add(LARGE, LAYER)
    server.cuts = [0]
    push_blob(client(server), layout, blob)
    assert uploads(server) == ["POST", "PATCH", "GET", "POST", "PATCH", "PUT"]


def test_an_upload_that_was_forgotten_starts_anew(server: SmallRegistry, layout: Layout) -> None:
    blob = layout.add(LARGE, LAYER)
    server.cuts, server.forgets = [1_000_000], True
    push_blob(client(server), layout, blob)
    assert uploads(server) == ["POST", "PATCH", "GET", "POST", "PATCH", "PUT"]
    assert server.blobs[blob.digest] == LARGE


def test_an_overloaded_registry_is_asked_again(server: SmallRegistry, layout: Layout) -> None:
    server.cuts = [-1]
    push_blob(client(server), layout, layout.add(LARGE, LAYER))
    assert uploads(server) == ["POST", "PATCH", "GET", "POST", "PATCH", "PUT"]


def test_an_upload_that_always_breaks_is_given_up(server: SmallRegistry, layout: Layout) -> None:
    server.cuts = [100_000] * 20
    with pytest.raises(OutsideError, match="broke 5 times") as error:
        push_blob(client(server), layout, layout.add(LARGE, LAYER))
    assert error.value.exit_code is ExitCode.OUTSIDE_UNAVAILABLE
    assert server.blobs == {}


def test_a_blob_that_was_changed_is_not_sent(server: SmallRegistry, layout: Layout) -> None:
    blob = layout.add(b"right", LAYER)
    layout.blob(blob.digest).write_bytes(b"wrong")
    with pytest.raises(DataError, match="The blob"):
        push_blob(client(server), layout, blob)
    assert server.blobs == {}


def test_a_token_is_fetched_once_with_all_scopes(server: SmallRegistry, layout: Layout) -> None:
    server.login = ("robot", "pass:word")
    registry = client(server, credentials=("robot", "pass:word"), mount_from="bases/python")
    push_blob(registry, layout, layout.add(LARGE, LAYER))
    push_blob(registry, layout, layout.add(b"small", LAYER))
    tokens = [line for line in server.asked if line.startswith("token")]
    assert tokens == ["token repository:name:pull,push repository:bases/python:pull"]
    assert len(server.blobs) == 2


def test_a_token_that_expires_in_the_middle_is_renewed_and_the_body_sent_again(
    server: SmallRegistry, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.login = ("robot", "x")
    registry = client(server, credentials=("robot", "x"))
    blob = layout.add(LARGE, LAYER)
    registry.ask("HEAD", registry.url("blobs/sha256:0"), ok=(404,))
    monkeypatch.setattr("support.small_registry.TOKEN", f"{TOKEN}-2")
    push_blob(registry, layout, blob)
    assert server.blobs[blob.digest] == LARGE


@pytest.mark.parametrize("credentials", [("", ""), ("robot", "hunter2")])
def test_wrong_credentials_are_refused_and_never_shown(
    server: SmallRegistry, layout: Layout, credentials: tuple[str, str]
) -> None:
    server.login = ("robot", "right")
    with pytest.raises(ConfigError, match="did not accept the credentials") as error:
        push_blob(client(server, credentials=credentials), layout, layout.add(b"x", LAYER))
    assert "hunter2" not in str(error.value)


def test_pulled_blobs_are_checked_and_tried_again(server: SmallRegistry, layout: Layout) -> None:
    blob = Descriptor.of(b"content", LAYER)
    server.blobs[blob.digest] = b"content"
    server.spoils = 2
    client(server).pull(blob, layout)
    assert layout.read(blob) == b"content"


def test_a_blob_that_is_always_wrong_is_not_kept(server: SmallRegistry, layout: Layout) -> None:
    blob = Descriptor.of(b"content", LAYER)
    server.blobs[blob.digest] = b"content"
    server.spoils = 99
    with pytest.raises(OutsideError, match="delivered sha256"):
        client(server).pull(blob, layout)
    assert not layout.has(blob.digest)
    assert list(layout.blob(blob.digest).parent.iterdir()) == []


def test_a_manifest_is_checked_against_its_digest(server: SmallRegistry) -> None:
    digest = "sha256:" + "0" * 64
    server.manifests[digest] = (MANIFEST, b"{}")
    with pytest.raises(DataError, match="with something else"):
        client(server).manifest(digest)


def test_what_is_no_manifest_is_said(server: SmallRegistry) -> None:
    server.manifests["v1"] = ("text/html", b"<html>")
    with pytest.raises(DataError, match="is no image manifest, but text/html"):
        client(server).manifest("v1")


def test_a_tag_that_is_not_there_is_said(server: SmallRegistry) -> None:
    with pytest.raises(ConfigError, match="has no name/manifests/v9"):
        client(server).manifest("v9")


def test_nobody_listening_is_outside(layout: Layout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    registry = Registry(host, "name", plain_http=True)
    with pytest.raises(OutsideError, match=r"cannot be reached: .*refused"):
        registry.manifest("v1")


def test_plain_http_has_to_be_asked_for(server: SmallRegistry) -> None:
    with pytest.raises(OutsideError, match="does not speak TLS") as error:
        Registry(server.host, "name").manifest("v1")
    assert "plain_http" in error.value.fix
