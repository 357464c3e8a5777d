"""Goal: TLS is recorded, floods wait, and what is sent is bounded. Method: real sockets, a
certificate made for the test, a camera that sends without end."""

import asyncio
import datetime as dt
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from keepsight.core.clock import SystemClock
from keepsight.core.destination import Destination
from keepsight.lan.rtsp import connection
from keepsight.lan.rtsp.client import probe
from keepsight.lan.rtsp.dialogue import ConnectionLostError, NotRtspError, UnreachableError
from keepsight.lan.rtsp.message import Interleaved
from tests.lan.rtsp.scripted import Film, Script, ScriptedCamera
from tests.lan.rtsp.test_client import Units, playing

CLOCK = SystemClock()


@pytest.fixture
def certificate(tmp_path):
    """A camera's self-signed certificate: context for the server, hash of its public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "camera.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return context, hashlib.sha256(spki).hexdigest()


async def test_a_self_signed_camera_plays_and_its_key_is_a_fact(certificate):
    context, key_sha256 = certificate
    async with ScriptedCamera(Script(tls=context)) as camera:
        found = await probe(camera.destination, None, clock=CLOCK)
    assert found.facts.tls_key_sha256 == key_sha256


async def test_tls_where_there_is_none_is_said():
    async with ScriptedCamera(Script(greeting=b"RTSP/1.0 400 Bad Request\r\n\r\n")) as camera:
        destination = Destination("rtsps", "127.0.0.1", camera.port, "/")
        with pytest.raises(NotRtspError, match="TLS"):
            await probe(destination, None, clock=CLOCK)


async def test_a_port_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_SECONDS_MAX", 0.05)

    async def never(*_args, **_kwargs):
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    with pytest.raises(UnreachableError, match="no answer"):
        await probe(Destination("rtsp", "192.0.2.1", 554, "/"), None, clock=CLOCK)


async def test_a_flood_waits_and_pictures_still_come(monkeypatch):
    monkeypatch.setattr(connection, "CHUNKS_PER_SECOND_MAX", 8)

    async def flood(link):
        film = Film()
        junk = Interleaved(7, bytes(60_000)).to_bytes()
        while True:
            for packet in film.next_picture():
                link.writer.write(Interleaved(0, packet).to_bytes())
            link.writer.write(junk)
            await link.writer.drain()

    sink = Units(100_000)
    async with ScriptedCamera(Script(play=flood)) as camera, playing(camera, sink) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await session.run()
        assert session._receiver.chunks <= 8 * 4
    assert len(sink.units) > 10


async def test_a_camera_that_reads_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(connection, "WRITE_BYTES_MAX", 1000)

    async def flood_of_requests(link):
        link.writer.transport.pause_reading()
        await asyncio.sleep(60)

    async with (
        ScriptedCamera(Script(play=flood_of_requests)) as camera,
        playing(camera, Units()) as session,
    ):
        async with asyncio.timeout(30):
            while not session.ended.done():
                session._connection.write(bytes(200_000))
                await asyncio.sleep(0)
        assert isinstance(session.error, ConnectionLostError)
