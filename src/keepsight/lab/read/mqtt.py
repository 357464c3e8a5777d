"""The first message of an MQTT session. Source: MQTT 3.1.1 section 3.1, MQTT 5 section 3.1."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MqttConnect:
    """What a client says about itself. The password's length is kept, not the password."""

    protocol: str
    client_id: str
    user: str | None
    password_bytes: int | None


def read_connect(data: bytes) -> MqttConnect | None:
    """A CONNECT packet at the start of a stream, or None where it is none or incomplete."""
    try:
        if data[0] != 0x10:
            return None
        at = 1
        while data[at] & 0x80:
            at += 1
            if at > 4:
                return None
        name, at = _text(data, at + 1)
        if name not in (b"MQTT", b"MQIsdp"):
            return None
        level, flags = data[at], data[at + 1]
        at += 4
        at = _past_properties(data, at) if level == 5 else at
        client_id, at = _text(data, at)
        if flags & 0x04:
            at = _past_properties(data, at) if level == 5 else at
            _, at = _text(data, at)
            _, at = _text(data, at)
        user: str | None = None
        password: int | None = None
        if flags & 0x80:
            raw, at = _text(data, at)
            user = raw.decode("utf-8", "replace")
        if flags & 0x40:
            raw, at = _text(data, at)
            password = len(raw)
    except IndexError:
        return None
    return MqttConnect(f"MQTT level {level}", client_id.decode("utf-8", "replace"), user, password)


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    size = data[at] << 8 | data[at + 1]
    if at + 2 + size > len(data):
        raise IndexError
    return data[at + 2 : at + 2 + size], at + 2 + size


def _past_properties(data: bytes, at: int) -> int:
    size, shift = 0, 0
    while True:
        byte = data[at]
        size |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return at + size
        if shift > 21:
            raise IndexError
