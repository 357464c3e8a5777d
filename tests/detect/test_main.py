"""The watcher as a process: goal: the hub's messages in, events out, gone when the hub is.

Method: a real child on pipes and on a socket, with a coded walk and, where installed, real footage.
"""

import base64
import json
import socket
import subprocess
import sys

import av

from keepsight.camera.nal import read_extradata
from keepsight.detect.unit import Unit
from keepsight.detect.wire import FromWatcher, Reader, pack, pack_json, pack_unit
from tests.detect.installed import need_model
from tests.detect.stage import code, walk
from tests.paths import shared_data

CAMERA = b"c" * 16


def camera_message(sets, **more):
    encoded = [base64.b64encode(each).decode() for each in sets]
    return pack_json(1, CAMERA, {"codec": "h264", "parameter_sets": encoded, **more})


def on_pipes(data):
    done = subprocess.run(
        [sys.executable, "-m", "keepsight.detect"], input=data, capture_output=True, check=False,
        timeout=100,
    )  # fmt: skip
    return done, list(Reader().feed(done.stdout))


def test_movement_comes_out_and_it_ends_with_its_input():
    sets, units = code(walk(7, enters=2, leaves=5), gop=10)
    data = camera_message(sets, model="none") + b"".join(pack_unit(CAMERA, each) for each in units)
    done, said = on_pipes(data + pack(3, CAMERA))
    assert done.returncode == 0
    assert said[0].kind == FromWatcher.STATE
    assert json.loads(said[0].body)["state"] == "watching"


def test_a_bad_configuration_is_said_and_nonsense_ends_it():
    done, said = on_pipes(pack_json(1, CAMERA, {"codec": "vp9"}))
    assert done.returncode == 0
    assert "codec" in json.loads(said[0].body)["reason"]
    assert on_pipes(pack(99, CAMERA))[0].returncode == 76
    assert on_pipes(b"\xff" * 64)[0].returncode == 76


def test_a_person_is_told_over_a_socket(tmp_path):
    need_model("efficientdet-lite1")
    path = shared_data("footage/intel_one-by-one-person-detection.mp4")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "watch.sock"))
        server.listen(1)
        child = subprocess.Popen([sys.executable, "-m", "keepsight.detect", server.getsockname()])
        connection, _ = server.accept()
        with connection, av.open(str(path)) as container:
            connection.settimeout(100)
            stream = container.streams.video[0]
            sets, _ = read_extradata("h264", bytes(stream.codec_context.extradata))
            connection.sendall(camera_message(sets))
            for packet in container.demux(stream):
                us = int((packet.pts or 0) * packet.time_base * 1_000_000)
                if not packet.size or us < 5_000_000:
                    continue
                if us > 12_000_000:
                    break
                unit = Unit(us, us + 10**15, packet.is_keyframe, False, bytes(packet))
                connection.sendall(pack_unit(CAMERA, unit))
            reader, said = Reader(), []
            while not any(message.kind == FromWatcher.PICTURE for message in said):
                said += reader.feed(connection.recv(1 << 16))
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(1 << 16):
                said += reader.feed(data)
    assert child.wait(60) == 0
    events = [json.loads(message.body) for message in said if message.kind == FromWatcher.EVENT]
    assert events[0]["kind"] == "person"
    assert events[-1]["phase"] == "end"
