"""Writes dex files from a small assembler."""

import hashlib
import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class Method:
    """A method: instructions are tuples, labels are ("label", name)."""

    name: str
    proto: str
    body: list | None
    registers: int = 8
    static: bool = True
    tries: bytes = b""
    try_count: int = 0


@dataclass
class Class:
    """A class by its descriptor."""

    descriptor: str
    methods: list = field(default_factory=list)


def uleb(number):
    out = b""
    while True:
        byte = number & 0x7F
        number >>= 7
        if not number:
            return out + bytes([byte])
        out += bytes([byte | 0x80])


def split_proto(proto):
    inside, result = proto[1:].split(")")
    types, at = [], 0
    while at < len(inside):
        end = at
        while inside[end] == "[":
            end += 1
        end = inside.index(";", end) + 1 if inside[end] == "L" else end + 1
        types.append(inside[at:end])
        at = end
    return types, result


def shorty(proto):
    types, result = split_proto(proto)
    return "".join("L" if one[0] in "L[" else one for one in [result, *types])


WIDTH = {
    "const/4": 1, "const/16": 2, "const": 3, "const/high16": 2, "const-string": 2, "move": 1,
    "move-object": 1, "move-result": 1, "move-result-object": 1, "return-void": 1, "return": 1,
    "return-object": 1, "new-array": 2, "fill-array": 3, "new-instance": 2, "throw": 1,
    "if-eqz": 2, "goto": 1, "aget-byte": 2, "aput-byte": 2, "and-int/lit16": 2, "xor-int": 2,
    "add-int": 2, "add-int/lit8": 2, "if-lt": 2, "label": 0, "sget-boolean": 2, "raw": None,
}  # fmt: skip
INVOKES = {"invoke-virtual": 0x6E, "invoke-direct": 0x70, "invoke-static": 0x71,
           "invoke-interface": 0x72}  # fmt: skip


class Assembler:
    """Turns classes into one dex file."""

    def __init__(self, classes, extra_strings=()):
        self.classes = classes
        strings, types, protos, methods = set(extra_strings), set(), set(), set()
        for one in classes:
            types |= {one.descriptor, "Ljava/lang/Object;"}
            for method in one.methods:
                methods.add((one.descriptor, method.name, method.proto))
                for line in method.body or ():
                    if line[0] == "const-string":
                        strings.add(line[2])
                    elif line[0] in INVOKES:
                        methods.add((line[1], line[2], line[3]))
                    elif line[0] in ("new-instance", "new-array"):
                        types.add(line[-1])
        for owner, name, proto in methods:
            types.add(owner)
            strings.add(name)
            protos.add(proto)
        for proto in protos:
            parameters, result = split_proto(proto)
            types |= {result, *parameters}
            strings.add(shorty(proto))
        self.strings = sorted(strings | types, key=lambda text: text.encode("utf-16-be"))
        self.string = {text: number for number, text in enumerate(self.strings)}
        self.types = sorted(types, key=self.string.get)
        self.type = {text: number for number, text in enumerate(self.types)}
        self.protos = sorted(protos, key=self._proto_key)
        self.proto = {text: number for number, text in enumerate(self.protos)}
        self.methods = sorted(
            methods, key=lambda m: (self.type[m[0]], self.string[m[1]], self.proto[m[2]])
        )
        self.method = {key: number for number, key in enumerate(self.methods)}

    def _proto_key(self, proto):
        parameters, result = split_proto(proto)
        return self.type[result], [self.type[one] for one in parameters]

    def units(self, line):
        if line[0] in INVOKES:
            return 3
        if line[0] == "raw":
            return len(line[1]) // 2
        return WIDTH[line[0]]

    def code(self, method):
        places, at = {}, 0
        for line in method.body:
            if line[0] == "label":
                places[line[1]] = at
            at += self.units(line)
        payloads, tail = b"", at + at % 2
        out, at = b"", 0
        for line in method.body:
            if line[0] == "fill-array":
                target = tail + len(payloads) // 2
                raw = struct.pack("<HHI", 0x0300, 1, len(line[2])) + line[2]
                payloads += raw + b"\0" * (-len(raw) % 4)
                out += struct.pack("<BBi", 0x26, line[1], target - at)
            elif line[0] != "label":
                out += self.encode(line, places, at)
            at += self.units(line)
        if payloads:
            out += b"\0" * (2 * (tail - at)) + payloads
        count = len(split_proto(method.proto)[0]) + (not method.static)
        head = struct.pack("<4HII", method.registers, count, 5, method.try_count, 0, len(out) // 2)
        padding = b"\0" * (-len(out) % 4) if method.try_count else b""
        return head + out + padding + method.tries

    def encode(self, line, places, at):  # noqa: C901, PLR0911, PLR0912 - one line an instruction
        name, *rest = line
        if name in INVOKES:
            number = self.method[tuple(rest[:3])]
            regs = [*rest[3], 0, 0, 0, 0, 0]
            head = bytes([INVOKES[name], len(rest[3]) << 4 | regs[4]])
            return head + struct.pack("<HH", number, regs[0] | regs[1] << 4 | regs[2] << 8
                                      | regs[3] << 12)  # fmt: skip
        if name == "raw":
            return rest[0]
        if name == "const/4":
            return bytes([0x12, (rest[1] & 15) << 4 | rest[0]])
        if name == "const/16":
            return struct.pack("<BBh", 0x13, *rest)
        if name == "const":
            return struct.pack("<BBi", 0x14, *rest)
        if name == "const/high16":
            return struct.pack("<BBH", 0x15, *rest)
        if name == "const-string":
            return struct.pack("<BBH", 0x1A, rest[0], self.string[rest[1]])
        if name in ("move", "move-object"):
            return bytes([0x01 if name == "move" else 0x07, rest[1] << 4 | rest[0]])
        if name in ("move-result", "move-result-object"):
            return bytes([0x0A if name == "move-result" else 0x0C, rest[0]])
        if name == "return-void":
            return b"\x0e\0"
        if name in ("return", "return-object", "throw"):
            return bytes([{"return": 0x0F, "return-object": 0x11, "throw": 0x27}[name], rest[0]])
        if name == "new-array":
            return struct.pack("<BBH", 0x23, rest[1] << 4 | rest[0], self.type[rest[2]])
        if name == "new-instance":
            return struct.pack("<BBH", 0x22, rest[0], self.type[rest[1]])
        if name == "if-eqz":
            return struct.pack("<BBh", 0x38, rest[0], places[rest[1]] - at)
        if name == "if-lt":
            return struct.pack("<BBh", 0x34, rest[1] << 4 | rest[0], places[rest[2]] - at)
        if name == "goto":
            return struct.pack("<Bb", 0x28, places[rest[0]] - at)
        if name == "sget-boolean":
            return struct.pack("<BBH", 0x63, rest[0], 0)
        if name == "and-int/lit16":
            return struct.pack("<BBh", 0xD5, rest[1] << 4 | rest[0], rest[2])
        opcode = {"aget-byte": 0x48, "aput-byte": 0x4F, "xor-int": 0x97, "add-int": 0x90,
                  "add-int/lit8": 0xD8}[name]  # fmt: skip
        return bytes([opcode, *rest])

    def write(self):
        """Return the dex file with its checksums."""
        counts = [len(self.strings), len(self.types), len(self.protos), 0, len(self.methods),
                  len(self.classes)]  # fmt: skip
        sizes = [4, 4, 12, 8, 8, 32]
        offsets, at = [], 0x70
        for count, size in zip(counts, sizes, strict=True):
            offsets.append(at if count else 0)
            at += count * size
        data_start = at
        data = bytearray()
        sections = {}

        def put(kind, raw, align=1):
            data.extend(b"\0" * (-(data_start + len(data)) % align))
            offset = data_start + len(data)
            data.extend(raw)
            sections.setdefault(kind, [0, offset])[0] += 1
            return offset

        codes = {
            (one.descriptor, m.name, m.proto): put(0x2001, self.code(m), 4)
            for one in self.classes for m in one.methods if m.body is not None
        }  # fmt: skip
        lists = {}
        for proto in self.protos:
            parameters = split_proto(proto)[0]
            raw = struct.pack("<I", len(parameters)) + b"".join(
                struct.pack("<H", self.type[one]) for one in parameters
            )
            lists[proto] = put(0x1001, raw, 4) if parameters else 0
        strings = [
            put(0x2002, uleb(len(text)) + text.encode("utf-8") + b"\0") for text in self.strings
        ]
        class_data = [put(0x2000, self.class_data(one, codes)) for one in self.classes]
        ids = struct.pack(f"<{len(strings)}I", *strings)
        ids += struct.pack(f"<{len(self.types)}I", *(self.string[one] for one in self.types))
        for proto in self.protos:
            result = self.type[split_proto(proto)[1]]
            ids += struct.pack("<III", self.string[shorty(proto)], result, lists[proto])
        for owner, name, proto in self.methods:
            ids += struct.pack("<HHI", self.type[owner], self.proto[proto], self.string[name])
        for one, offset in zip(self.classes, class_data, strict=True):
            ids += struct.pack("<8I", self.type[one.descriptor], 1, self.type["Ljava/lang/Object;"],
                               0, 0xFFFFFFFF, 0, offset, 0)  # fmt: skip
        data.extend(b"\0" * (-(data_start + len(data)) % 4))
        map_offset = data_start + len(data)
        items = [(0, 1, 0)]
        items += [(number, count, offset) for number, (count, offset)
                  in enumerate(zip(counts, offsets, strict=True), 1) if count]  # fmt: skip
        items += [(kind, count, offset) for kind, (count, offset) in sections.items()]
        items.append((0x1000, 1, map_offset))
        data += struct.pack("<I", len(items)) + b"".join(
            struct.pack("<HHII", kind, 0, count, offset)
            for kind, count, offset in sorted(items, key=lambda item: item[2])
        )
        tables = [word for pair in zip(counts, offsets, strict=True) for word in pair]
        rest = struct.pack("<20I", data_start + len(data), 0x70, 0x12345678, 0, 0, map_offset,
                           *tables, len(data), data_start)  # fmt: skip
        body = rest + ids + bytes(data)
        signed = hashlib.sha1(body).digest() + body
        return b"dex\n035\0" + struct.pack("<I", zlib.adler32(signed)) + signed

    def class_data(self, one, codes):
        numbered = sorted((self.method[one.descriptor, m.name, m.proto], m) for m in one.methods)
        direct = [row for row in numbered if row[1].static or row[1].name == "<init>"]
        virtual = [row for row in numbered if row not in direct]
        out = uleb(0) + uleb(0) + uleb(len(direct)) + uleb(len(virtual))
        for rows in (direct, virtual):
            last = 0
            for number, m in rows:
                code = codes.get((one.descriptor, m.name, m.proto), 0)
                out += uleb(number - last) + uleb(9 if m.static else 1) + uleb(code)
                last = number
        return out


def dex(*classes, extra_strings=()):
    """Return a dex file with these classes."""
    ordered = sorted(classes, key=lambda one: one.descriptor)
    return Assembler(ordered, extra_strings).write()
