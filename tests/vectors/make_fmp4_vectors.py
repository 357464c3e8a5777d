"""Writes fmp4.json: what the hub writes as fMP4, and what the browser must read out of it.

Run it as `python -m tests.vectors.make_fmp4_vectors` after a change of hub/mp4.py.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from keepsight.hub import mp4
from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, StreamFormat, VideoFormat

PATH: Final = Path(__file__).with_name("fmp4.json")
_H264: Final = VideoFormat(
    "h264",
    320,
    180,
    (bytes.fromhex("6742c00cda05067e7840000003004000000a23c50aa8"), bytes.fromhex("68ce0fc8")),
    "avc1.42c00c",
)
_H265_SETS: Final = (
    "40010c01ffff01600000030090000003000003003cba0240",
    "42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2e68080000003008000000a04",
    "4401c0718312",
)
_H265: Final = VideoFormat(
    "h265", 320, 180, tuple(map(bytes.fromhex, _H265_SETS)), "hvc1.1.6.L60.90"
)
_AAC: Final = AudioFormat("aac", 16_000, 1, bytes.fromhex("1408"), "mp4a.40.2", 16_000)
_OPUS: Final = AudioFormat("opus", 48_000, 2, b"", "opus", 48_000)
_ALAW: Final = AudioFormat("pcma", 8_000, 1, b"", "alaw", 8_000)
_ULAW: Final = AudioFormat("pcmu", 8_000, 1, b"", "ulaw", 8_000)


def _track(video: VideoFormat) -> dict[str, Any]:
    return {
        "id": mp4.VIDEO_TRACK, "kind": "video", "codec": video.codec_string,
        "timescale": video.clock_rate, "width": video.width, "height": video.height,
    }  # fmt: skip


def _sound(audio: AudioFormat) -> dict[str, Any]:
    return {
        "id": mp4.AUDIO_TRACK, "kind": "audio", "codec": audio.codec_string,
        "timescale": audio.clock_rate, "sampleRate": audio.sample_rate,
        "channels": audio.channels, "config": audio.config.hex(),
    }  # fmt: skip


def _inits() -> Iterator[dict[str, Any]]:
    for video in (_H264, _H265):
        yield {"bytes": mp4.init_segment(StreamFormat(video)).hex(), "tracks": [_track(video)]}
    for audio in (_AAC, _OPUS, _ALAW, _ULAW):
        both = mp4.init_segment(StreamFormat(_H264, audio))
        yield {"bytes": both.hex(), "tracks": [_track(_H264), _sound(audio)]}
        yield {"bytes": mp4.audio_init_segment(audio).hex(), "tracks": [_sound(audio)]}


def _unit(
    ticks: int, data: bytes, *, is_video: bool = True, is_key: bool = False, late: int = 0
) -> AccessUnit:
    return AccessUnit(is_video, ticks, 0, 0, is_key, [data], len(data), composition_ticks=late)


def _fragments() -> Iterator[dict[str, Any]]:
    key = [_unit(900_000, b"keyframe", is_key=True)]
    rest = [_unit(904_500, b"one", late=4500), _unit(909_000, b"", late=9000)]
    sound = [_unit(1000 + 1024 * i, bytes((i,)) * 5, is_video=False) for i in range(3)]
    runs = {
        "a still": [mp4.Run(mp4.VIDEO_TRACK, 900_000, key, 904_500)],
        "pictures and sound": [
            mp4.Run(mp4.VIDEO_TRACK, 890_000, rest, 904_500, 0),
            mp4.Run(mp4.AUDIO_TRACK, 1000, sound, 1000 + 3 * 1024),
        ],
        "a time beyond 32 bits": [mp4.Run(mp4.VIDEO_TRACK, -(1 << 40), key, 904_500)],
    }
    for name, made in runs.items():
        samples = []
        for run in made:
            ticks = [unit.media_ticks - unit.composition_ticks for unit in run.units]
            for unit, start, end in zip(run.units, ticks, [*ticks[1:], run.end_ticks], strict=True):
                samples.append({
                    "track": run.track, "data": unit.join().hex(),
                    "decodeTicks": start - run.zero_ticks, "durationTicks": end - start,
                    "compositionTicks": unit.composition_ticks,
                    "isSync": unit.is_keyframe or not unit.is_video,
                })  # fmt: skip
        yield {"name": name, "bytes": mp4.fragment(7, *made).hex(), "samples": samples}


def document() -> dict[str, Any]:
    """The whole file."""
    return {
        "made_by": "tests/vectors/make_fmp4_vectors.py",
        "inits": list(_inits()),
        "fragments": list(_fragments()),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(document(), indent=1) + "\n")
