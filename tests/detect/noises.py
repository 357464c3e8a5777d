"""Sounds for tests: tones, noise and alarms by formula, speech from espeak-ng; coded as cameras do.

No recorded sound: there is none here that may be used. What these show is that the chain works and
what it does not raise, not how well it hears a real room.
"""

import shutil
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest

from keepsight.detect.sound import SAMPLE_RATE, SoundFormat, SoundPacket

WALL_US = 10**15
CODERS = {
    "aac": ("aac", "fltp", 16_000),
    "aac48": ("aac", "fltp", 48_000),
    "opus": ("libopus", "flt", 48_000),
    "pcma": ("pcm_alaw", "s16", 8_000),
    "pcmu": ("pcm_mulaw", "s16", 8_000),
}


def times(seconds):
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def silence(seconds):
    return np.zeros(int(seconds * SAMPLE_RATE))


def tone(hertz, seconds, loud=0.3):
    at = times(seconds)
    return loud * (np.sin(2 * np.pi * hertz * at) + 0.1 * np.sin(4 * np.pi * hertz * at)) / 1.1


def smoke_alarm(rounds=4, hertz=3100):
    """T3 of ISO 8201: three beeps of 0.5 s, 0.5 s apart, then 1.5 s of silence."""
    beep, gap = tone(hertz, 0.5), silence(0.5)
    return np.concatenate([np.concatenate([beep, gap] * 3 + [silence(1.0)]) for _ in range(rounds)])


def co_alarm(rounds=3, hertz=3100, stretch=1.0):
    """T4 of UL 2034: four beeps of 0.1 s, 0.1 s apart, then 5 s of silence."""
    beep, gap = tone(hertz, 0.1 * stretch), silence(0.1 * stretch)
    one = np.concatenate([beep, gap] * 4 + [silence(4.9 * stretch)])
    return np.concatenate([one] * rounds)


def in_room(sound, fade_seconds, wet=1.0, seed=5):
    """With an echo that fades by 60 dB in so long, and is `wet` times as strong as the sound."""
    count = int(fade_seconds * SAMPLE_RATE)
    fading = 10 ** (-3 * np.arange(count) / count)
    echo = np.random.default_rng(seed).normal(0, 1, count) * fading
    echo *= wet / np.sqrt((echo**2).sum())
    echo[0] += 1
    size = 1 << (len(sound) + count).bit_length()
    made = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echo, size), size)[: len(sound)]
    return 0.4 * made / np.abs(made).max()


def white_noise(seconds, loud=0.1, seed=1):
    return np.random.default_rng(seed).normal(0, loud, int(seconds * SAMPLE_RATE))


def tune(seconds, seed=2):
    """Plucked notes one after the other."""
    generator = np.random.default_rng(seed)
    at = times(0.4)
    notes = []
    while len(notes) * 0.4 < seconds:
        hertz = generator.choice([262, 294, 330, 349, 392, 440, 494, 523])
        partials = ((1, 0.5), (2, 0.25), (3, 0.1), (1.25, 0.3))
        notes.append(
            0.4
            * np.exp(-3 * at)
            * sum(loud * np.sin(2 * np.pi * hertz * times_ * at) for times_, loud in partials)
        )
    return np.concatenate(notes)


def shattering(seed=3):
    """A crash and a rain of high partials."""
    generator = np.random.default_rng(seed)
    at = times(1.5)
    made = generator.normal(0, 0.7, len(at)) * np.exp(-25 * at)
    for _ in range(60):
        start, hertz = generator.exponential(0.12), generator.uniform(2500, 7600)
        decay, loud = generator.uniform(8, 40), generator.uniform(0.02, 0.2)
        ringing = at >= start
        since = at[ringing] - start
        made[ringing] += loud * np.exp(-decay * since) * np.sin(2 * np.pi * hertz * since)
    return 0.6 * made


def speech(text, voice="en"):
    """Said by espeak-ng, where it is installed (tests/system_packages.sh)."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed")
    said = subprocess.run(
        [program, "-v", voice, "--stdout", text], capture_output=True, check=True, timeout=60
    ).stdout
    samples = np.frombuffer(said[44 : len(said) // 2 * 2], np.int16) / 32768
    return stretched(samples, 22_050, SAMPLE_RATE)


def stretched(samples, rate, wanted):
    count = int(len(samples) * wanted / rate)
    return np.interp(np.arange(count) * rate / wanted, np.arange(len(samples)), samples)


def code_sound(samples, codec="aac", *, start_us=0, layout="mono"):
    """(format, packets) of 16 kHz samples, as a camera sends them; G.711 in pieces of 20 ms."""
    name, sample_format, rate = CODERS[codec]
    coder = av.CodecContext.create(name, "w")
    coder.sample_rate, coder.layout, coder.format = rate, layout, sample_format
    coder.time_base = Fraction(1, rate)
    if name in ("aac", "libopus"):
        coder.bit_rate = 32_000
    coder.open()
    size = coder.frame_size or rate // 50
    samples = stretched(samples, SAMPLE_RATE, rate)
    channels = 2 if layout == "stereo" else 1
    coded = []
    for position in range(0, len(samples) - size, size):
        piece = samples[position : position + size].clip(-1, 1)
        piece = (piece * 32767).astype(np.int16) if sample_format == "s16" else piece
        rows = np.tile(piece.astype(np.int16 if sample_format == "s16" else np.float32), (2, 1))
        rows = rows[:channels]
        if channels == 2 and not sample_format.endswith("p"):
            rows = rows.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(rows), format=sample_format, layout=layout
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
        coded += [bytes(packet) for packet in coder.encode(frame)]
    config = bytes(coder.extradata or b"") if name == "aac" else b""
    packets = []
    for number, data in enumerate(coded):
        us = start_us + int(number * size * 1_000_000 / rate)
        packets.append(SoundPacket(us, us + WALL_US, data))
    return SoundFormat(codec.removesuffix("48"), config, rate, channels), packets


def in_steps(packets, seconds=0.5):
    """Packets in the groups in which a watcher takes them."""
    group = []
    for packet in packets:
        group.append(packet)
        if packet.media_us - group[0].media_us >= seconds * 1e6:
            yield group
            group = []
    if group:
        yield group
