"""Worker threads for all cameras of a household, one a core less one; each with its own models.

A worker works on one unit of one camera, or on half a second of its sound, at a time, cameras in
turn. A worker that hangs in a decoder or detector is left behind and replaced, its camera (or the
camera's sound) fails with the reason; after too many of them the process ends, so that whoever
started it starts it afresh.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from keepsight.core.clock import Clock
from keepsight.detect.config import CameraConfig
from keepsight.detect.decoder import DecoderError
from keepsight.detect.detector import Detector, DetectorError
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.ear import Ear, EarError, open_ear
from keepsight.detect.pool import Pool
from keepsight.detect.post import Post, WatchState, open_post, reconfigure
from keepsight.detect.sound import SoundPacket
from keepsight.detect.soundpost import SoundPost
from keepsight.detect.unit import Unit
from keepsight.detect.wire import FromWatcher, pack_json

log = logging.getLogger(__name__)

CAMERAS_MAX: Final = 256
UNITS_AT_ONCE: Final = 16
"""Of one camera, before another one's turn."""
HANG_SECONDS: Final = 20.0
"""On one unit; the slowest that was measured, three windows of Lite2 and ten decodes: 0.3 s."""
ABANDONED_MAX: Final = 2
STATE_SECONDS: Final = 10.0
STOP_SECONDS: Final = 5.0
"""For a worker to be done with its unit at the end."""
DETECTORS_MAX: Final = 2
"""Different models that one worker keeps loaded."""

OpenDetector = Callable[[Choice], Detector]
OpenEar = Callable[[], Ear]
Duty = Post | SoundPost


class TooManyHungError(Exception):
    """So many workers hang that the process is better started afresh."""


def workers_default() -> int:
    """One a core less one, for recording and everything else; at least one."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


@dataclass(slots=True)
class _Worker:
    """One thread."""

    number: int
    post: Duty | None = None
    since_us: int = 0
    is_abandoned: bool = False
    thread: threading.Thread | None = None
    detectors: dict[Choice, Detector] = field(default_factory=dict)
    ear: Ear | None = None


class Crew:
    """Shares the cameras' work among threads. All methods may be called from any thread."""

    def __init__(  # noqa: PLR0913 - the last three are for tests
        self,
        send: Callable[[bytes], None],
        clock: Clock,
        *,
        workers: int | None = None,
        open_with: OpenDetector = open_detector,
        hear_with: OpenEar = open_ear,
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        """Args: send takes messages for the hub; the ways to open models and the time for tests."""
        self._send = send
        self._clock = clock
        self._open_with = open_with
        self._hear_with = hear_with
        self._hang_us = int(hang_seconds * 1e6)
        self._changed = threading.Condition()
        self._pools: dict[Choice, Pool] = {}
        self._posts: dict[bytes, Post] = {}
        self._sounds: dict[bytes, SoundPost] = {}
        self._ready: deque[Duty] = deque()
        self._workers: list[_Worker] = []
        self._abandoned = 0
        self._stopped = False
        self._said: dict[bytes, tuple[tuple[object, ...], int]] = {}
        for _ in range(workers or workers_default()):
            self._hire()

    def _hire(self) -> None:
        worker = _Worker(len(self._workers))
        self._workers.append(worker)
        name = f"watch-{worker.number}"
        worker.thread = threading.Thread(target=self._run, args=(worker,), name=name, daemon=True)
        worker.thread.start()

    def watch(self, camera: bytes, config: CameraConfig) -> None:
        """Begin to watch a camera, or go on with another configuration."""
        self._listen(camera, config)
        with self._changed:
            known = self._posts.get(camera)
            is_busy = any(worker.post is known for worker in self._workers if known is not None)
            if known is not None and not is_busy and reconfigure(known, config):
                return
        self._leave(self._posts, camera)
        try:
            post = open_post(camera, config)
        except DecoderError as error:
            document = {"state": WatchState.FAILED.value, "reason": str(error)}
            self._send(pack_json(FromWatcher.STATE, camera, document))
            return
        with self._changed:
            if len(self._posts) < CAMERAS_MAX:
                self._posts[camera] = post
        self.say_states()

    def _listen(self, camera: bytes, config: CameraConfig) -> None:
        """Begin to listen to a camera, go on, or stop, whatever its pictures do."""
        with self._changed:
            known = self._sounds.get(camera)
            if known is not None and known.is_for(config.sound, config.rules):
                return
        self._leave(self._sounds, camera)
        if config.sound is not None and len(self._sounds) < CAMERAS_MAX:
            with self._changed:
                self._sounds[camera] = SoundPost(camera, config.sound, config.rules)

    def forget(self, camera: bytes) -> None:
        """Stop watching a camera; its visits and sounds end."""
        self._leave(self._posts, camera)
        self._leave(self._sounds, camera)

    def _leave(self, posts: dict[bytes, Any], camera: bytes) -> None:
        with self._changed:
            post: Duty | None = posts.pop(camera, None)
            self._said.pop(camera, None)
            if post is None:
                return
            post.queue.clear()
            is_busy = any(worker.post is post for worker in self._workers)
        if not is_busy:
            self._send_all(post.close())

    def put(self, camera: bytes, unit: Unit) -> None:
        """Queue a unit; of an unknown camera it is dropped."""
        with self._changed:
            post = self._posts.get(camera)
            if post is not None and post.failure is None:
                post.put(unit)
                self._rouse(post)

    def hear(self, camera: bytes, packet: SoundPacket) -> None:
        """Queue a packet of sound; of a camera that nobody listens to it is dropped."""
        with self._changed:
            post = self._sounds.get(camera)
            if post is not None and post.failure is None:
                post.put(packet)
                self._rouse(post)

    def _rouse(self, post: Duty) -> None:
        """Have somebody work on it, unless somebody does or will."""
        if post.has_work and post not in self._ready and not self._is_worked_on(post):
            self._ready.append(post)
            self._changed.notify()

    def want_boxes(self, camera: bytes, *, wants: bool) -> None:
        """Whether somebody looks at boxes over the live picture."""
        with self._changed:
            if post := self._posts.get(camera):
                post.wants_boxes = wants

    def want_stills(self, camera: bytes, number: int | None) -> None:
        """Whether somebody looks at stills; each carries the number."""
        with self._changed:
            if post := self._posts.get(camera):
                post.still_number = number

    def _is_worked_on(self, post: Duty) -> bool:
        return any(worker.post is post and not worker.is_abandoned for worker in self._workers)

    def _run(self, worker: _Worker) -> None:
        while True:
            with self._changed:
                while not self._ready and not self._stopped:
                    self._changed.wait()
                if self._stopped or worker.is_abandoned:
                    return
                post = self._ready.popleft()
                worker.post, worker.since_us = post, self._clock.monotonic_us()
            self._work(worker, post)
            with self._changed:
                if not self._is_on_duty(worker):
                    return
                worker.post = None
                posts = self._sounds if isinstance(post, SoundPost) else self._posts
                is_gone = posts.get(post.camera) is not post
                if post.has_work and post.failure is None and not is_gone:
                    self._ready.append(post)
                    self._changed.notify()
            if is_gone:  # forgotten while it was worked on
                self._send_all(post.close())

    def _is_on_duty(self, worker: _Worker) -> bool:
        """Asked anew each time: check() may have left the worker behind meanwhile."""
        return not worker.is_abandoned

    def _work(self, worker: _Worker, post: Duty) -> None:
        # Any: a post's own work takes what it gave itself.
        model: Any
        try:
            if isinstance(post, SoundPost):
                model = self._ear(post, worker)
            else:
                model = self._detector(post, worker.detectors)
            with self._changed:
                batch: list[Any] = list(post.take_some(UNITS_AT_ONCE))
            for taken in batch:
                worker.since_us = self._clock.monotonic_us()
                messages = post.work(taken, model)
                if not self._is_on_duty(worker):
                    return
                self._send_all(messages)
            if isinstance(post, SoundPost):
                with self._changed:
                    self._want_pictures(post)
        except Exception as error:
            # The boundary of the task: one camera's fault is said and stops that camera only.
            log.exception("watching a camera failed")
            post.failure = f"{type(error).__name__}: {error}"

    def _detector(self, post: Post, detectors: dict[Choice, Detector]) -> Detector | None:
        choice = post.config.choice
        if choice is None or post.missing_model is not None:
            return None
        if choice not in detectors:
            if len(detectors) >= DETECTORS_MAX:
                detectors.clear()
            try:
                detectors[choice] = self._opened(choice)
            except DetectorError as error:
                post.missing_model = str(error)
                return None
        return detectors[choice]

    def _opened(self, choice: Choice) -> Detector:
        """A detector of one's own; one for all where it gains by being asked together."""
        with self._changed:
            if choice in self._pools:
                return self._pools[choice]
        detector = self._open_with(choice)  # without the lock: it takes seconds, or hangs
        if detector.batch_max <= 1:
            return detector
        with self._changed:
            if len(self._pools) >= DETECTORS_MAX:
                self._pools.clear()
            return self._pools.setdefault(choice, Pool(detector))

    def _ear(self, post: SoundPost, worker: _Worker) -> Ear | None:
        if post.missing_model is not None:
            return None
        if worker.ear is None:
            try:
                worker.ear = self._hear_with()
            except EarError as error:
                post.missing_model = str(error)
        return worker.ear

    def _want_pictures(self, post: SoundPost) -> None:
        """A sound's event gets the camera's next picture that is looked at."""
        video = self._posts.get(post.camera)
        if video is not None:
            video.wanted_by.extend(post.started)
        post.started.clear()

    def check(self) -> None:
        """Leave hung workers behind. Call about once a second.

        Raises:
            TooManyHungError: it happened too often.
        """
        with self._changed:
            now_us = self._clock.monotonic_us()
            for worker in list(self._workers):
                if worker.post is None or worker.is_abandoned:
                    continue
                if now_us - worker.since_us > self._hang_us:
                    worker.is_abandoned = True
                    what = "half a second" if isinstance(worker.post, SoundPost) else "a picture"
                    worker.post.failure = f"{what} took longer than {self._hang_us // 10**6} s"
                    worker.post.queue.clear()
                    self._abandoned += 1
                    self._hire()
            has_too_many = self._abandoned > ABANDONED_MAX
        self.say_states()
        if has_too_many:
            raise TooManyHungError(f"{self._abandoned} workers hang")

    def say_states(self) -> None:
        """Tell each camera's state when it changed, and every STATE_SECONDS."""
        now_us = self._clock.monotonic_us()
        said = []
        with self._changed:
            for camera, post in self._posts.items():
                sound = self._sounds.get(camera)
                state = (*post.state, *(sound.state if sound else ()))
                known = self._said.get(camera)
                is_known = known is not None and known[0] == state
                if is_known and known and now_us - known[1] < STATE_SECONDS * 1e6:
                    continue
                self._said[camera] = (state, now_us)
                report = {**post.report(), "sound": sound.report() if sound else None}
                said.append(pack_json(FromWatcher.STATE, camera, report))
        self._send_all(said)

    def _send_all(self, messages: list[bytes]) -> None:
        for message in messages:
            self._send(message)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nobody works."""
        with self._changed:
            return not self._ready and all(
                worker.post is None or worker.is_abandoned for worker in self._workers
            )

    def stop(self) -> None:
        """Let the workers go when they are done with their unit, and end all visits."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            cameras = list({**self._posts, **self._sounds})
        for camera in cameras:
            self.forget(camera)
        for worker in self._workers:
            if worker.thread is not None and not worker.is_abandoned:
                worker.thread.join(STOP_SECONDS)
