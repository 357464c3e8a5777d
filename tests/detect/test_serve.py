"""Serving: goal: the desk does what messages say; an unread hub does not block the end.

Method: the serving loop on real pipes in this process; the child process is in test_main.
"""

import base64
import json
import os
import threading

import pytest

from keepsight.core.clock import SystemClock
from keepsight.detect.crew import Crew
from keepsight.detect.serve import Desk, serve
from keepsight.detect.wire import (
    FromWatcher,
    Message,
    Reader,
    WireError,
    pack,
    pack_json,
    pack_unit,
)
from tests.detect.stage import RedEye, code, walk

CAMERA = b"c" * 16


def crew_of(send):
    return Crew(send, SystemClock(), workers=1, open_with=lambda _: RedEye())


def test_a_visit_through_pipes():
    sets, units = code(walk(7, enters=3, leaves=6), gop=10)
    encoded = [base64.b64encode(each).decode() for each in sets]
    incoming, hub_writes = os.pipe()
    hub_reads, outgoing = os.pipe()
    said = []

    def read():
        reader = Reader()
        while data := os.read(hub_reads, 1 << 16):
            said.extend(reader.feed(data))

    def write():
        config = {"codec": "h264", "parameter_sets": encoded}
        os.write(hub_writes, pack_json(1, CAMERA, config) + pack(4, CAMERA, b"\x01"))
        os.write(hub_writes, pack(6, CAMERA, b"\x01\x00\x00\x00\x09"))
        for unit in units:
            os.write(hub_writes, pack_unit(CAMERA, unit))
        while not any(message.kind == FromWatcher.PICTURE for message in list(said)):
            pass
        os.close(hub_writes)

    threads = [threading.Thread(target=each) for each in (read, write)]
    for thread in threads:
        thread.start()
    status = serve(incoming, outgoing, crew_of)
    os.close(outgoing)
    for thread in threads:
        thread.join()
    os.close(hub_reads)
    os.close(incoming)
    assert status == 0
    kinds = [message.kind for message in said]
    assert {FromWatcher.STATE, FromWatcher.EVENT, FromWatcher.BOXES} <= set(kinds)
    events = [json.loads(each.body) for each in said if each.kind == FromWatcher.EVENT]
    assert events[-1]["phase"] == "end"
    stills = [each.body for each in said if each.kind == FromWatcher.STILL]
    assert stills
    assert {body[:4] for body in stills} == {b"\x00\x00\x00\x09"}


def test_the_desk_refuses_what_it_does_not_know():
    said = []
    crew = crew_of(said.append)
    try:
        desk = Desk(crew, said.append)
        with pytest.raises(WireError):
            desk.take(Message(9, CAMERA, b""))
        desk.take(Message(1, CAMERA, b'{"codec": "h261"}'))
        assert b"configuration" in said[0]
        desk.take(Message(3, CAMERA, b""))
        desk.take(Message(4, CAMERA, b"\x01"))
    finally:
        crew.stop()
