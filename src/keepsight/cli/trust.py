"""`keepsight trust`: how a phone comes to trust this machine's own authority."""

import socket
from typing import Annotated

import typer

from keepsight.cli.ask import DataOption
from keepsight.cli.terminal import CommandError, print_json
from keepsight.core.clock import SystemClock
from keepsight.door.config import ConfigError, read_config
from keepsight.door.tls import CertificateError, enrolment
from keepsight.serve.installation import default_data_directory


def trust(
    *,
    data: DataOption = None,
    host: Annotated[
        str | None, typer.Option(help="Name or address by which the phone reaches this machine.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show the address of the root certificate as a QR code, and its fingerprint to compare."""
    path = (data or default_data_directory()) / "door" / "door.json"
    if not path.exists():
        raise CommandError("start `keepsight serve --host 0.0.0.0` there first")
    try:
        shown = enrolment(read_config(path), host or socket.gethostname(), SystemClock())
    except (ConfigError, CertificateError) as error:
        raise CommandError(str(error)) from error
    if as_json:
        print_json({"url": shown.url, "sha256": shown.fingerprint})
        return
    typer.echo(shown.qr)
    typer.echo(f"open {shown.url} on the phone, and compare the SHA-256 fingerprint:")
    typer.echo(shown.fingerprint)
