"""A real MQTT broker for tests: mosquitto with TLS, its own authority, a user and a password."""

import asyncio
import contextlib
import getpass
import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass, field, replace

import aiomqtt
import pytest

from keepsight.core.secret import Secret
from keepsight.hub.notices.broker import BrokerServer
from tests.mail_server import make_certificate
from tests.ports import free_port

USER, PASSWORD = "hub", "s3cret-of-broker"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
MOSQUITTO = shutil.which("mosquitto", path=PATH)
MAKE_PASSWORD = shutil.which("mosquitto_passwd", path=PATH)
needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None or MAKE_PASSWORD is None,
    reason="mosquitto is missing: run tests/system_packages.sh",
)


@dataclass
class Mosquitto:
    """The broker's process, which can be stopped and started again at the same place."""

    folder: object
    server: BrokerServer
    process: asyncio.subprocess.Process | None = None

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            *(MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
                    writer.close()
                    return
                assert self.process.returncode is None, "mosquitto ended at once"
                await asyncio.sleep(0.02)

    async def stop(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    @contextlib.asynccontextmanager
    async def ear(self, topic="#"):
        """A client that hears everything, retained messages first."""
        context = None
        if self.server.security == "tls":
            context = ssl.create_default_context(cadata=self.server.authority_pem)
        client = aiomqtt.Client(
            "localhost",
            self.server.port,
            username=USER,
            password=PASSWORD,
            tls_context=context,
        )
        ear = Ear()
        async with client:
            await client.subscribe(topic, qos=1)
            listening = asyncio.ensure_future(ear.listen(client))
            try:
                yield ear
            finally:
                listening.cancel()


@dataclass
class Ear:
    """What was heard."""

    heard: list = field(default_factory=list)
    """(topic, payload, was retained) in order."""
    stands: dict = field(default_factory=dict)
    """The last word of each topic."""

    async def listen(self, client):
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in client.messages:
                topic = str(message.topic)
                self.heard.append((topic, message.payload, message.retain))
                self.stands[topic] = message.payload

    async def wait_for(self, question, seconds=20):
        async with asyncio.timeout(seconds):
            while not question(self):  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.02)


def _write_passwords(folder):
    subprocess.run(
        [MAKE_PASSWORD, "-b", "-c", str(folder / "passwords"), USER, PASSWORD],
        check=True,
        capture_output=True,
    )


@contextlib.asynccontextmanager
async def mosquitto(folder, security="tls"):
    """A running broker; stopped at the end."""
    authority = make_certificate(folder)
    port = free_port()
    _write_passwords(folder)
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {folder / 'passwords'}",
        "persistence false",
        f"user {getpass.getuser()}",
    ]
    if security == "tls":
        lines += [f"certfile {folder / 'cert.pem'}", f"keyfile {folder / 'key.pem'}"]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    server = BrokerServer("localhost", port, security, USER, Secret(PASSWORD), authority)
    if security == "none":
        server = replace(server, authority_pem="")
    broker = Mosquitto(folder, server)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
