"""Layers depend on content alone; unpacking gives back what was packed, and nothing leads outside the folder."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_actions.errors import DataError
from mlops_actions.oci.descriptor import CONFIG, LAYER, LAYER_GZIP, MANIFEST, Descriptor
from mlops_actions.oci.image import Image, read_image
from mlops_actions.oci.layer import Layer, tree, write_layer
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.unpack import unpack


def image(layout: Layout, layers: list[Layer]) -> Image:
    """Write config, manifest and index of an image of these layers."""
    rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    config = layout.add_json({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}, CONFIG)
    content = {
        "schemaVersion": 2,
        "config": config.to_json(),
        "layers": [layer.descriptor.to_json() for layer in layers],
    }
    layout.write_index(layout.add_json(content, MANIFEST))
    return read_image(layout, "amd64")


def tar_layer(layout: Layout, entries: list[tuple[tarfile.TarInfo, bytes]]) -> Layer:
    """Add a layer with just these entries."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    descriptor = layout.add(buffer.getvalue(), LAYER)
    return Layer(descriptor, descriptor.digest)


def entry(
    name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> tuple[tarfile.TarInfo, bytes]:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.mode = kind, link, mode
    return found, content


def unpacked(tmp_path: Path, *layers: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    layout = Layout.create(tmp_path / "layout")
    root = tmp_path / "root"
    root.mkdir()
    unpack(layout, image(layout, [tar_layer(layout, entries) for entries in layers]), root)
    return root


@pytest.mark.parametrize("compress", [True, False])
def test_time_mode_and_order_do_not_matter(tmp_path: Path, compress: bool) -> None:
    digests = []
    for number, names in enumerate((["b", "a/x", "a-b"], ["a-b", "a/x", "b"])):
        source = tmp_path / str(number)
        for name in names:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(f"content of {name}")
            (source / name).chmod(0o600 if number else 0o755)
            os.utime(source / name, (number, number))
        layout = Layout.create(tmp_path / f"layout{number}")
        digests.append(write_layer(layout, tree(source, "app"), compress=compress))
    assert digests[0] == digests[1]


@settings(max_examples=20)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}/[a-zé. ]{1,120}[a-z]", fullmatch=True), st.binary(max_size=50), max_size=5
    )
)
def test_what_is_packed_is_unpacked(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    folder = tmp_path_factory.mktemp("x")
    layout, root = Layout.create(folder / "layout"), folder / "root"
    root.mkdir()
    unpack(layout, image(layout, [write_layer(layout, files, compress=True)]), root)
    assert {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()} == files


def test_the_diff_id_is_that_of_the_tar_inside(tmp_path: Path) -> None:
    layout = Layout.create(tmp_path)
    packed, plain = (write_layer(layout, {"a": b"1"}, compress=compress) for compress in (True, False))
    assert packed.diff_id == plain.diff_id == plain.descriptor.digest
    assert gzip.decompress(layout.read(packed.descriptor)) == layout.read(plain.descriptor)
    assert (packed.descriptor.media_type, plain.descriptor.media_type) == (LAYER_GZIP, LAYER)


@pytest.mark.parametrize(
    "entries",
    [
        [entry("../evil")],
        [entry("a/../../evil")],
        [entry("/evil")],
        [entry("link", kind=tarfile.LNKTYPE, link="../../evil")],
        [entry("link", kind=tarfile.LNKTYPE, link="/etc/passwd")],
        [entry("link", kind=tarfile.LNKTYPE, link="missing")],
        [entry("out", kind=tarfile.SYMTYPE, link="/etc/hostname"), entry("link", kind=tarfile.LNKTYPE, link="out")],
        [entry(".wh...")],
        [entry(".wh.")],
        [entry("a", kind=tarfile.SYMTYPE, link="b"), entry("b", kind=tarfile.SYMTYPE, link="a"), entry("a/x")],
    ],
)
def test_what_leads_outside_is_refused(tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    (tmp_path / "evil").write_text("untouched")
    with pytest.raises(DataError):
        unpacked(tmp_path, entries)
    assert (tmp_path / "evil").read_text() == "untouched"


@pytest.mark.parametrize("target", ["/", "..", "../..", "../../../../../../..", "/etc/..", "a/../../.."])
def test_links_that_lead_outside_lead_to_the_images_root(tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_text("untouched")
    root = unpacked(
        tmp_path,
        [entry("a", kind=tarfile.DIRTYPE, mode=0o755), entry("up", kind=tarfile.SYMTYPE, link=target)],
        [entry("up/file", b"inside")],
    )
    assert (tmp_path / "file").read_text() == "untouched"
    assert (root / "file").read_bytes() == b"inside"


def test_a_file_replaces_a_link_instead_of_writing_through_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    root = unpacked(tmp_path, [entry("a", kind=tarfile.SYMTYPE, link=str(outside))], [entry("a", b"new")])
    assert outside.read_text() == "untouched"
    assert (root / "a").read_bytes() == b"new"
    assert not (root / "a").is_symlink()


def test_a_whiteout_reaches_only_into_the_image(tmp_path: Path) -> None:
    outside = tmp_path / "folder"
    outside.mkdir()
    (outside / "kept").write_text("untouched")
    unpacked(tmp_path, [entry("a", kind=tarfile.SYMTYPE, link=str(outside))], [entry("a/.wh.kept")], [entry(".wh.a")])
    assert (outside / "kept").read_text() == "untouched"


def test_whiteouts_hide_lower_layers_and_not_their_own(tmp_path: Path) -> None:
    lower = [entry("d/old", b"1"), entry("d/kept", b"1"), entry("e/old", b"1"), entry("e/sub/x", b"1")]
    upper = [
        entry("d/.wh.old"),
        entry("d/.wh.never"),
        entry("e/new", b"2"),
        entry("e/.wh..wh..opq"),
        entry("e/late", b"2"),
    ]
    root = unpacked(tmp_path, lower, upper)
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*")) == [
        "d",
        "d/kept",
        "e",
        "e/late",
        "e/new",
    ]


def test_upper_layers_replace_files_folders_and_links(tmp_path: Path) -> None:
    lower = [entry("a", b"file"), entry("b/x", b"1"), entry("c", kind=tarfile.SYMTYPE, link="a")]
    upper = [entry("a", kind=tarfile.DIRTYPE, mode=0o755), entry("a/y", b"2"), entry("b", b"file"), entry("c", b"own")]
    root = unpacked(tmp_path, lower, upper)
    assert (root / "a" / "y").read_bytes() == b"2"
    assert (root / "b").read_bytes() == b"file"
    assert (root / "c").read_bytes() == b"own"


def test_set_user_id_devices_and_fifos_are_left_out(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [
            entry("su", b"x", mode=0o4755),
            entry("tmp", kind=tarfile.DIRTYPE, mode=0o1777),
            entry("null", kind=tarfile.CHRTYPE),
            entry("pipe", kind=tarfile.FIFOTYPE),
            entry("copy", kind=tarfile.LNKTYPE, link="su"),
        ],
    )
    assert sorted(path.name for path in root.iterdir()) == ["copy", "su", "tmp"]
    assert (root / "su").stat().st_mode & 0o7777 == 0o755
    assert (root / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert (root / "copy").samefile(root / "su")


def damage_blob(layout: Layout, layer: Layer) -> Layer:
    layout.blob(layer.descriptor.digest).write_bytes(b"other")
    return layer


def no_tar(layout: Layout, _: Layer) -> Layer:
    descriptor = layout.add(b"x" * 5000, LAYER)
    return Layer(descriptor, descriptor.digest)


def no_gzip(layout: Layout, _: Layer) -> Layer:
    return Layer(layout.add(b"x" * 5000, LAYER_GZIP), "sha256:" + "0" * 64)


def cut_gzip(layout: Layout, layer: Layer) -> Layer:
    cut = gzip.compress(os.urandom(20000))[:9000]
    return Layer(layout.add(cut, LAYER_GZIP), layer.diff_id)


def another_diff_id(_: Layout, layer: Layer) -> Layer:
    return Layer(layer.descriptor, "sha256:" + "0" * 64)


def another_kind(layout: Layout, layer: Layer) -> Layer:
    return Layer(layout.add(b"x", f"{LAYER}+zstd"), layer.diff_id)


@pytest.mark.parametrize("damage", [damage_blob, no_tar, no_gzip, cut_gzip, another_diff_id, another_kind])
def test_a_damaged_layer_is_said(tmp_path: Path, damage: Callable[[Layout, Layer], Layer]) -> None:
    layout = Layout.create(tmp_path / "layout")
    (tmp_path / "root").mkdir()
    layer = damage(layout, write_layer(layout, {"a": b"1"}, compress=False))
    with pytest.raises(DataError):
        unpack(layout, image(layout, [layer]), tmp_path / "root")


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:" + "0" * 63, "sha512:" + "0" * 64, "sha256:../../../etc", None, 3]
)
def test_a_digest_is_never_a_path(digest: object) -> None:
    with pytest.raises(DataError, match="not a sha256 digest"):
        Descriptor.from_json({"mediaType": LAYER, "digest": digest, "size": 1})
