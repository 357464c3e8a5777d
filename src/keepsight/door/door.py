"""Builds and runs the door: one front for each household, one certificate, one set of UI files.

Read this first. The door holds no key. It may be started before the hubs, outlive them, and be told
of new households by SIGHUP.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from aiohttp import web

from keepsight.core.clock import Clock
from keepsight.door.answers import refusal
from keepsight.door.config import ConfigError, DoorConfig, FrontConfig, TlsFiles, read_config
from keepsight.door.front import Front, ListenError, serve_application
from keepsight.door.gate import Gate
from keepsight.door.headers import add_security_headers
from keepsight.door.tls import Certificate, CertificateError, machine_names
from keepsight.door.trust import Trust
from keepsight.door.ui import Ui

log = logging.getLogger(__name__)

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Door:
    """The running door."""

    def __init__(self, config: DoorConfig, clock: Clock, announce: Callable[[str], None]) -> None:
        """`announce` is called with `listening <url>` once for each household's address.

        Raises:
            CertificateError: the certificate cannot be loaded.
        """
        self._config = config
        self._clock = clock
        self._announce = announce
        self._ui = Ui(config.ui)
        self._certificate = Certificate(config, clock) if config.tls is not None else None
        authority = self._certificate.authority if self._certificate else None
        self._trust = Trust(authority.root) if authority else None
        self._fronts: dict[str, tuple[Front, asyncio.Task[None]]] = {}
        self._trust_stack = AsyncExitStack()

    async def run(self, reload: asyncio.Event, stop: asyncio.Event, path: Path | None) -> None:
        """Serve until `stop` is set; read the configuration at `path` again when `reload` is.

        Raises:
            ListenError: an address cannot be listened on at start.
        """
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._serve_trust()
                for front in self._config.fronts:
                    await self._open(front, tasks)
                background = [tasks.create_task(self._watch_reload(reload, path, tasks))]
                if self._certificate is not None:
                    background.append(tasks.create_task(self._certificate.keep_fresh()))
                await stop.wait()
                for task in background:
                    task.cancel()
            finally:
                for household in tuple(self._fronts):
                    await self._close(household)
                await self._trust_stack.aclose()

    async def _open(self, config: FrontConfig, tasks: asyncio.TaskGroup) -> None:
        front = Front(
            config,
            ui=self._ui,
            clock=self._clock,
            ssl_context=self._certificate.context if self._certificate else None,
            trust=self._trust,
            host_names=machine_names() | frozenset(self._config.host_names),
            origins=self._config.origins,
            cache_bytes_max=self._config.cache_bytes_max,
            has_public_certificate=isinstance(self._config.tls, TlsFiles),
        )
        try:
            await front.start()
        except BaseException:
            await front.stop()
            raise
        self._fronts[config.household] = front, tasks.create_task(front.run())
        for url in front.urls:
            self._announce(f"listening {url}")

    async def _close(self, household: str) -> None:
        front, task = self._fronts.pop(household)
        task.cancel()
        await front.stop()

    async def _watch_reload(
        self, reload: asyncio.Event, path: Path | None, tasks: asyncio.TaskGroup
    ) -> None:
        while True:
            await reload.wait()
            reload.clear()
            try:
                await self._reload(path, tasks)
            except (ConfigError, CertificateError, ListenError) as error:
                log.error("%s; everything else goes on", error)  # noqa: TRY400 - says it all

    async def _reload(self, path: Path | None, tasks: asyncio.TaskGroup) -> None:
        """Open new households, close those that are gone, leave the others alone.

        Everything else in the configuration counts for what is opened from now on; a change
        between TLS and none needs a new process.
        """
        self._ui.reload()
        if self._certificate is not None:
            await asyncio.to_thread(self._certificate.refresh)
        if path is None:
            return
        config = await asyncio.to_thread(read_config, path)
        self._config = config
        wanted = {front.household: front for front in config.fronts}
        for household, (front, _) in tuple(self._fronts.items()):
            if wanted.get(household) != front.config:
                await self._close(household)
        for household, front_config in wanted.items():
            if household not in self._fronts:
                await self._open(front_config, tasks)

    async def _serve_trust(self) -> None:
        """Plain HTTP for the root certificate: a phone that does not trust it yet can get it."""
        if self._config.trust_port is None or self._trust is None or not self._config.fronts:
            return
        trust = self._trust

        async def answer(request: web.Request) -> web.Response:
            path = request.raw_path
            response = trust.serve(path, request.method) if path in trust.paths else refusal(404)
            add_security_headers(response.headers, "", is_tls=False)
            return response

        app = web.Application(client_max_size=1024)
        app.router.add_route("*", "/{path:.*}", answer)
        urls = await serve_application(
            app, self._config.fronts[0].host, self._config.trust_port,
            ssl_context=None, gate=Gate(), stack=self._trust_stack,
        )  # fmt: skip
        for url in urls:
            self._announce(f"trust {url}/trust")


async def run_door(
    config: DoorConfig, clock: Clock, path: Path | None = None, *, is_child: bool = False
) -> None:
    """Run the door of this process: SIGTERM and SIGINT stop it, SIGHUP reads `path` again.

    A child also stops at the end of its standard input, which a dead supervisor's is.

    Raises:
        CertificateError, ListenError: it cannot start, with what to do.
    """
    reload, stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    if is_child:
        _stop_with_input(loop, stop)
    try:
        await Door(config, clock, _announce).run(reload, stop, path)
    except* (ListenError, CertificateError) as group:
        raise group.exceptions[0] from None


def _stop_with_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def on_input() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop.set()

    loop.add_reader(0, on_input)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
