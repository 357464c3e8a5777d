"""The real lab in its real confinement, over a small app of our own; and what ends it early."""

import asyncio
import io
import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from keepsight.hub.checks import examination, intake
from keepsight.hub.checks.examination import Examination, subject_paths
from keepsight.hub.checks.intake import Intake
from keepsight.hub.inspection import FailureReason, GivenFile
from keepsight.hub.walls.confine import missing_protection
from tests.lab.synthetic.article import article_app
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(
    bool(missing_protection()), reason=f"NOT TESTED: no {missing_protection()} on this kernel"
)


def examination_of(folder, **contents):
    place = Intake(folder / "check")
    place.begin(0)
    files = []
    for number, (name, content) in enumerate(contents.items()):
        files.append(GivenFile(name.replace("__", "."), len(content)))
        place.append(number, 0, content, files[-1])
    (folder / "keys").mkdir()
    return Examination(place, files, folder / "keys")


async def test_a_real_app_gives_a_report_and_progress(tmp_path):
    told = []
    examined = await examination_of(tmp_path, home__apk=article_app()).run(
        lambda share, name: told.append((share, name))
    )
    assert examined.reason is None
    assert examined.report.summary.title == "home.apk"
    assert examined.report.summary.violated > 5
    assert told == [(0.0, ""), (1.0, "home.apk")]
    held = examined.confinement
    assert (held.seccomp, held.landlock >= 1) == (True, True)
    report = json.loads(examined.report.contents["json"])
    assert report["artefacts"][0]["path"] == "home.apk"
    assert examined.report.contents["html"].startswith(b"<!doctype html>")
    assert str(tmp_path).encode() not in b"".join(examined.report.contents.values())


async def test_a_bomb_is_said_to_be_unread(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("classes.dex", bytes(600 << 20))
    examined = await examination_of(tmp_path, bomb__apk=packed.getvalue()).run(lambda *_: None)
    assert examined.report is not None
    assert examined.report.summary.unread >= 1
    assert examined.report.summary.overall is None


async def test_nonsense_is_said_to_be_unread(tmp_path):
    examined = await examination_of(tmp_path, a__pcap=b"nonsense", b__xyz=b"?").run(lambda *_: None)
    assert examined.report.summary.unread == 2
    assert examined.report.summary.overall is None


async def test_it_can_be_ended_at_any_time(tmp_path):
    found = examination_of(tmp_path, home__apk=article_app())
    running = asyncio.ensure_future(found.run(lambda *_: None))
    async with asyncio.timeout(40):
        while found._group is None:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.01)
    found.end(FailureReason.CANCELLED)
    examined = await asyncio.wait_for(running, 40)
    assert (examined.report, examined.reason) == (None, FailureReason.CANCELLED)


async def test_ended_before_it_began(tmp_path):
    found = examination_of(tmp_path, home__apk=article_app())
    found.end(FailureReason.INTERRUPTED)
    assert (await found.run(lambda *_: None)).reason is FailureReason.INTERRUPTED


@pytest.mark.parametrize("reason", [FailureReason.TOO_SLOW, FailureReason.DISK_FULL])
async def test_time_and_disk_are_watched(tmp_path, monkeypatch, reason):
    monkeypatch.setattr(examination, "WATCH_SECONDS", 0.01)
    found = examination_of(tmp_path, home__apk=article_app())
    if reason is FailureReason.TOO_SLOW:
        found.wall_seconds_max = 0.0
    else:
        found.free_bytes_min = intake.free_bytes(tmp_path) + (1 << 40)
    assert (await found.run(lambda *_: None)).reason is reason


async def test_a_lab_that_cannot_start_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "readable_paths", lambda _: (str(tmp_path / "nowhere"),))
    found = examination_of(tmp_path, home__apk=article_app())
    assert (await found.run(lambda *_: None)).reason is FailureReason.NOT_CONFINED


async def test_a_lab_that_dies_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "MEMORY_BYTES_MAX", 48 << 20)
    found = examination_of(tmp_path, home__apk=article_app())
    assert (await found.run(lambda *_: None)).reason is FailureReason.DIED


def test_what_the_lab_is_told_to_look_at(tmp_path):
    names = [("d", "sub", "dossier.toml"), ("d", "app.apk"), ("d", "dossier.toml")]
    assert subject_paths(tmp_path, names) == [str(tmp_path / "d")]
    assert subject_paths(tmp_path, names[1:2]) == [str(tmp_path / "d" / "app.apk")]
    assert subject_paths(tmp_path, [("dossier.toml",)]) == [str(tmp_path)]


HUB = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.hub.checks.test_examination import examination_of

async def main():
    found = examination_of(Path(sys.argv[1]), a__md=b"text")
    command = found._prepare()
    confined = command[: command.index("--") + 1]
    found._prepare = lambda: [*confined, sys.executable, "-c", "import time; time.sleep(60)"]
    running = asyncio.ensure_future(found.run(lambda *_: None))
    while found._confinement is None:
        await asyncio.sleep(0.01)
    print(found._group, flush=True)
    await running

asyncio.run(main())
"""


async def test_the_lab_ends_with_a_hub_that_is_killed(tmp_path):
    command = [sys.executable, "-c", HUB, str(tmp_path), str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        lab = int(process.stdout.readline())
        assert is_alive(lab)
        process.send_signal(signal.SIGKILL)
    async with asyncio.timeout(40):
        while is_alive(lab):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.02)


def is_alive(process_id):
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")
