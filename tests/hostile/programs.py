"""Real caches as plain processes: nginx, varnish, squid, configured as badly as people do it.

Each is started on a free port of loopback in a folder of its own, and stopped by its process id; no
system service and no system configuration is touched. What is not installed is skipped, loudly.
"""

import asyncio
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.tally import TALLY
from tests.ports import free_port

READ_SECONDS: Final = 0.1
"""How long a cache waits for its origin before it falls back on what it has."""
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0
_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"
_SQUID_USER: Final = "proxy"


@dataclass(frozen=True, slots=True)
class Cache:
    """A program and how it is misconfigured."""

    name: str
    command: str
    arguments: Callable[[Path, int, int], list[str]]
    """Writes the configuration into the folder; own port and the origin's."""


def find(command: str) -> str:
    """Where a program lies; skips the test, loudly, where it does not."""
    found = shutil.which(command) or shutil.which(command, path=_SBIN)
    if found is None:
        TALLY.absent.add(f"{command} is not installed: run `make setup-test` as root on Debian")
        sys.stderr.write(f"\nNOT SHOWN: {command} is not installed\n")
        pytest.skip(f"{command} is not installed")
    return found


NGINX_FRAME: Final = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=bad:8m max_size=256m;
  {http}
}}
"""
BAD_NGINX_CACHE: Final = """
      proxy_cache bad;
      proxy_cache_valid 200 1s;
      proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
      proxy_cache_lock on; proxy_cache_lock_timeout 100ms;
      proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
      proxy_read_timeout {milliseconds}ms;
      add_header X-Cache-Status $upstream_cache_status always;
""".replace("{milliseconds}", str(int(READ_SECONDS * 1000)))
"""All the settings that help-desk threads recommend against a slow origin, together."""


def write_nginx(folder: Path, http: str) -> list[str]:
    """Arguments of nginx with this inside `http { }`."""
    (folder / "nginx.conf").write_text(NGINX_FRAME.format(folder=folder, http=http))
    return ["-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def _nginx(folder: Path, port: int, origin: int) -> list[str]:
    return write_nginx(
        folder,
        f"""
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{origin};
      proxy_set_header Cookie $http_cookie;
      proxy_cache_key "$uri";
      {BAD_NGINX_CACHE}
    }}
  }}""",
    )


_VCL: Final = """
vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{origin}"; .first_byte_timeout = {seconds}s; }}
sub vcl_recv {{ return (hash); }}
sub vcl_hash {{ hash_data(req.url); return (lookup); }}
sub vcl_backend_response {{
  if (beresp.status == 200) {{
    unset beresp.http.Set-Cookie; unset beresp.http.Vary; unset beresp.http.Cache-Control;
    set beresp.ttl = 1s; set beresp.grace = 1h;
  }} else {{ return (abandon); }}
  return (deliver);
}}
sub vcl_backend_error {{ return (abandon); }}
"""


def _varnish(folder: Path, port: int, origin: int) -> list[str]:
    vcl = folder / "bad.vcl"
    vcl.write_text(_VCL.format(origin=origin, seconds=READ_SECONDS))
    return [
        "-F", "-n", str(folder / "work"), "-a", f"127.0.0.1:{port}", "-f", str(vcl),
        "-s", "malloc,64M", "-j", "none", "-T", "none",
    ]  # fmt: skip


# Squid asks the origin again for what it was told not to keep, even with these overrides; it
# still misdelivers, by answering requests that meet (collapsed forwarding) with one reply.
_SQUID: Final = """
http_port 127.0.0.1:{port} accel defaultsite=cameras no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query no-digest originserver name=origin
http_access allow all
refresh_pattern . 1 100% 1 override-expire override-lastmod ignore-no-store ignore-private \
ignore-reload
read_timeout 1 second
collapsed_forwarding on
cache_mem 64 MB
memory_cache_mode always
maximum_object_size_in_memory 4 MB
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log none
coredump_dir {folder}
shutdown_lifetime 0 seconds
pinger_enable off
netdb_filename none
visible_hostname cameras
"""


def _squid(folder: Path, port: int, origin: int) -> list[str]:
    path = folder / "squid.conf"
    path.write_text(_SQUID.format(folder=folder, port=port, origin=origin))
    return ["-N", "-f", str(path), "-n", f"ks{port}"]


CACHES: Final = (
    Cache("nginx", "nginx", _nginx),
    Cache("varnish", "varnishd", _varnish),
    Cache("squid", "squid", _squid),
)


def _give_to_squid(folder: Path) -> None:
    """As root, squid works as a user of its own, which must be able to write here."""
    with suppress(KeyError):
        owner = pwd.getpwnam(_SQUID_USER)
        if os.geteuid() == 0:
            os.chown(folder, owner.pw_uid, owner.pw_gid)


async def _until_listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            if process.returncode is not None:
                said = log.read_text()[-2000:]  # noqa: ASYNC240 - it has ended
                raise RuntimeError(f"it ended at once: {said}")
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(
    program: str, folder: Path, arguments: list[str], port: int
) -> AsyncIterator[None]:
    """A program until the end of the block."""
    log = folder / "output.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            cwd=folder,
        )  # fmt: skip
    try:
        await _until_listening(process, port, log)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def running_cache(cache: Cache, origin: int) -> AsyncIterator[int]:
    """The port of a badly configured cache in front of an origin's port."""
    program, port = find(cache.command), free_port()
    # Not in pytest's folder, which only root may enter.
    with tempfile.TemporaryDirectory(prefix="keepsight-cache-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.chmod(name, 0o755)  # noqa: PTH101 - a test may block
        if cache.name == "squid":
            _give_to_squid(folder)
        async with running(program, folder, cache.arguments(folder, port, origin), port):
            yield port
