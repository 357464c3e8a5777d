"""`python -m keepsight.detect.blur IN OUT`: a film in, the same film out with parts made unseen.

Started by the hub for an export, behind the same walls as the watcher. IN and OUT are paths of its
open files; what to do comes as one JSON object on standard input, how far it is goes line by line
to standard output. Pictures are coded anew, with the machine's own encoder looked up by name
(design/decisions/0002); sound is copied or left out.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from keepsight.detect.decoder import PICTURE_PIXELS_MAX, Picture
from keepsight.detect.detector import Detector, DetectorError
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.faces import open_faces
from keepsight.detect.hiding import Hidden, Hiding, HidingCounts
from keepsight.detect.model import DEFAULT_DETECTOR
from keepsight.detect.smear import Blackness, Plane, smear
from keepsight.detect.zones import Point, RuleError, read_rules

SECONDS_MAX: Final = 3600.0
"""Of a film; the hub asks for less."""
WISH_BYTES_MAX: Final = 1 << 20
REPORT_SECONDS: Final = 1.0
"""Of the film, between two lines that say how far it is."""
ENCODERS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("h264_videotoolbox", {}),
    ("libx264", {"preset": "veryfast", "crf": "21", "bf": "0"}),
)
BITS_PER_PIXEL: Final = 0.12
"""For encoders that need a bit rate: about what cameras use themselves."""
LOOKS: Final = (
    "sample_aspect_ratio", "color_range", "colorspace", "color_primaries", "color_trc"
)  # fmt: skip
"""How a picture is to be shown: as before."""
FORMATS: Final = ("yuv420p", "yuvj420p")
_BLACK: Final = {"yuv420p": 16, "yuvj420p": 0}


class BlurError(Exception):
    """This film cannot be made unrecognisable; the text says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done to a film."""

    blurs_faces: bool
    masks: tuple[tuple[Point, ...], ...]
    has_sound: bool


def read_wish(text: bytes) -> Wish:
    """From JSON: `{"blur_faces":bool,"masks":[[[x,y]…]…],"has_sound":bool}`.

    Raises:
        BlurError: it makes no sense.
    """
    try:
        found = json.loads(text)
        masks = read_rules({"masks": found["masks"]}).masks
        return Wish(found["blur_faces"] is True, masks, found["has_sound"] is True)
    except (ValueError, KeyError, TypeError, RuleError) as error:
        raise BlurError(f"the wish cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Shape:
    """Of the pictures that are coded: even sizes, 4:2:0."""

    width: int
    height: int
    form: str
    """One of FORMATS."""

    def fit(self, frame: Any) -> Any:
        """The picture in this shape; itself where it has it."""
        if (frame.width, frame.height, frame.format.name) == (self.width, self.height, self.form):
            return frame
        made = frame.reformat(width=self.width, height=self.height, format=self.form, threads=1)
        made.pts, made.time_base = frame.pts, frame.time_base
        return made


def shape_of(video: Any) -> Shape:
    """The shape for a stream's pictures.

    Raises:
        BlurError: nobody knows how large they are.
    """
    context = video.codec_context
    width, height = context.width & ~1, context.height & ~1
    if width < 2 or height < 2 or width * height > PICTURE_PIXELS_MAX or not context.pix_fmt:
        raise BlurError("its pictures cannot be read")
    return Shape(width, height, context.pix_fmt if context.pix_fmt in FORMATS else FORMATS[0])


class _Encoder:
    """The coded film, as it grows."""

    def __init__(self, output: Any, source: Any, shape: Shape) -> None:
        rate = source.average_rate or Fraction(25)
        name = _encoder_for(shape)
        stream = self._stream = output.add_stream(name, rate=rate)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = shape.width, shape.height, shape.form
        # Copied sound and coded pictures keep the time of the file they come from.
        context.time_base = source.time_base
        context.gop_size = max(1, round(rate * 2))
        context.thread_count = 1
        context.options = dict(ENCODERS)[name]
        if "crf" not in context.options:
            context.bit_rate = int(shape.width * shape.height * float(rate) * BITS_PER_PIXEL)
        for look in LOOKS:
            known = getattr(source.codec_context, look)
            if known is not None:
                setattr(context, look, known)
        self._output = output
        self._last_pts = -(1 << 62)
        self.pictures = 0

    def put(self, frame: Any) -> None:
        frame.pts = max(frame.pts, self._last_pts + 1)
        self._last_pts = frame.pts
        frame.pict_type = 0
        self.pictures += 1
        self._output.mux(self._stream.encode(frame))

    def finish(self) -> None:
        if self.pictures:
            self._output.mux(self._stream.encode(None))


def _encoder_for(shape: Shape) -> str:
    """The first encoder that codes a picture of this shape: being listed proves nothing.

    Raises:
        BlurError: none does.
    """
    for name, options in ENCODERS:
        try:
            context = cast("Any", av.CodecContext.create(name, "w"))
            context.width, context.height, context.pix_fmt = shape.width, shape.height, shape.form
            context.time_base = Fraction(1, 25)
            context.options = options
            trial = av.VideoFrame(shape.width, shape.height, shape.form)
            trial.pts = 0
            if [*context.encode(trial), *context.encode(None)]:
                return name
        except (av.FFmpegError, ValueError):
            continue
    raise BlurError("this machine has no encoder for H.264, so no picture can be changed")


def planes_of(frame: Any) -> tuple[Plane, Plane, Plane]:
    """The planes of a YUV 4:2:0 picture, to be changed in place."""
    return cast(
        "tuple[Plane, Plane, Plane]",
        tuple(
            np.frombuffer(cast("Any", plane), np.uint8).reshape(-1, plane.line_size)[
                : plane.height, : plane.width
            ]
            for plane in frame.planes[:3]
        ),
    )


def _copy(frame: Any) -> Any:
    """Its own picture: the decoder still needs the old one for those after it."""
    copied = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for to, source in zip(planes_of(copied), planes_of(frame), strict=True):
        to[:] = source
    copied.pts, copied.time_base = frame.pts, frame.time_base
    return copied


class _Changer:
    """Makes of each picture what is to be seen of it."""

    def __init__(self, wish: Wish, shape: Shape) -> None:
        black = _BLACK[shape.form]
        self._blackness = Blackness(wish.masks, shape.width, shape.height, black)
        self.smeared = 0
        """Pictures in which something was blurred."""

    def change(self, hidden: Hidden) -> Any:
        frame = hidden.frame
        if not (hidden.boxes or self._blackness.hides_something):
            return frame
        changed = _copy(frame)
        planes = planes_of(changed)
        for box in hidden.boxes:
            for plane in planes:
                smear(plane, box)
        self.smeared += bool(hidden.boxes)
        if self._blackness.hides_something:
            self._blackness.over(planes)
        return changed


class _Plain:
    """In place of Hiding where no face is to be blurred."""

    counts = HidingCounts()

    def put(self, picture: Picture) -> list[Hidden]:
        return [Hidden(picture.frame, ())]

    def finish(self) -> list[Hidden]:
        return []


def _decoded(packet: Any, shape: Shape) -> Iterator[Any]:
    try:
        frames = packet.decode()
    except av.FFmpegError:
        return
    for frame in frames:
        if frame.pts is not None and frame.width * frame.height <= PICTURE_PIXELS_MAX:
            yield shape.fit(frame)


@dataclass(slots=True)
class _Work:
    """One film on its way through."""

    hiding: Hiding | _Plain
    changer: _Changer
    encoder: _Encoder
    shape: Shape
    scaler: VideoReformatter

    def pictures(self, packet: Any) -> None:
        for frame in _decoded(packet, self.shape):
            media_us = int(frame.pts * frame.time_base * 1_000_000)
            self.give(self.hiding.put(Picture(frame, self.scaler, media_us, media_us)))

    def give(self, hidden: list[Hidden]) -> None:
        for each in hidden:
            self.encoder.put(self.changer.change(each))


def blur_film(
    source: str,
    target: str,
    wish: Wish,
    hiding: Hiding | None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> dict[str, int]:
    """Make the film.

    Args:
        source: path of an MP4.
        target: path of the MP4 to be written.
        wish: what to do.
        hiding: finds faces; None where none are to be blurred.
        on_progress: gets 0 to 1 now and then.

    Returns:
        {"pictures","duration_us","size_bytes","smeared","faces","heads"}.

    Raises:
        BlurError: it is no film, too long, or nothing here can code it.
        DetectorError: a model failed.
        av.FFmpegError: FFmpeg refuses the content.
    """
    with av.open(source) as film:
        if not film.streams.video:
            raise BlurError("there are no pictures in it")
        seconds = float(film.duration or 0) / av.time_base
        if not 0 < seconds <= SECONDS_MAX:
            raise BlurError(f"it is longer than {SECONDS_MAX / 60:.0f} minutes, or of no length")
        with av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as output:
            work = _made(film, output, wish, hiding, lambda at: on_progress(min(1.0, at / seconds)))
    with av.open(target) as written:
        pictures = sum(1 for packet in written.demux(video=0) if packet.size)
        duration_us = int(written.duration or 0)
    if pictures != work.encoder.pictures or not pictures:
        raise BlurError(f"{work.encoder.pictures} pictures were coded and {pictures} can be read")
    counts = work.hiding.counts
    return {
        "pictures": pictures,
        "duration_us": duration_us,
        "size_bytes": Path(target).stat().st_size,
        "smeared": work.changer.smeared,
        "faces": counts.faces,
        "heads": counts.heads,
    }


def _made(
    film: Any, output: Any, wish: Wish, hiding: Hiding | None, on_second: Callable[[float], None]
) -> _Work:
    video = film.streams.video[0]
    video.codec_context.thread_count = 1
    shape = shape_of(video)
    encoder = _Encoder(output, video, shape)
    sounds = film.streams.audio[:1] if wish.has_sound else []
    copied = {each.index: output.add_stream_from_template(each) for each in sounds}
    work = _Work(hiding or _Plain(), _Changer(wish, shape), encoder, shape, VideoReformatter())
    said = 0.0
    for packet in film.demux(video, *sounds):
        if packet.stream.index != video.index:
            if packet.dts is not None:
                packet.stream = copied[packet.stream.index]
                output.mux(packet)
            continue
        if packet.pts is not None and packet.pts * packet.time_base > said + REPORT_SECONDS:
            said = float(packet.pts * packet.time_base)
            on_second(said)
        work.pictures(packet)
    work.give(work.hiding.finish())
    work.encoder.finish()
    return work


def open_hiding() -> Hiding:
    """What finds faces and people, with the installed models.

    Raises:
        DetectorError: one of them cannot be had.
    """
    people: Detector = open_detector(Choice(DEFAULT_DETECTOR))
    return Hiding(open_faces(), people)


def main() -> int:
    """Run the process; every line of standard output is one JSON object."""
    os.umask(0o077)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what foreign code prints must not get between the answers
    av.logging.set_level(None)

    def say(**what: object) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    try:
        wish = read_wish(sys.stdin.buffer.read(WISH_BYTES_MAX))
        hiding = open_hiding() if wish.blurs_faces else None
        done = blur_film(
            sys.argv[1], sys.argv[2], wish, hiding, lambda share: say(share=round(share, 3))
        )
    except (BlurError, DetectorError, av.FFmpegError, OSError, IndexError, ValueError) as error:
        say(error=str(error))
        return 1
    say(done=done)
    return 0


if __name__ == "__main__":
    from keepsight.detect.confine import leave_network, limit

    limit()
    leave_network()
    sys.exit(main())
