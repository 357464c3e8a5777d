"""`keepsight serve` and `keepsight demo`."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from keepsight.cli.terminal import CommandError
from keepsight.core.secret import Secret
from keepsight.serve.child import ChildFailedError
from keepsight.serve.demo import run_demo
from keepsight.serve.installation import (
    DEFAULT_PORT,
    InstallationError,
    default_data_directory,
    ensure_installation,
)
from keepsight.serve.supervisor import Ready, ServeOptions, supervise

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data directory (default: in your user data).")
]


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run until it ends or SIGINT or SIGTERM comes; everything started is stopped in order."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        uvloop.run(_until_signal(work))
    except* ChildFailedError as group:
        raise CommandError("could not start; the reason is above") from group
    except* TimeoutError as group:
        raise CommandError("something did not start in time; the messages are above") from group


def _say_ready(ready: Ready) -> None:
    for url, hub in zip(ready.urls, ready.hubs, strict=True):
        typer.echo(f"ready {url}")
        if hub["state"] == "unclaimed":
            typer.echo(f"  first run: open the page and enter the set-up code {hub['setup_code']}")
        elif hub["state"] == "locked":
            typer.echo("  locked: sign in once to unlock it; nothing is recorded until then")


def serve(  # noqa: PLR0913 - the command line's contract
    *,
    data: DataOption = None,
    port: Annotated[int, typer.Option(help="Port of the first household's page.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Host name under which people open it.")
    ] = None,
    trust_port: Annotated[
        int | None, typer.Option(help="Offer the local authority's root certificate here too.")
    ] = None,
) -> None:
    """Run Keepsight: open the page it prints; the first visit is a set-up wizard."""
    if (tls_cert is None) != (tls_key is None):
        raise CommandError("give both --tls-cert and --tls-key, or neither")
    for path in (tls_cert, tls_key):
        if path is not None and not path.is_file():
            raise CommandError(f"{path} is not a file")
    try:
        installation = ensure_installation(data or default_data_directory())
    except InstallationError as error:
        raise CommandError(str(error)) from error
    options = ServeOptions(port, host, tls_cert, tls_key, tuple(name or ()), trust_port)
    _run(supervise(installation, options, {}, _say_ready))


def demo(
    *,
    data: Annotated[Path, typer.Option(help="Where the demo household lives.")] = Path(
        "keepsight-demo"
    ),
    port: Annotated[int, typer.Option(help="Port of the page.")] = DEFAULT_PORT,
    clip: Annotated[
        list[Path] | None, typer.Option("--clip", help="Loop this video instead of a drawn scene.")
    ] = None,
) -> None:
    """Two simulated cameras, a hub and a door on this machine, to look around."""
    for path in clip or ():
        if not path.is_file():
            raise CommandError(f"{path} is not a file")

    def say_ready(url: str, passphrase: Secret) -> None:
        typer.echo(f"ready {url}")
        typer.echo(f"  the page signs in by itself; elsewhere: demo / {passphrase.reveal()}")
        typer.echo("  Ctrl-C stops it")

    try:
        _run(run_demo(data, port, tuple(clip or ()), say_ready))
    except InstallationError as error:
        raise CommandError(str(error)) from error
