"""Goal: what is durable is listed, exactly once, whatever the index does. Method: a real index that
is made to refuse, and stand-ins for growing segments."""

import pytest
from sqlalchemy.exc import OperationalError

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record import catalogue as catalogue_module
from keepsight.hub.record.catalogue import Catalogue
from keepsight.hub.recording import FragmentRef, Gap, Segment
from keepsight.hub.store.recordings import open_recording_store
from keepsight.seal.header import Kind, Stream

HOUSEHOLD, CAMERA, MAIN = b"\1" * 16, b"\2" * 16, Stream.MAIN
ALL = (0, 1 << 62)


class Film:
    def __init__(self, start_us, count=1):
        self.writer = start_us.to_bytes(16)
        self.start_us, self.count = start_us, count

    def durable(self):
        refs = tuple(FragmentRef(n, Kind.GOP, self.start_us, 5) for n in range(self.count))
        return Segment(
            CAMERA, MAIN, self.writer, 1, self.start_us, self.start_us + 60, "avc1", 1, 1, refs,
            is_growing=True,
        )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    made = open_recording_store(tmp_path / "recordings.db", HOUSEHOLD)
    yield made
    made.close()


def refuse(*_):
    raise OperationalError("INSERT", {}, OSError("database or disk is full"))


def test_growing_then_finished_is_listed_once(store):
    catalogue, film = Catalogue(HOUSEHOLD, store), Film(100)
    catalogue.grow(film)
    assert [s.is_growing for s in catalogue.segments(CAMERA, MAIN, *ALL)] == [True]
    assert catalogue.is_open(film.writer)
    assert catalogue.find([film.writer])[film.writer].is_growing
    catalogue.finish(film, is_named=True)
    assert [s.is_growing for s in catalogue.segments(CAMERA, MAIN, *ALL)] == [False]
    assert not catalogue.is_open(film.writer)
    assert not catalogue.find([film.writer, b"unknown"])[film.writer].is_growing


def test_ranges_and_streams_are_respected_for_growing_ones_too(store):
    catalogue = Catalogue(HOUSEHOLD, store)
    catalogue.grow(Film(100))
    catalogue.grow(Film(300))
    assert [s.start_us for s in catalogue.segments(CAMERA, MAIN, 0, 400)] == [100, 300]
    assert [s.start_us for s in catalogue.segments(CAMERA, MAIN, 160, 400)] == [300]
    assert [s.start_us for s in catalogue.brief(CAMERA, MAIN, 0, 300)] == [100]
    assert catalogue.segments(CAMERA, Stream.SUB, *ALL) == []
    assert catalogue.segments(b"\3" * 16, MAIN, *ALL) == []


def test_what_has_nothing_durable_is_not_listed(store):
    catalogue, film = Catalogue(HOUSEHOLD, store), Film(100, count=0)
    catalogue.grow(film)
    assert catalogue.segments(CAMERA, MAIN, *ALL) == []
    assert catalogue.finish(film, is_named=True) is None
    assert not catalogue.is_open(film.writer)


def test_when_the_index_refuses_everything_waits_and_comes_in_order(store, monkeypatch, caplog):
    catalogue, film = Catalogue(HOUSEHOLD, store), Film(100)
    catalogue.grow(film)
    with monkeypatch.context() as patch:
        for name in ("add", "open_gap", "close_gaps"):
            patch.setattr(store, name, refuse)
        catalogue.finish(film, is_named=True)
        catalogue.open_gap(CAMERA, MAIN, Gap(160, None, BreakReason.SILENT))
        catalogue.close_gaps(CAMERA, MAIN, 200)
        catalogue.retry()
        assert catalogue.is_index_failing
        assert len(catalogue.segments(CAMERA, MAIN, *ALL)) == 1
    assert caplog.text.count("refuses changes") == 1
    catalogue.retry()
    assert not catalogue.is_index_failing
    assert len(catalogue.segments(CAMERA, MAIN, *ALL)) == 1
    assert len(store.segments(HOUSEHOLD, CAMERA, MAIN, *ALL)) == 1
    assert catalogue.gaps(CAMERA, MAIN, *ALL) == [Gap(160, 200, BreakReason.SILENT)]


def test_what_waits_is_bounded(store, monkeypatch):
    monkeypatch.setattr(catalogue_module, "WAITING_MAX", 3)
    catalogue = Catalogue(HOUSEHOLD, store)
    with monkeypatch.context() as patch:
        patch.setattr(store, "open_gap", refuse)
        for start_us in range(10):
            catalogue.open_gap(CAMERA, MAIN, Gap(start_us, start_us + 1, BreakReason.SILENT))
    catalogue.retry()
    assert [gap.start_us for gap in catalogue.gaps(CAMERA, MAIN, *ALL)] == [7, 8, 9]


def test_a_file_without_its_final_name_is_listed_until_recovery(store):
    catalogue, film = Catalogue(HOUSEHOLD, store), Film(100)
    catalogue.grow(film)
    assert catalogue.finish(film, is_named=False).is_growing
    assert len(catalogue.segments(CAMERA, MAIN, *ALL)) == 1
    assert store.segments(HOUSEHOLD, CAMERA, MAIN, *ALL) == []
