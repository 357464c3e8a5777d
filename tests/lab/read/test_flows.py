"""Reassembly in disorder, reused ports, missing segments, and tables that stay bounded."""

import random

import pytest

from keepsight.lab.read import flows
from keepsight.lab.read.flows import FlowTable
from keepsight.lab.read.network import ETHERNET
from keepsight.lab.read.notes import Notes
from tests.lab.synthetic.traffic import Wire, noise, tls_pieces


def run(frames):
    notes, done = Notes(), []
    table = FlowTable(notes, done.append)
    table.take_all((f, 0, len(f), len(f), us, ETHERNET) for us, f in frames)
    table.finish()
    return notes, done, table


def wire(count=1, **parts):
    made = Wire()
    for number in range(count):
        made.talk("1.2.3.4", 443, tls_pieces(f"h{number}.example", **parts), chunk=300)
    return made.frames


def test_both_directions_are_counted_to_the_byte():
    frames = wire()
    notes, done, table = run(frames)
    assert sum(done[0].wire_bytes) == sum(len(f) for _, f in frames) == table.wire_bytes
    assert notes.handshakes[0].sni == "h0.example"
    assert done[0].ports[1] == 443


@pytest.mark.parametrize("seed", range(8))
def test_disorder_and_duplicates_do_not_matter(seed):
    frames = wire()
    head, body = frames[:2], frames[2:] + frames[2:5]
    random.Random(seed).shuffle(body)
    notes, _, _ = run(head + body)
    assert [h.sni for h in notes.handshakes] == ["h0.example"]


def test_a_missing_segment_is_a_limit_and_never_a_guess():
    frames = wire(sent=15_000)
    notes, _, _ = run(frames[:2] + frames[3:])
    assert [h.sni for h in notes.handshakes if h.sni] == []
    assert any("missing" in limit for limit in notes.limits)


def test_a_syn_on_old_ports_begins_another_conversation():
    made = Wire()
    for number in range(2):
        made.talk("1.2.3.4", 443, tls_pieces(f"h{number}.example"), source_port=40001)
        # The second connection starts from other sequence numbers.
        made.frames = [(us, f) for us, f in made.frames]
    frames = made.frames
    half = len(frames) // 2
    frames = frames[:half] + [(us, shifted(f)) for us, f in frames[half:]]
    notes, done, _ = run(frames)
    assert [h.sni for h in notes.handshakes] == ["h0.example", "h1.example"]
    assert len(done) == 2


def shifted(frame):
    seq = (int.from_bytes(frame[38:42], "big") + 777_000) % (1 << 32)
    return frame[:38] + seq.to_bytes(4, "big") + frame[42:]


def test_without_a_syn_the_lower_port_is_the_server():
    _, done, _ = run(wire()[2:])
    assert done[0].ports[1] == 443


def test_the_table_is_bounded(monkeypatch):
    monkeypatch.setattr(flows, "FLOWS_MAX", 10)
    notes, done, _ = run(wire(30))
    assert len(done) == 30
    assert len(notes.handshakes) == 30
    assert "more flows at a time than the table holds" in notes.limits


def test_connections_that_stay_open_are_bounded(monkeypatch):
    monkeypatch.setattr(flows, "OPEN_MAX", 5)
    made = Wire()
    for _ in range(20):
        made.talk("1.2.3.4", 443, [(True, b"x")])
    notes, _, table = run(made.frames)
    assert len(table._open) == 0
    assert "more connections at a time than are followed" in notes.limits


def test_what_waits_for_a_missing_segment_is_bounded():
    made = Wire()
    made.talk("1.2.3.4", 443, [(True, noise(2_000_000))])
    frames = [f for n, f in enumerate(made.frames) if n != 2]
    notes, _, _ = run(frames)
    assert any("missing" in limit for limit in notes.limits)
