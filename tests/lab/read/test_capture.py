"""Whole captures: synthetic ones to the last fact, real ones against tshark."""

import collections
import contextlib
import shutil
import struct
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepsight.lab.facts.capture import Reach
from keepsight.lab.read.capture import CaptureContext, read_capture
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.tls import suite_name, version_name
from tests.lab.synthetic import dossier, handshakes
from tests.lab.synthetic.traffic import Wire
from tests.paths import shared_data

CAPTURES = (
    "rtsp", "mqtt", "http_auth", "tuya_lp", "telnet", "google_ssl", "selfsigned", "xiaomi",
    "dns_doh", "upnp",
)  # fmt: skip


def read(tmp_path, data, **context):
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    return read_capture(path, CaptureContext(**context))


def test_the_articles_capture(tmp_path):
    facts, unread = read(tmp_path, dossier.capture(), actions=("live view",))
    assert unread == ()
    assert facts.limits == ()
    named = {c.name: c for c in facts.contacts}
    assert {
        "api.camera-vendor.example",
        "graph.facebook.com",
        "app-measurement.com",
    } <= named.keys()
    assert named["graph.facebook.com"].sources[0] == "sni"
    assert [m.host for m in facts.clear_messages] == ["firmware.camera-vendor.example"]
    assert {h.version for h in facts.handshakes} == {"TLS 1.2", "TLS 1.3"}
    owners = {t.tracker.owner for t in facts.trackers}
    assert owners == {"Meta", "Google"}
    assert 22 < facts.duration_seconds / 60 < 24


def test_a_name_asked_for_and_never_contacted_stays_so(tmp_path):
    wire = Wire()
    wire.resolve("bugly.qq.com", "9.8.7.6")
    facts, _ = read(tmp_path, wire.pcap())
    asked = next(c for c in facts.contacts if c.name == "bugly.qq.com")
    assert not asked.is_connected
    assert asked.reach is Reach.INTERNET


def test_a_cut_file_is_read_up_to_the_cut_and_says_so(tmp_path):
    facts, unread = read(tmp_path, dossier.capture()[:-9])
    assert facts.packets > 50
    assert "middle" in unread[0].reason


def test_an_unknown_link_type_is_unread_not_empty(tmp_path):
    wire = Wire()
    wire.send(bytes(80))
    _, unread = read(tmp_path, wire.pcap(link=147))
    assert "147" in unread[0].reason


@pytest.mark.parametrize("data", [b"", b"GIF89a", Wire().pcap()])
def test_nothing_to_read_is_unreadable(tmp_path, data):
    with pytest.raises(UnreadableArtefact):
        read(tmp_path, data)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=40),
    st.integers(0, 4000),
)
def test_damage_never_raises_anything_else(tmp_path, changes, cut):
    data = bytearray(dossier.capture())
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(UnreadableArtefact):
        read(tmp_path, bytes(data[: len(data) - cut]))


def test_tls_secrets_in_the_file_are_said_and_keep_outcomes_from_clear(tmp_path):
    secrets = struct.pack("<IIIII", 10, 20, 0x544C534B, 0, 20)
    facts, _ = read(tmp_path, dossier.capture() + secrets)
    assert facts.has_tls_secrets
    assert any("export it decrypted" in limit for limit in facts.limits)
    decrypted, _ = read(tmp_path, dossier.capture() + secrets, is_decrypted=True)
    assert not any("export it decrypted" in limit for limit in decrypted.limits)


def tshark(path):
    """Negotiated version and suite of each ServerHello, by an independent program."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed: negotiated TLS is not compared")
    fields = ("frame.number", "tls.handshake.version", "tls.handshake.extensions.supported_version",
              "tls.handshake.ciphersuite")  # fmt: skip
    command = ["tshark", "-r", str(path), "-Y", "tls.handshake.type==2", "-T", "fields"]
    for name in fields:
        command += ["-e", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    found = []
    for line in answer.stdout.splitlines():
        _, legacy, chosen, suite = (part.split(",")[0] for part in line.split("\t"))
        found.append((version_name(int(chosen or legacy, 16)), suite_name(int(suite, 16))))
    return found


def test_negotiated_tls_agrees_with_tshark():
    agreed = total = 0
    for name in CAPTURES:
        path = shared_data(f"captures/ndpi_{name}.pcap")
        expected = tshark(path)
        facts, _ = read_capture(path)
        ours = [(h.version, h.cipher) for h in facts.handshakes if h.version]
        total += len(expected)
        agreed += sum(pair in ours for pair in expected)
        # What we see beyond the oracle must be looked at by hand: today one SSL 2.0 style hello.
        assert len(ours) - len(expected) <= (1 if name == "google_ssl" else 0), name
    assert total > 0
    assert agreed / total >= 0.97


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_handshakes_of_openssl_agree_with_tshark(tmp_path):
    """Versions and suites that the real captures do not have."""
    data, count = handshakes.capture()
    facts, _ = read(tmp_path, data)
    ours = collections.Counter((h.version, h.cipher) for h in facts.handshakes)
    assert sum(ours.values()) == count > 20
    assert {"TLS 1.2", "TLS 1.3"} <= {version for version, _ in ours}
    assert sum("NULL" in cipher for _, cipher in ours) >= 1
    assert {h.sni for h in facts.handshakes} > {"", "camera.example"}
    assert ours == collections.Counter(tshark(tmp_path / "a.pcap"))


@pytest.mark.parametrize(
    ("name", "protocol", "credentials"),
    [("http_auth", "HTTP", 1), ("mqtt", "MQTT", 2), ("telnet", "Telnet", 1), ("rtsp", "RTSP", 0)],
)
def test_readable_protocols_of_real_captures(name, protocol, credentials):
    facts, unread = read_capture(shared_data(f"captures/ndpi_{name}.pcap"))
    assert unread == ()
    assert protocol in facts.protocols
    assert len(facts.credentials) == credentials
    assert facts.clear_messages
