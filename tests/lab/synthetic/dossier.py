"""Builds the dossier that reproduces the published test's camera, with our own names and words.

`python -m tests.lab.synthetic.dossier FOLDER` writes it: the app, a capture with two trackers
active and four dormant, a HAR with five-field messages, two policies of which one overrides the
other, and the notes of the tester.
"""

import base64
import json
import sys
from pathlib import Path

from tests.lab.synthetic.article import article_app
from tests.lab.synthetic.traffic import Wire, five_fields, form, har, rc4, tls_pieces

TEXTS = Path(__file__).parent / "texts"
VENDOR_CLOUD = "203.0.113.10"
FACEBOOK, FIREBASE, STATISTICS = "198.51.100.7", "198.51.100.8", "198.51.100.9"

NOTES = """\
[product]
name = "Example 360 Home Camera 2K Pro"
vendor = "camera-vendor"
model = "EX-C2K"
price = "60 EUR"
functions = ["live view", "playback", "talk", "person detection", "pan and tilt", "pairing"]
claims = ["Android 4.4", "iOS 9.0", "data is encrypted"]
report_date = "2024-03-15"

[[artefact]]
path = "example-home.apk"

[[artefact]]
path = "use.pcapng"
phase = "use"
actions = ["set-up", "live view", "playback"]

[[artefact]]
path = "cloud.har"
actions = ["opening the app", "moving the camera"]

[[artefact]]
path = "product-policy.html"

[[artefact]]
path = "group-policy.md"

[account]
markers = ["tester-7f3a"]

[[seal]]
name = "IT-SiK"
label_id = "EX-0001"
model = "EX-C2K"
valid_until = 2024-01-31
page_saved_on = 2024-03-14

[observations]
account_required = "yes"
password_length_min = { answer = 8, note = "stated at registration and tried" }
password_types_min = 2
password_composition_rule = "yes"
second_factor = ["email_pin"]
camera_pin = { answer = "offered_later", note = "asked when operating it, can be skipped" }
second_account = { answer = "refused", note = "a physical reset is asked for" }
setup_radio_after = "off"
update_mode = "manual"
update_notice = "announced"
update_user_start = "yes"
"""


def capture():
    """The traffic: the maker's cloud, Facebook and Firebase in TLS; a statistics page in clear."""
    wire = Wire()
    for name, target in (
        ("api.camera-vendor.example", VENDOR_CLOUD),
        ("graph.facebook.com", FACEBOOK),
        ("app-measurement.com", FIREBASE),
        ("firmware.camera-vendor.example", STATISTICS),
    ):
        wire.resolve(name, target)
    api = "api.camera-vendor.example"
    wire.talk(VENDOR_CLOUD, 443, tls_pieces(api, sent=9000, received=15000))
    wire.now_us += 400_000_000
    wire.talk(FACEBOOK, 443, tls_pieces("graph.facebook.com", sent=2400, received=3100))
    wire.talk(FIREBASE, 443, tls_pieces("app-measurement.com", version=0x0303, suite=0xC02F))
    wire.now_us += 900_000_000
    request = b"GET /latest?model=EX-C2K HTTP/1.1\r\nHost: firmware.camera-vendor.example\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nversion=4.1.9 ok=yes"
    wire.talk(STATISTICS, 80, [(True, request), (False, answer)])
    wire.now_us += 80_000_000
    wire.talk(VENDOR_CLOUD, 443, tls_pieces(api, sent=600, received=900))
    return wire.pcapng()


def cloud():
    """Two five-field requests, with encrypted answers."""
    entries = []
    for number, (path, data) in enumerate(
        (
            ("/home/device_list", '{"getVirtualModel":false,"limit":300,"account":"tester-7f3a"}'),
            ("/device/rpc", '{"id":7,"method":"set_motor","params":["left"]}'),
        )
    ):
        fields, key = five_fields(path, data, random=bytes([number + 1]) * 8)
        answer = base64.b64encode(rc4(key, b'{"code":0,"message":"ok","result":{}}')).decode()
        url = f"https://api.camera-vendor.example/app{path}"
        entries.append(("POST", url, form(fields), answer, "text/plain", None, None))
    return json.dumps(har(*entries))


def write_dossier(folder):
    """Write everything into a folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dossier.toml").write_text(NOTES)
    (folder / "example-home.apk").write_bytes(article_app())
    (folder / "use.pcapng").write_bytes(capture())
    (folder / "cloud.har").write_text(cloud())
    for name in ("product-policy.html", "group-policy.md"):
        (folder / name).write_text((TEXTS / name).read_text())
    return folder


if __name__ == "__main__":
    write_dossier(sys.argv[1])
