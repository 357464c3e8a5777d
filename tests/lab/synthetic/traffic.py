"""Captures made from nothing: packets, flows, hellos and messages, written by hand.

Every byte follows from the arguments, so a test knows what a reader has to find.
"""

import base64
import hashlib
import struct
from urllib.parse import urlencode

HOME = "192.168.1.20"
START_US = 1_700_000_000_000_000


def address(text):
    """Four bytes of an IPv4 address."""
    return bytes(int(part) for part in text.split("."))


def ipv4(source, target, protocol, payload, *, fragment=0):
    """An IPv4 packet; checksums are left 0, as segmentation offload does."""
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0,
        address(source), address(target),
    )  # fmt: skip
    return head + payload


def ethernet(packet, *, kind=0x0800, vlans=()):
    """A frame, with VLAN tags in front if given."""
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    return b"\x02" * 12 + tags + struct.pack(">H", kind) + packet


def tcp(source_port, target_port, seq, flags, payload=b"", *, ack=1):
    """A TCP segment."""
    return (
        struct.pack(
            ">HHIIBBHHH", source_port, target_port, seq % (1 << 32), ack, 0x50, flags, 65535, 0, 0
        )
        + payload
    )


def udp(source_port, target_port, payload):
    """A UDP datagram."""
    return struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0) + payload


class Wire:
    """Collects frames with their times."""

    def __init__(self, start_us=START_US):
        self.frames = []
        self.now_us = start_us
        self._port = 40000

    def send(self, frame, gap_us=1000):
        """Add one frame."""
        self.now_us += gap_us
        self.frames.append((self.now_us, frame))

    def datagram(self, source, target, source_port, target_port, payload):
        """Add one UDP datagram."""
        self.send(ethernet(ipv4(source, target, 17, udp(source_port, target_port, payload))))

    def talk(self, server, port, pieces, *, client=HOME, chunk=1400, source_port=None):
        """A TCP connection: pieces are (True for the client, bytes)."""
        self._port += 1
        own = source_port or self._port
        seqs = {True: 1000, False: 9000}
        ends = {True: (client, server, own, port), False: (server, client, port, own)}

        def segment(is_client, flags, payload=b""):
            source, target, source_port, target_port = ends[is_client]
            body = tcp(source_port, target_port, seqs[is_client], flags, payload)
            self.send(ethernet(ipv4(source, target, 6, body)))
            seqs[is_client] += len(payload) + (1 if flags & 3 else 0)

        segment(True, 2)
        segment(False, 18)
        for is_client, data in pieces:
            for at in range(0, len(data), chunk):
                segment(is_client, 24, data[at : at + chunk])
        segment(True, 17)

    def resolve(self, name, target, server="192.168.1.1"):
        """A DNS query and its answer."""
        self._port += 1
        self.datagram(HOME, server, self._port, 53, dns_query(name))
        self.datagram(server, HOME, 53, self._port, dns_answer(name, target))

    def pcap(self, *, order="<", nanoseconds=False, link=1):
        """The frames as a pcap file."""
        magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
        out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
        for when, frame in self.frames:
            fraction = when % 1_000_000 * (1000 if nanoseconds else 1)
            out.append(
                struct.pack(order + "IIII", when // 1_000_000, fraction, len(frame), len(frame))
            )
            out.append(frame)
        return b"".join(out)

    def pcapng(self, *, order="<", links=(1,), resolution=None):
        """The frames as a pcapng file; frame n belongs to interface n modulo their number."""
        out = [block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
        for link in links:
            options = b""
            if resolution is not None:
                options = struct.pack(order + "HHB3x", 9, 1, resolution) + bytes(4)
            out.append(block(order, 1, struct.pack(order + "HHI", link, 0, 262144) + options))
        for number, (when, frame) in enumerate(self.frames):
            ticks = when if resolution is None else when * 10**resolution // 1_000_000
            head = struct.pack(
                order + "IIIII", number % len(links), ticks >> 32, ticks & 0xFFFFFFFF, len(frame),
                len(frame),
            )  # fmt: skip
            out.append(block(order, 6, head + frame))
        return b"".join(out)


def block(order, kind, body):
    """One pcapng block."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def name_bytes(name):
    """A DNS name without compression."""
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def dns_query(name):
    """A query for an address."""
    return struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name_bytes(name) + struct.pack(">HH", 1, 1)


def dns_answer(name, target):
    """Its answer, through an alias, with compressed names."""
    question = name_bytes(name) + struct.pack(">HH", 1, 1)
    alias = name_bytes("edge.cdn.example.net")
    first = b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, len(alias)) + alias
    at = 12 + len(question) + 12
    second = struct.pack(">H", 0xC000 | at) + struct.pack(">HHIH", 1, 1, 60, 4) + address(target)
    return struct.pack(">6H", 7, 0x8180, 1, 2, 0, 0) + question + first + second


def record(kind, body, version=0x0303):
    """A TLS record."""
    return struct.pack(">BHH", kind, version, len(body)) + body


def handshake(kind, body):
    """A TLS handshake message."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def extension(code, body):
    """A TLS extension."""
    return struct.pack(">HH", code, len(body)) + body


def client_hello(sni, *, versions=(0x0304, 0x0303), suites=(0x1301, 0xC02F), legacy=0x0303):
    """A ClientHello message (without its record)."""
    name = sni.encode()
    extensions = b""
    if sni:
        extensions += extension(0, struct.pack(">HBH", len(name) + 3, 0, len(name)) + name)
    if versions:
        listed = b"".join(struct.pack(">H", v) for v in versions)
        extensions += extension(43, bytes([len(listed)]) + listed)
    listed = b"".join(struct.pack(">H", s) for s in suites)
    body = struct.pack(">H", legacy) + bytes(range(32)) + b"\0"
    body += struct.pack(">H", len(listed)) + listed + b"\1\0"
    return handshake(1, body + struct.pack(">H", len(extensions)) + extensions)


def server_hello(version=0x0304, suite=0x1301):
    """A ServerHello message; 1.3 is said in the extension."""
    extensions = extension(43, struct.pack(">H", 0x0304)) if version == 0x0304 else b""
    legacy = min(version, 0x0303)
    body = struct.pack(">H", legacy) + bytes(range(32, 64)) + b"\0" + struct.pack(">HB", suite, 0)
    return handshake(2, body + struct.pack(">H", len(extensions)) + extensions)


def certificate(*ders):
    """A Certificate message of TLS 1.2."""
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in ders)
    return handshake(11, len(listed).to_bytes(3, "big") + listed)


def noise(count, seed=b"seed"):
    """Bytes that look random and are the same in each run."""
    return hashlib.shake_256(seed).digest(count)


def tls_pieces(sni, *, version=0x0304, suite=0x1301, der=None, sent=2000, received=5000):
    """The pieces of a TLS connection for `Wire.talk`."""
    answer = record(22, server_hello(version, suite))
    if der is not None:
        answer += record(22, certificate(der))
    answer += record(20, b"\1")
    versions = (0x0304, 0x0303) if version >= 0x0303 else ()
    hello = client_hello(
        sni, versions=versions, suites=(suite, 0xC02F), legacy=min(version, 0x0303)
    )
    return [
        (True, record(22, hello, 0x0301)),
        (False, answer),
        (True, record(23, noise(sent, sni.encode()))),
        (False, record(23, noise(received % 16000, sni.encode() + b"s"))),
    ]


def rc4(key, data, drop=1024):
    """Written apart from the reader's, so that the two can differ."""
    box, i, j = list(range(256)), 0, 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    stream = []
    for _ in range(drop + len(data)):
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        stream.append(box[(box[i] + box[j]) % 256])
    return bytes(a ^ b for a, b in zip(data, stream[drop:], strict=True))


def five_fields(path, data, *, secret=bytes(range(16)), random=b"\x01" * 8, minute=28333333,
                method="POST", is_secret_sent=True):  # fmt: skip
    """A five-field form as the wire carries it, and the key of its answer."""
    nonce = random + minute.to_bytes(4, "big")
    key = hashlib.sha256(secret + nonce).digest()
    signed = base64.b64encode(key).decode()

    def digest(*parts):
        return base64.b64encode(hashlib.sha1("&".join(parts).encode()).digest()).decode()

    inner = digest(method, path, f"data={data}", signed)
    fields = {
        "data": base64.b64encode(rc4(key, data.encode())).decode(),
        "rc4_hash__": base64.b64encode(rc4(key, inner.encode())).decode(),
    }
    fields["signature"] = digest(
        method, path, f"data={fields['data']}", f"rc4_hash__={fields['rc4_hash__']}", signed
    )
    fields["_nonce"] = base64.b64encode(nonce).decode()
    if is_secret_sent:
        fields["ssecurity"] = base64.b64encode(secret).decode()
    return fields, key


def form(fields):
    """The body of a form."""
    return urlencode(fields)


def har(*entries):
    """A HAR of (method, url, request body, response body, response type, response headers)."""
    return {
        "log": {
            "version": "1.2",
            "entries": [
                {
                    "startedDateTime": "2023-11-14T22:13:30.000Z",
                    "request": {
                        "method": method,
                        "url": url,
                        "headers": [
                            {"name": "Content-Type", "value": "application/x-www-form-urlencoded"},
                            *({"name": k, "value": v} for k, v in (asked or {}).items()),
                        ],
                        "bodySize": len(body),
                        "headersSize": 300,
                        "postData": {"text": body},
                    },
                    "response": {
                        "status": 200,
                        "headers": [
                            {"name": "Content-Type", "value": kind},
                            *({"name": k, "value": v} for k, v in (headers or {}).items()),
                        ],
                        "headersSize": 200,
                        "bodySize": len(answer),
                        "content": {"mimeType": kind, "text": answer},
                    },
                }
                for method, url, body, answer, kind, headers, asked in entries
            ],
        }
    }
