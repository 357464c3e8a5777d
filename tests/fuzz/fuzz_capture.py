"""Coverage-guided fuzzing of everything that reads a capture.

`python tests/fuzz/fuzz_capture.py [CORPUS] -max_total_time=3600` runs it; it needs the package
atheris. The first byte of an input chooses the reader. A reader may only refuse
(`UnreadableArtefact`); any other exception is a finding, and so is an input that takes longer than
libFuzzer's `-timeout`.
"""

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "src")]

from keepsight.lab.checks.capture import CAPTURE_CHECKS
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.read import dns, mqtt, quic, rc4message, tls
from keepsight.lab.read.flows import FlowTable
from keepsight.lab.read.har import read_har
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.network import ETHERNET
from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.opening import Opening
from keepsight.lab.read.packets import PacketFile
from tests.lab.synthetic import dossier, traffic


def _file(data):
    notes = Notes()
    table = FlowTable(notes, lambda _: None)
    table.take_all(iter(PacketFile(io.BufferedReader(io.BytesIO(data)), "fuzz")))
    table.finish()


def _conversation(data):
    notes = Notes()
    talk = Conversation("tcp", (bytes([192, 168, 1, 2]), bytes([1, 2, 3, 4])), (40000, 80), 1, 0)
    opening = Opening(talk, notes)
    for number, piece in enumerate(data.split(b"\xfe\xef")[:32]):
        opening.feed(piece[1:], piece[0] & 1 if piece else 0, number, 0)
    opening.close()


def _datagrams(data):
    table = FlowTable(Notes(), lambda _: None)
    frames = [
        traffic.ethernet(traffic.ipv4("192.168.1.2", "1.2.3.4", 17, piece))
        for piece in data.split(b"\xfe\xef")[:32]
    ]
    table.take_all((f, 0, len(f), len(f), n, ETHERNET) for n, f in enumerate(frames))
    table.finish()


def _messages(data):
    dns.read_dns(data)
    mqtt.read_connect(data)
    tls.read_client_hello(data)
    tls.read_server_hello(data)
    tls.read_old_hello(data)
    tls.read_certificate(data)
    tls.Stream().feed(data)
    quic.QuicStart().feed(data, is_client=True)


def _form(data):
    parts = data.decode("latin-1").split("\n")
    names = ("data", "rc4_hash__", "signature", "_nonce", "ssecurity")
    fields = dict(zip(names, parts, strict=False))
    if rc4message.has_shape(fields):
        body = parts[5].encode("latin-1") if len(parts) > 5 else b""
        rc4message.examine(rc4message.Request(1, 0, "h", "POST", "/app/x", fields, body))


def _har(data):
    with tempfile.NamedTemporaryFile(suffix=".har") as file:
        file.write(data)
        file.flush()
        facts, unread = read_har(Path(file.name))
    product = ProductFacts(report_date="2026-11-21", captures=(facts,), unread=unread)
    for check in CAPTURE_CHECKS:
        check.judge(product)


READERS = (_file, _conversation, _datagrams, _messages, _form, _har)
INPUT_BYTES_MAX = 1 << 16


def one_input(data):
    """Give one input to the reader its first byte chooses."""
    if data:
        with contextlib.suppress(UnreadableArtefact):
            READERS[data[0] % len(READERS)](data[1 : INPUT_BYTES_MAX + 1])


def seeds():
    """Sound inputs, one a reader, each behind its choosing byte."""
    request = b"\x00POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na=b\xfe\xef"
    answer = b"\x01HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    query = traffic.udp(40000, 53, traffic.dns_query("a.example"))
    fields, _ = traffic.five_fields("/x", '{"id":1}')
    har = json.dumps(
        traffic.har(("GET", "https://a.example/?token=x", "", "", "text/plain", None, None))
    )
    bodies = (
        dossier.capture(),
        request + answer,
        query + b"\xfe\xef" + traffic.udp(53, 40000, traffic.dns_answer("a.example", "1.2.3.4")),
        traffic.client_hello("a.example")[4:],
        "\n".join(fields.values()).encode(),
        har.encode(),
    )
    return [bytes([number]) + body for number, body in enumerate(bodies)]


def main():
    """Run the fuzzer with libFuzzer's own options."""
    import atheris

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(seeds()):
            Path(folder, f"seed-{number}").write_bytes(data)
        atheris.instrument_all()
        atheris.Setup([*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
