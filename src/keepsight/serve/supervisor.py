"""Builds and runs an installation: hubs first, then the door in front of them."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.hub.sockets import run_directory
from keepsight.serve.child import Child
from keepsight.serve.installation import Installation

log = logging.getLogger(__name__)
START_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line chose."""

    port: int
    host: str = "127.0.0.1"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    host_names: tuple[str, ...] = ()
    trust_port: int | None = None
    """Plain HTTP for the local authority's root certificate and nothing else."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the door."""
        return self.host in ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Ready:
    """What the supervisor learnt once everything listens."""

    urls: tuple[str, ...]
    """One a household, in order."""
    hubs: tuple[dict[str, Any], ...]
    """Each hub's first line: state and, while unclaimed, the set-up code."""


class _FirstLines:
    """Waits for the first line of each of several children."""

    def __init__(self, names: Iterable[str]) -> None:
        loop = asyncio.get_running_loop()
        self.lines: dict[str, asyncio.Future[str]] = {n: loop.create_future() for n in names}

    def of(self, name: str, wanted: Callable[[str], bool]) -> Callable[[str], None]:
        def take(line: str) -> None:
            if wanted(line) and not self.lines[name].done():
                self.lines[name].set_result(line)
            else:
                log.info("%s: %s", name, line)

        return take


def door_document(installation: Installation, options: ServeOptions) -> dict[str, Any]:
    """The door's configuration (`door/config.py`)."""
    tls: dict[str, Any] | None = None
    if options.tls_cert and options.tls_key:
        tls = {"certificate": str(options.tls_cert), "key": str(options.tls_key)}
    elif not options.is_loopback:
        tls = {"authority": str(installation.data / "door"), "names": list(options.host_names)}
    return {
        "households": [
            {
                "household": place.household,
                "host": options.host,
                "port": options.port + place.port_offset if options.port else 0,
                "run_dir": str(run_directory(place.directory)),
            }
            for place in installation.places
        ],
        "tls": tls,
        "host_names": list(options.host_names),
        "trust_port": options.trust_port if tls and "authority" in tls else None,
    }


def hub_child(directory: Path, config: dict[str, Any], on_line: Callable[[str], None]) -> Child:
    """A household's hub."""
    return Child(
        f"hub {directory.name[:8]}",
        ("-m", "keepsight.hub", "--directory", str(directory)),
        on_line,
        json.dumps(config).encode() + b"\n",
    )


def shown_url(url: str) -> str:
    """The address for people; browsers treat `localhost` as a secure origin, and so do we."""
    return url.replace("://127.0.0.1:", "://localhost:").replace("://[::1]:", "://localhost:")


async def supervise(
    installation: Installation,
    options: ServeOptions,
    hub_config: dict[str, Any],
    on_ready: Callable[[Ready], None],
) -> None:
    """Run until cancelled.

    Args:
        installation: the households to serve.
        options: address and certificates.
        hub_config: handed to each hub on its standard input.
        on_ready: called once when all listen.

    Raises:
        ExceptionGroup: a child could not start (ChildFailedError) or not in time (TimeoutError).
    """
    config_path = installation.data / "door" / "door.json"
    config_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    config_path.write_text(json.dumps(door_document(installation, options), indent=1))
    hub_names = [f"hub {place.household[:8]}" for place in installation.places]
    first = _FirstLines(hub_names)
    urls: asyncio.Queue[str] = asyncio.Queue()

    def on_door_line(line: str) -> None:
        if line.startswith("listening "):
            urls.put_nowait(line.removeprefix("listening "))
        else:
            log.info("door: %s", line)

    async with asyncio.TaskGroup() as tasks:
        for place, name in zip(installation.places, hub_names, strict=True):
            on_line = first.of(name, lambda line: line.startswith("{"))
            tasks.create_task(hub_child(place.directory, hub_config, on_line).run(), name=name)
        async with asyncio.timeout(START_SECONDS_MAX):
            hubs = [json.loads(await first.lines[name]) for name in hub_names]
        door = Child(
            "door", ("-m", "keepsight.door", "--child", "--config", str(config_path)), on_door_line
        )
        tasks.create_task(door.run(), name="door")
        async with asyncio.timeout(START_SECONDS_MAX):
            found = [await urls.get() for _ in installation.places]
        on_ready(Ready(tuple(shown_url(url) for url in found), tuple(hubs)))
