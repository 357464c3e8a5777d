"""Session descriptions (RFC 8866) as cameras write them: tolerant, but bounded."""

import base64
import binascii
import contextlib
import re
from dataclasses import dataclass, field
from typing import Final

from keepsight.lan.rtsp.unit import AudioCodec, VideoCodec

SDP_LINES_MAX: Final = 512
TRACKS_MAX: Final = 16
TEXT_CHARACTERS_MAX: Final = 200
URL_CHARACTERS_MAX: Final = 1024
CLOCK_RATE_MAX: Final = 192_000

VIDEO_CODECS: Final[dict[str, VideoCodec]] = {"h264": "h264", "h265": "h265", "hevc": "h265"}
AUDIO_CODECS: Final[dict[str, AudioCodec]] = {
    "mpeg4-generic": "aac",
    "pcma": "pcma",
    "pcmu": "pcmu",
    "opus": "opus",
}
# Payload types with a meaning of their own (RFC 3551 table 4): name, clock rate, channels.
_STATIC: Final = {0: ("PCMU", 8000, 1), 8: ("PCMA", 8000, 1), 26: ("JPEG", 90000, 1)}

_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)


class SdpError(ValueError):
    """The description cannot be read at all."""


@dataclass(slots=True)
class Track:
    """One `m=` section."""

    kind: str
    """video, audio or application."""
    payload_type: int
    codec_name: str = ""
    """As in rtpmap, lower case; empty if it never said."""
    clock_rate: int = 0
    channels: int = 1
    control: str = ""
    fmtp: dict[str, str] = field(default_factory=dict)
    is_to_camera: bool = False
    """A backchannel for talking: `a=sendonly` seen from the camera's describer."""

    @property
    def video_codec(self) -> VideoCodec | None:
        """The codec if this is a video track that we can carry."""
        return VIDEO_CODECS.get(self.codec_name) if self.kind == "video" else None

    @property
    def audio_codec(self) -> AudioCodec | None:
        """The codec if this is an audio track that we can carry."""
        return AUDIO_CODECS.get(self.codec_name) if self.kind == "audio" else None

    def parameter_sets(self) -> list[bytes]:
        """NAL units announced in fmtp (RFC 6184 8.1, RFC 7798 7.1); broken ones are left out."""
        names = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")
        found: list[bytes] = []
        for text in ",".join(self.fmtp.get(name, "") for name in names).split(","):
            try:
                nal = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4), validate=True)
            except (binascii.Error, ValueError):
                continue
            if nal:
                found.append(nal.lstrip(b"\x00").removeprefix(b"\x01") if nal[0] == 0 else nal)
        return found


@dataclass(slots=True)
class Sdp:
    """What we use of a session description."""

    session_name: str = ""
    tool: str = ""
    control: str = ""
    tracks: list[Track] = field(default_factory=list)

    def video(self) -> Track | None:
        """The first video track that we can carry."""
        return next((t for t in self.tracks if t.video_codec and not t.is_to_camera), None)

    def audio(self) -> Track | None:
        """The first audio track that we can carry."""
        return next((t for t in self.tracks if t.audio_codec and not t.is_to_camera), None)


def printable(text: str) -> str:
    """A device's text made safe to show and store: UTF-8 if it was, no control characters."""
    text = text[: TEXT_CHARACTERS_MAX * 4]
    with contextlib.suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return "".join(c for c in text if c.isprintable()).strip()[:TEXT_CHARACTERS_MAX]


def _number(text: str, limit: int) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return int(text) if int(text) <= limit else None


def _media(value: str) -> Track | None:
    words = value.split()
    payload_type = _number(words[3], 127) if len(words) > 3 else None
    if payload_type is None:
        return None
    track = Track(words[0].lower(), payload_type)
    if payload_type in _STATIC:
        name, track.clock_rate, track.channels = _STATIC[payload_type]
        track.codec_name = name.lower()
    return track


def _rtpmap(track: Track, value: str) -> None:
    number, _, encoding = value.partition(" ")
    if _number(number, 127) != track.payload_type:
        return
    name, _, rest = encoding.strip().partition("/")
    rate, _, channels = rest.partition("/")
    track.codec_name = printable(name).lower()
    track.clock_rate = _number(rate, CLOCK_RATE_MAX) or 0
    track.channels = _number(channels, 8) or 1


def _fmtp(track: Track, value: str) -> None:
    number, _, parameters = value.partition(" ")
    if _number(number, 127) != track.payload_type:
        return
    for parameter in parameters.split(";")[:64]:
        name, _, text = parameter.partition("=")
        track.fmtp[name.strip().lower()] = text.strip()


def _attribute(sdp: Sdp, track: Track | None, value: str) -> None:
    name, _, text = value.partition(":")
    name, text = name.strip().lower(), text.strip()
    if name == "control" and len(text) <= URL_CHARACTERS_MAX and re.fullmatch("[!-~]*", text):
        if track is None:
            sdp.control = text
        else:
            track.control = text
    elif track is None:
        if name == "tool":
            sdp.tool = printable(text)
    elif name == "rtpmap":
        _rtpmap(track, text)
    elif name == "fmtp":
        _fmtp(track, text)
    elif name == "sendonly":
        # RFC 2326 describes media from the server's side as recvonly or silent; ONVIF marks the
        # backchannel sendonly. A few cameras mark their only video track so: hence audio alone.
        track.is_to_camera = track.kind == "audio"


def parse_sdp(data: bytes) -> Sdp:
    """Read a description; lines that make no sense are skipped.

    Raises:
        SdpError: it has no `m=` line at all, or more lines or tracks than any camera has.
    """
    lines = data.decode("latin-1").splitlines()
    if len(lines) > SDP_LINES_MAX:
        raise SdpError(f"the description has more than {SDP_LINES_MAX} lines")
    sdp = Sdp()
    track: Track | None = None
    for line in lines:
        kind, _, value = line.strip().partition("=")
        if kind == "s" and track is None:
            sdp.session_name = printable(value)
        elif kind == "a":
            _attribute(sdp, track, value)
        elif kind == "m":
            track = _media(value) or Track("unknown", 127)
            sdp.tracks.append(track)
            if len(sdp.tracks) > TRACKS_MAX:
                raise SdpError(f"the description has more than {TRACKS_MAX} tracks")
    if not sdp.tracks:
        raise SdpError("the description lists no tracks")
    return sdp


def control_url(content: str, session: str, track: str | None) -> str:
    """The URL to use in SETUP of a track or, with `track` None, in PLAY (RFC 2326 C.1.1).

    Args:
        content: Content-Base, Content-Location or the URL described, in this order of preference.
        session: the session-level control attribute; may be empty or `*`.
        track: the media-level control attribute.
    """
    base = content
    if session and session != "*":
        base = session if _ABSOLUTE.match(session) else _under(content, session)
    if not track or track == "*":
        return base
    return track if _ABSOLUTE.match(track) else _under(base, track)


def _under(base: str, relative: str) -> str:
    """Cameras mean "append a path element", whether or not the base ends in a slash."""
    if relative.startswith("/") and (origin := _ORIGIN.match(base)):
        return origin.group() + relative
    return f"{base.rstrip('/')}/{relative}"
