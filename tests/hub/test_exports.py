"""Export jobs are bounded in number and memory, and stop when dropped; with a slow exporter."""

import asyncio
import threading

import pytest

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub import exports as module
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.exports import Exports, TooManyExportsError, file_name
from keepsight.hub.record import redaction as redaction_module
from keepsight.hub.record.export import ExportError
from keepsight.hub.record.redaction import Redaction
from keepsight.seal.header import Stream
from keepsight.seal.ledger import LedgerError

CAMERA = Camera(
    b"c" * 16,
    "Hall / \\ ..: x",
    "",
    (StreamSource(Stream.MAIN, Destination("rtsp", "h", 1, "/")),),
    DeviceFacts(),
    RecordingRule(),
    1,
)


class SlowExporter:
    """Runs until it is told to stop."""

    running = threading.Semaphore(0)

    def export_in_memory(self, *_what, should_stop, **_more):
        self.running.release()
        while not should_stop():
            threading.Event().wait(0.01)
        raise ExportError("stopped")


def test_file_names_have_no_surprises():
    name = file_name(CAMERA, 0)
    assert name.endswith(".mp4")
    assert not set(name) & set('/\\:*?"<>|')


async def test_running_exports_are_bounded_and_can_be_dropped(home, monkeypatch):
    exports = Exports(home.household)
    monkeypatch.setattr(exports, "_exporter", lambda _job: SlowExporter())
    jobs = [
        await exports.start(CAMERA, Stream.MAIN, 1, 2, by="x") for _ in range(module.RUNNING_MAX)
    ]
    with pytest.raises(TooManyExportsError):
        await exports.start(CAMERA, Stream.MAIN, 1, 2, by="x")
    async with asyncio.timeout(30):
        for job in jobs:
            await exports.drop(job.writer)
    assert exports.jobs() == []
    assert all(job.state == "failed" for job in jobs)


async def test_exports_that_are_asked_for_at_once_are_bounded_too(home, monkeypatch):
    exports = Exports(home.household)
    monkeypatch.setattr(exports, "_exporter", lambda _job: SlowExporter())
    asked = [exports.start(CAMERA, Stream.MAIN, 1, 2, by="x") for _ in range(5)]
    made = await asyncio.gather(*asked, return_exceptions=True)
    begun = [one for one in made if isinstance(one, module.ExportJob)]
    refused = [one for one in made if isinstance(one, TooManyExportsError)]
    assert (len(begun), len(refused)) == (module.RUNNING_MAX, 5 - module.RUNNING_MAX)
    async with asyncio.timeout(30):
        await exports.stop()


async def test_films_that_are_to_be_changed_at_once_wait_for_each_other(home, monkeypatch):
    exports = Exports(home.household)
    monkeypatch.setattr(exports, "_exporter", lambda _job: SlowExporter())
    monkeypatch.setattr(redaction_module, "missing_protection", list)
    without_sound = Redaction(has_sound=False)
    asked = [
        exports.start(CAMERA, Stream.MAIN, 1, 2, by="x", redaction=without_sound) for _ in range(2)
    ]
    made = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(one) for one in made} == {module.ExportJob, TooManyExportsError}
    async with asyncio.timeout(30):
        await exports.stop()


async def test_an_export_whose_line_cannot_be_written_takes_up_no_place(home, monkeypatch):
    async def refuse(_entries):
        raise LedgerError("the disk is full")

    exports = Exports(home.household)
    monkeypatch.setattr(home.household.journal, "record", refuse)
    for _ in range(module.RUNNING_MAX + 1):
        with pytest.raises(LedgerError):
            await exports.start(CAMERA, Stream.MAIN, 1, 2, by="x")
    assert exports.jobs() == []


async def test_an_export_that_is_dropped_before_its_line_is_written_never_runs(home, monkeypatch):
    exports = Exports(home.household)
    monkeypatch.setattr(exports, "_exporter", lambda _job: pytest.fail("it ran"))
    starting = asyncio.ensure_future(exports.start(CAMERA, Stream.MAIN, 1, 2, by="x"))
    await asyncio.sleep(0)
    (waiting,) = exports.jobs()
    await exports.drop(waiting.writer)
    job = await starting
    assert (job, job.state, job.task, exports.jobs()) == (waiting, "failed", None, [])


async def test_finished_exports_are_forgotten_oldest_first(home, monkeypatch):
    class Quick:
        def export_in_memory(self, *_what, **_more):
            raise ExportError("nothing there")

    exports = Exports(home.household)
    monkeypatch.setattr(exports, "_exporter", lambda _job: Quick())
    for _ in range(module.KEPT_MAX + 3):
        job = await exports.start(CAMERA, Stream.MAIN, 1, 2, by="x")
        await job.task
    assert len(exports.jobs()) == module.KEPT_MAX
    assert exports.jobs()[0].message == "nothing there"
    assert exports.window(job.writer) is None


async def test_a_defect_is_said_without_its_insides(home, monkeypatch):
    class Broken:
        def export_in_memory(self, *_what, **_more):
            raise ZeroDivisionError("secret detail")

    exports = Exports(home.household)
    monkeypatch.setattr(exports, "_exporter", lambda _job: Broken())
    job = await exports.start(CAMERA, Stream.MAIN, 1, 2, by="x")
    await job.task
    assert job.state == "failed"
    assert "secret detail" not in job.message
