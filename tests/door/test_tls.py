"""Goal: certificates load, reload and are shown to a person. Method: real handshakes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from keepsight.core.clock import SystemClock
from keepsight.door import tls as tls_module
from keepsight.door.authority import Authority
from keepsight.door.config import DoorConfig, FrontConfig, TlsAuthority, TlsFiles
from keepsight.door.tls import (
    Certificate,
    CertificateError,
    authority_of,
    enrolment,
    machine_addresses,
    qr_text,
)
from tests.hub.clocks import HandClock

FRONT = FrontConfig("0" * 32, "127.0.0.1", 8443, Path("/nowhere"))


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[int]:
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def presented(port: int, root: Path) -> x509.Certificate:
    """The certificate of a verified handshake."""
    context = ssl.create_default_context(cafile=root)
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    connection = writer.get_extra_info("ssl_object")
    assert connection.version() in {"TLSv1.2", "TLSv1.3"}
    der = connection.getpeercert(binary_form=True)
    writer.transport.abort()
    return x509.load_der_x509_certificate(der)


async def test_authority_renews_into_the_running_context(tmp_path: Path) -> None:
    clock = HandClock()
    # the handshake below is checked against today's date
    clock.wall = SystemClock().wall_us()
    config = DoorConfig((FRONT,), TlsAuthority(tmp_path, ()))
    certificate = Certificate(config, clock)
    root = tmp_path / "root.crt"
    async with serving(certificate.context) as port:
        first = await presented(port, root)
        assert not certificate.refresh()
        clock.tick(61 * 24 * 3600)
        assert certificate.refresh()
        (tmp_path / "door.crt").touch()
    assert certificate.authority is not None
    leaf = x509.load_pem_x509_certificate((tmp_path / "door.crt").read_bytes())
    assert leaf.serial_number != first.serial_number
    assert leaf.not_valid_after_utc > first.not_valid_after_utc


async def test_own_files_are_loaded_and_loaded_again(tmp_path: Path) -> None:
    clock = HandClock()
    clock.wall = SystemClock().wall_us()
    makers = [Authority(tmp_path / name, ["127.0.0.1"], clock) for name in ("a", "b")]
    for maker in makers:
        maker.ensure()
    chain, key = tmp_path / "own.crt", tmp_path / "own.key"

    def install(maker: Authority) -> None:
        chain.write_bytes(maker.files.leaf_certificate.read_bytes())
        key.write_bytes(maker.files.leaf_key.read_bytes())

    install(makers[0])
    certificate = Certificate(DoorConfig((FRONT,), TlsFiles(chain, key)), clock)
    assert certificate.authority is None
    async with serving(certificate.context) as port:
        first = await presented(port, makers[0].files.root_certificate)
        install(makers[1])
        assert certificate.refresh()
        second = await presented(port, makers[1].files.root_certificate)
        assert first.serial_number != second.serial_number
        key.write_text("damaged")
        with pytest.raises(CertificateError, match="cannot be used"):
            certificate.refresh()
        assert await presented(port, makers[1].files.root_certificate) == second


def test_files_that_do_not_fit_are_said(tmp_path: Path) -> None:
    clock = HandClock()
    for name in ("a", "b"):
        Authority(tmp_path / name, ["localhost"], clock).ensure()
    mixed = TlsFiles(tmp_path / "a" / "door.crt", tmp_path / "b" / "door.key")
    with pytest.raises(CertificateError, match=r"door\.key"):
        Certificate(DoorConfig((FRONT,), mixed), clock)
    with pytest.raises(CertificateError, match="absent"):
        Certificate(DoorConfig((FRONT,), TlsFiles(tmp_path / "absent", tmp_path / "x")), clock)


async def test_watch_goes_on_after_a_bad_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tls_module, "CHECK_SECONDS", 0.01)
    clock = HandClock()
    Authority(tmp_path, ["localhost"], clock).ensure()
    files = TlsFiles(tmp_path / "door.crt", tmp_path / "door.key")
    certificate = Certificate(DoorConfig((FRONT,), files), clock)
    (tmp_path / "door.crt").write_text("damaged")
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(certificate.keep_fresh())
        async with asyncio.timeout(30):
            while caplog.text.count("the old one stays in use") < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        task.cancel()


def test_old_protocols_are_off(tmp_path: Path) -> None:
    config = DoorConfig((FRONT,), TlsAuthority(tmp_path, ()))
    context = Certificate(config, HandClock()).context
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    names = {cipher["name"] for cipher in context.get_ciphers()}
    assert not [name for name in names if "CBC" in name or "RC4" in name or name.endswith("SHA")]


def test_authority_covers_what_browsers_will_type(tmp_path: Path) -> None:
    tls = TlsAuthority(tmp_path, ("cam.local",))
    authority = authority_of(DoorConfig((FRONT,), tls, host_names=("garage.lan",)), HandClock())
    assert authority is not None
    assert {"localhost", "127.0.0.1", "::1", "cam.local", "garage.lan"} <= set(authority._names)
    assert authority_of(DoorConfig((FRONT,)), HandClock()) is None


def test_addresses_of_the_machine() -> None:
    assert machine_addresses(["127.0.0.1"]) == {"127.0.0.1", "::1"}
    assert machine_addresses(["192.168.1.5", "hub.local"]) == {"127.0.0.1", "::1", "192.168.1.5"}
    assert {"127.0.0.1", "::1"} <= machine_addresses(["0.0.0.0", "::"])


def test_terminal_gets_url_fingerprint_and_a_readable_code(tmp_path: Path) -> None:
    config = DoorConfig((FRONT,), TlsAuthority(tmp_path, ()))
    shown = enrolment(config, "192.168.1.5", HandClock())
    assert shown.url == "https://192.168.1.5:8443/trust"
    assert len(shown.fingerprint) == 95
    lines = shown.qr.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert set(shown.qr) <= set("█▀▄ \n")
    plain = DoorConfig((FRONT,), TlsAuthority(tmp_path, ()), trust_port=8080)
    assert enrolment(plain, "fe80::1", HandClock()).url == "http://[fe80::1]:8080/trust"
    with pytest.raises(CertificateError, match="no local authority"):
        enrolment(DoorConfig((FRONT,)), "x", HandClock())


def test_code_says_what_it_was_given() -> None:
    """Drawn back into modules, it is the symbol that segno makes."""
    import segno

    lines = qr_text("https://hub.local/trust").splitlines()
    upper_lower = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    rows = []
    for line in lines:
        pairs = [upper_lower[character] for character in line]
        rows += [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    symbol = segno.make("https://hub.local/trust", error="m")
    expected = [[int(bool(cell)) for cell in row] for row in symbol.matrix_iter(border=2)]
    assert rows[: len(expected)] == expected
