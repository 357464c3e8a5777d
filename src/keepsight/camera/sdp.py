"""What the server tells about a stream: SDP (RFC 8866) with the payload formats' parameters."""

import base64

from keepsight.camera.media import AudioTrack, Tracks, VideoTrack
from keepsight.camera.nal import nal_type
from keepsight.camera.packetize import PAYLOAD_TYPE_VIDEO, audio_payload_type

VIDEO_CONTROL = "track1"
AUDIO_CONTROL = "track2"
TOOL = "Keepsight camera"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _video_lines(track: VideoTrack) -> list[str]:
    kind, sets = PAYLOAD_TYPE_VIDEO, track.parameter_sets
    name = "H264" if track.codec == "h264" else "H265"
    if track.codec == "h264":
        sps = next((unit for unit in sets if nal_type("h264", unit) == 7), b"\0\0\0\0")
        fields = [
            "packetization-mode=1",
            f"profile-level-id={sps[1:4].hex().upper()}",
            f"sprop-parameter-sets={','.join(_base64(unit) for unit in sets)}",
        ]
    else:
        words = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
        found = [(words[nal_type("h265", unit)], _base64(unit)) for unit in sets]
        fields = [f"{word}={value}" for word, value in found]
    return [
        f"m=video 0 RTP/AVP {kind}",
        f"a=rtpmap:{kind} {name}/90000",
        f"a=fmtp:{kind} {'; '.join(fields)}",
        f"a=framerate:{track.frames_per_second:g}",
        f"a=control:{VIDEO_CONTROL}",
    ]


def _audio_lines(track: AudioTrack) -> list[str]:
    kind = audio_payload_type(track)
    lines = [f"m=audio 0 RTP/AVP {kind}"]
    if track.codec == "aac":
        fields = (
            "streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; "
            f"indexdeltalength=3; config={track.config.hex().upper()}"
        )
        lines += [
            f"a=rtpmap:{kind} MPEG4-GENERIC/{track.sample_rate}/{track.channels}",
            f"a=fmtp:{kind} {fields}",
        ]
    elif track.codec == "opus":
        # RFC 7587: always written as two channels; the packets say what they hold.
        lines += [f"a=rtpmap:{kind} opus/48000/2", f"a=fmtp:{kind} sprop-stereo=1"]
    else:
        channels = f"/{track.channels}" if track.channels > 1 else ""
        lines.append(f"a=rtpmap:{kind} {track.codec.upper()}/{track.sample_rate}{channels}")
    return [*lines, f"a=control:{AUDIO_CONTROL}"]


def write_sdp(tracks: Tracks, *, session_name: str, host: str, session_id: int) -> bytes:
    """The description of one stream.

    Args:
        tracks: video, and perhaps audio.
        session_name: the `s=` line; line breaks become spaces.
        host: the server's address as the client sees it.
        session_id: of the `o=` line; another one when the tracks changed.
    """
    family = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0",
        f"o=- {session_id} 1 IN {family} {host}",
        f"s={' '.join(session_name.split()) or '-'}",
        f"c=IN {family} {'::' if family == 'IP6' else '0.0.0.0'}",  # noqa: S104 - unicast's place holder
        "t=0 0",
        f"a=tool:{TOOL}",
        "a=range:npt=now-",
        "a=control:*",
        *_video_lines(tracks.video),
    ]
    if tracks.audio is not None:
        lines += _audio_lines(tracks.audio)
    return "\r\n".join((*lines, "")).encode()
