"""Writes Android's binary XML."""

import struct
from dataclasses import dataclass, field

NAMESPACE = "http://schemas.android.com/apk/res/android"
ATTRIBUTES = {
    "name": 0x01010003, "permission": 0x01010006, "debuggable": 0x0101000F,
    "exported": 0x01010010, "scheme": 0x01010027, "minSdkVersion": 0x0101020C,
    "versionCode": 0x0101021B, "versionName": 0x0101021C, "targetSdkVersion": 0x01010270,
    "maxSdkVersion": 0x01010271, "allowBackup": 0x01010280, "enabled": 0x0101000E,
    "usesCleartextTraffic": 0x010104EC, "networkSecurityConfig": 0x01010527,
}  # fmt: skip


@dataclass(frozen=True)
class Ref:
    """A reference to a resource."""

    number: int


@dataclass
class Node:
    """An element. Attribute names known to Android get their resource id."""

    name: str
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)
    text: str = ""


def chunk(kind, header, body=b""):
    size = 8 + len(header) + len(body)
    return struct.pack("<HHI", kind, 8 + len(header), size) + header + body


def pool(strings, *, utf8=False):
    offsets, data = [], b""
    for text in strings:
        offsets.append(len(data))
        if utf8:
            raw = text.encode()
            data += bytes([len(text), len(raw)]) + raw + b"\0"
        else:
            raw = text.encode("utf-16-le")
            data += struct.pack("<H", len(raw) // 2) + raw + b"\0\0"
    data += b"\0" * (-len(data) % 4)
    start = 28 + 4 * len(strings)
    header = struct.pack("<5I", len(strings), 0, 0x100 if utf8 else 0, start, 0)
    return chunk(0x0001, header, struct.pack(f"<{len(strings)}I", *offsets) + data)


class Writer:
    """Collects strings and chunks of one document."""

    def __init__(self, *, ids):
        self.ids = ids
        self.strings = list(ATTRIBUTES) if ids else []
        self.chunks = []

    def string(self, text):
        if text not in self.strings:
            self.strings.append(text)
        return self.strings.index(text)

    def attribute(self, name, value):
        raw = 0xFFFFFFFF
        if isinstance(value, bool):
            kind, data = 0x12, 0xFFFFFFFF if value else 0
        elif isinstance(value, int):
            kind, data = 0x10, value & 0xFFFFFFFF
        elif isinstance(value, Ref):
            kind, data = 0x01, value.number
        else:
            kind, data = 0x03, self.string(value)
            raw = data
        space = self.string(NAMESPACE) if self.ids and name in ATTRIBUTES else 0xFFFFFFFF
        return struct.pack("<3IHBBI", space, self.string(name), raw, 8, 0, kind, data)

    def node(self, node):
        rows = [self.attribute(name, value) for name, value in node.attributes.items()]
        head = struct.pack("<II", 1, 0xFFFFFFFF)
        body = struct.pack(
            "<IIHHHHHH", 0xFFFFFFFF, self.string(node.name), 20, 20, len(rows), 0, 0, 0
        )
        self.chunks.append(chunk(0x0102, head, body + b"".join(rows)))
        if node.text:
            text = struct.pack("<IHBBI", self.string(node.text), 8, 0, 0, 0)
            self.chunks.append(chunk(0x0104, head, text))
        for child in node.children:
            self.node(child)
        end = struct.pack("<II", 0xFFFFFFFF, self.string(node.name))
        self.chunks.append(chunk(0x0103, head, end))


def write(root, *, ids=True, utf8=False):
    """Return the binary form. `ids`: with the map of resource ids, as in a manifest."""
    writer = Writer(ids=ids)
    writer.node(root)
    body = pool(writer.strings, utf8=utf8)
    if ids:
        body += chunk(0x0180, b"", struct.pack(f"<{len(ATTRIBUTES)}I", *ATTRIBUTES.values()))
    return chunk(0x0003, b"", body + b"".join(writer.chunks))


def resource_table(values):
    """Return a resource table of package 0x7f; `values`: {(type id, entry): value}."""
    texts = [value for value in values.values() if isinstance(value, str)]
    types = b""
    for kind in sorted({key[0] for key in values}):
        rows = {key[1]: value for key, value in values.items() if key[0] == kind}
        count = max(rows) + 1
        offsets, data = [], b""
        for number in range(count):
            if number not in rows:
                offsets.append(0xFFFFFFFF)
                continue
            offsets.append(len(data))
            value = rows[number]
            if isinstance(value, str):
                typed = struct.pack("<HBBI", 8, 0, 0x03, texts.index(value))
            elif isinstance(value, Ref):
                typed = struct.pack("<HBBI", 8, 0, 0x01, value.number)
            elif isinstance(value, bool):
                typed = struct.pack("<HBBI", 8, 0, 0x12, 0xFFFFFFFF if value else 0)
            else:
                typed = struct.pack("<HBBI", 8, 0, 0x10, value)
            data += struct.pack("<HHI", 8, 0, 0) + typed
        header = struct.pack("<BBHII", kind, 0, 0, count, 20 + 8 + 4 * count) + b"\x08\0\0\0" * 2
        types += chunk(0x0201, header, struct.pack(f"<{count}I", *offsets) + data)
    package = chunk(0x0200, struct.pack("<I", 0x7F) + b"\0" * 276, types)
    return chunk(0x0002, struct.pack("<I", 1), pool(texts) + package)
