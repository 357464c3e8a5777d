"""What listening to a camera costs, against decoding its sound alone in the same run.

The floor: PyAV decodes each packet and nothing is done with the samples. Sounds are made here:
silence, steady noise that has been learned, and speech-like bursts that all have to be asked about.
"""

import time
from typing import Final

import av
import numpy as np
from tests.detect.noises import code_sound, in_steps, silence, smoke_alarm, white_noise

from benchmarks.figure import Figure
from keepsight.detect.ear import EarError, open_ear
from keepsight.detect.heard import SoundBook
from keepsight.detect.hearing import Hearing
from keepsight.detect.sound import SOUND_KINDS, SoundFormat, SoundPacket
from keepsight.detect.soundtrack import Soundtrack
from keepsight.detect.zones import Rules

CODECS: Final = ("aac", "aac48", "opus", "pcma")
SECONDS: Final = 120
LEARN_SECONDS: Final = 60
"""Of the beginning, left out: noise is asked about until it is learned."""
DECODERS: Final = {"aac": "aac", "opus": "opus", "pcma": "pcm_alaw"}
GOAL_MS: Final = 1.0


def _floor(form: SoundFormat, packets: list[SoundPacket]) -> float:
    """CPU milliseconds a second, decoding alone."""
    context = av.CodecContext.create(DECODERS[form.codec], "r")
    if form.config:
        context.extradata = form.config
    else:
        context.sample_rate, context.layout = form.sample_rate, "mono"
    begun = time.process_time()
    for packet in packets:
        context.decode(av.Packet(packet.data))
    return 1000 * (time.process_time() - begun) / _length(packets)


def _length(packets: list[SoundPacket]) -> float:
    return (packets[-1].media_us - packets[0].media_us) / 1e6


def _ours(form: SoundFormat, packets: list[SoundPacket], hearing: Hearing) -> float:
    del form
    begun = time.process_time()
    for group in in_steps(packets):
        hearing.feed(group)
    return 1000 * (time.process_time() - begun) / _length(packets)


def run() -> list[Figure]:
    """The figures of each codec and kind of sound."""
    try:
        ear = open_ear()
    except EarError as error:
        print(f"  {error}")
        return []
    kinds = tuple(kind.name for kind in SOUND_KINDS)
    alarms = smoke_alarm(SECONDS // 4)
    sounds = {
        "silence": silence(SECONDS),
        "noise": white_noise(SECONDS, 0.02),
        "all_asked": alarms + white_noise(len(alarms) / 16_000, 0.02)[: len(alarms)],
    }
    figures = []
    for codec in CODECS:
        for name, samples in sounds.items():
            form, packets = code_sound(np.asarray(samples), codec)
            begun_us = LEARN_SECONDS * 1_000_000
            early = [each for each in packets if each.media_us < begun_us]
            late = packets[len(early) :]
            hearing = Hearing(Soundtrack(form), SoundBook(kinds, Rules()), ear)
            _ours(form, early, hearing)
            before = (hearing.counts.windows, hearing.counts.asked)
            value = _ours(form, late, hearing)
            asked = hearing.counts.asked - before[1]
            windows = hearing.counts.windows - before[0]
            is_quiet = name != "all_asked"
            figure = Figure(
                f"detect_sound.{codec}_{name}",
                value,
                "CPU ms/s",
                "decoding alone",
                _floor(form, late),
                f"{GOAL_MS:g} CPU ms/s in quiet" if is_quiet else "",
                value <= GOAL_MS if is_quiet else None,
                f"asked about {asked} of {windows} windows",
            )
            figures.append(figure)
            print(f"  {figure.bench}: {value:.2f} against {figure.peer_value:.2f}; {figure.note}")
    return figures
