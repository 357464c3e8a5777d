"""Reading captures, beside tshark and beside merely reading the bytes.

The capture is made here: 200 MB of TLS and HTTP flows of a home, some 170,000 packets. Three
processes look at it in turn: ours (everything the checks need), tshark as a separate program
(printing the fields of handshakes, names and requests), and one that reads the file and hashes it.
A second capture of twice the size shows whether memory follows the size. nfstream, which puts
packets into flows with names and judges nothing, needs an interpreter that has it;
KEEPSIGHT_NFSTREAM names it, and without it that figure is left out with a note.

Times are processor seconds of the work alone, imports left out, the best of three; memory is the
peak of the whole process.
"""

import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.figure import Figure

ROOT: Final = Path(__file__).parents[1]
MEGABYTES: Final = 200
TIMES: Final = 3
GOAL_MEGABYTES_PER_SECOND: Final = 300
PEER_TIMEOUT_SECONDS: Final = 300
MEMORY_GROWTH_MAX: Final = 1.1
PACKETS_A_FLOW: Final = 140
NFSTREAM: Final = os.environ.get("KEEPSIGHT_NFSTREAM", "")
_PEER: Final = """
import resource, sys
from nfstream import NFStreamer

def spent():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)

if __name__ == "__main__":
    start = spent()
    flows = sum(1 for _ in NFStreamer(source=sys.argv[1], n_meters=1))
    print(spent() - start, flows)
"""


def make(path: Path, megabytes: int) -> None:
    """Write a capture of this many megabytes: flows of 140 packets, each begun by a handshake."""
    from tests.lab.synthetic.traffic import (
        client_hello,
        ethernet,
        ipv4,
        noise,
        record,
        server_hello,
        tcp,
    )

    hello = record(22, client_hello("api.example.net"), 0x0301)
    answer = record(22, server_hello()) + record(20, b"\1")
    payload = noise(1400)
    number, size = 0, 24
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        while size < megabytes * 1_000_000:
            home, far = f"192.168.1.{2 + number % 40}", f"52.{number % 250}.{number // 250 % 250}.9"
            port = 20_000 + number % 40_000
            frames = [
                ethernet(ipv4(home, far, 6, tcp(port, 443, 99, 2))),
                ethernet(ipv4(far, home, 6, tcp(443, port, 199, 18))),
                ethernet(ipv4(home, far, 6, tcp(port, 443, 100, 24, hello))),
                ethernet(ipv4(far, home, 6, tcp(443, port, 200, 24, answer))),
            ]
            frames += [
                ethernet(
                    ipv4(far, home, 6, tcp(443, port, 200 + len(answer) + 1400 * n, 16, payload))
                )
                if n % 6
                else ethernet(ipv4(home, far, 6, tcp(port, 443, 100 + len(hello), 16)))
                for n in range(PACKETS_A_FLOW - 4)
            ]
            for frame in frames:
                file.write(struct.pack("<IIII", 1_700_000_000 + number, 0, len(frame), len(frame)))
                file.write(frame)
                size += 16 + len(frame)
            number += 1


def child(kind: str, path: Path) -> dict[str, Any]:
    """One reading in this process."""
    if kind == "ours":
        from keepsight.lab.read.capture import read_capture

        start = time.process_time()
        facts, _ = read_capture(path)
        seconds, packets = time.process_time() - start, facts.packets
    else:
        import hashlib

        start = time.process_time()
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        seconds, packets = time.process_time() - start, 0
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "packets": packets, "peak_kib": peak_kib}


def _measure(kind: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.lab_capture", kind, str(path)]
    best: dict[str, Any] = {}
    for _ in range(TIMES):
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if not best or found["seconds"] < best["seconds"]:
            best = found
    return best


def _tshark(path: Path) -> float | None:
    if shutil.which("tshark") is None:
        print("lab_capture: tshark is not installed and left out")
        return None
    command = ["tshark", "-n", "-r", str(path), "-T", "fields"]
    for name in ("tls.handshake.ciphersuite", "tls.handshake.extensions_server_name", "http.host",
                 "dns.qry.name"):  # fmt: skip
        command += ["-e", name]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        timeout=PEER_TIMEOUT_SECONDS,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _nfstream(path: Path) -> float | None:
    if not NFSTREAM:
        print("lab_capture: KEEPSIGHT_NFSTREAM names no interpreter, nfstream is left out")
        return None
    program = path.with_name("peer.py")
    program.write_text(_PEER)
    done = subprocess.run(
        [NFSTREAM, str(program), str(path)], capture_output=True, text=True, check=True,
        timeout=PEER_TIMEOUT_SECONDS,
    )  # fmt: skip
    return float(done.stdout.split()[-2])


def run() -> list[Figure]:
    """Measure speed, the ratios to tshark and nfstream, and whether memory follows the size."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        small, large = Path(folder, "small.pcap"), Path(folder, "large.pcap")
        make(small, MEGABYTES)
        ours, floor = _measure("ours", small), _measure("hash", small)
        peer, flows = _tshark(small), _nfstream(small)
        make(large, 2 * MEGABYTES)
        twice = _measure("ours", large)
    speed = MEGABYTES / ours["seconds"]
    growth = twice["peak_kib"] / ours["peak_kib"]
    figures = [
        Figure("lab_capture.speed", speed, "MB/s", "", None, "at least 300",
               speed >= GOAL_MEGABYTES_PER_SECOND, f"{ours['packets']:,} packets, per CPU second"),
        Figure("lab_capture.time", ours["seconds"], "s", "SHA-256 of the file", floor["seconds"]),
        Figure("lab_capture.memory", ours["peak_kib"] / 1024, "MB", "twice the size",
               twice["peak_kib"] / 1024, "independent of size", growth <= MEMORY_GROWTH_MAX),
    ]  # fmt: skip
    if peer is not None:
        figures.append(Figure("lab_capture.tshark", ours["seconds"], "s", "tshark -T fields", peer))
    if flows is not None:
        figures.append(Figure("lab_capture.nfstream", ours["seconds"], "s", "nfstream", flows))
    return figures


if __name__ == "__main__":
    print(json.dumps(child(sys.argv[1], Path(sys.argv[2]))))
