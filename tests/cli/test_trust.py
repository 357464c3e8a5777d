"""`trust` shows where the root certificate is and what to compare; as a process."""

import json

from tests.cli.command import keepsight


async def test_without_an_authority_it_says_what_to_do(tmp_path):
    answer = await keepsight("trust", "--data", tmp_path)
    assert (answer.status, "keepsight serve" in answer.err) == (1, True)


async def test_address_fingerprint_and_qr(tmp_path):
    (tmp_path / "door").mkdir()
    document = {"households": [], "tls": {"authority": str(tmp_path / "door"), "names": []}}
    (tmp_path / "door" / "door.json").write_text(json.dumps(document))
    shown = await keepsight("trust", "--data", tmp_path, "--host", "cameras.lan", "--json")
    assert shown.status == 0, shown.err
    assert shown.json["url"] == "https://cameras.lan:443/trust"
    assert len(shown.json["sha256"].replace(":", "").replace(" ", "")) == 64
    drawn = await keepsight("trust", "--data", tmp_path, "--host", "cameras.lan")
    assert shown.json["sha256"] in drawn.out
    assert "\u2588" in drawn.out
