"""`keepsight ledger …` says whether the ledger is what it was, and shows it; as processes."""

import shutil

from keepsight.cli.ledger import line_text
from tests.cli.command import keepsight
from tests.hub.journals import damage, flip


async def test_the_ledger_is_verified_beside_a_running_hub(installed, tmp_path):
    data, home = installed
    await home.household.journal.record([{"type": "test"}])
    noted = await keepsight("ledger", "checkpoint", "--data", data)
    assert (noted.status, noted.out.startswith("keepsight/")) == (0, True)
    (tmp_path / "noted").write_text(noted.out)
    good = await keepsight("ledger", "verify", "--data", data, "--checkpoint", tmp_path / "noted")
    assert (good.status, good.out.startswith("intact: ")) == (0, True), good.err
    assert "signed by keepsight/" in good.out
    await home.household.journal.record([{"type": "test"}])
    good = await keepsight("ledger", "verify", "--data", data, "--checkpoint", noted.out)
    assert good.status == 0
    flip(home.directory / "ledger.db", 1)
    bad = await keepsight("ledger", "verify", "--data", data, "--json")
    assert (bad.status, bad.json["intact"], bad.json["broken_at"]) == (1, False, 1)
    bad = await keepsight("ledger", "verify", "--data", data)
    assert "TAMPERED at line 1" in bad.out


async def test_a_cut_off_end_is_seen_with_a_checkpoint_from_elsewhere(installed):
    data, home = installed
    await home.household.journal.record([{"type": "test"}] * 5)
    noted = (await keepsight("ledger", "checkpoint", "--data", data)).out
    path = home.directory / "ledger.db"
    damage(path, "DELETE FROM leaves WHERE n > 3")
    damage(path, "DELETE FROM checkpoints")
    assert (await keepsight("ledger", "verify", "--data", data)).status == 0
    cut = await keepsight("ledger", "verify", "--data", data, "--checkpoint", noted)
    assert (cut.status, "the end is gone" in cut.out) == (1, True)


async def test_what_cannot_be_examined_is_not_called_intact(installed, tmp_path):
    data, home = installed
    nowhere = await keepsight("ledger", "verify", "--data", tmp_path / "none")
    assert (nowhere.status, nowhere.out) == (2, "")
    missing = await keepsight("ledger", "verify", "--data", data, "--checkpoint", "no-such-file")
    assert missing.status == 2
    copy = tmp_path / "copy"
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock"))
    for path in copy.rglob("ledger.db*"):
        path.unlink()
    gone = await keepsight("ledger", "verify", "--data", copy)
    assert (gone.status, "no ledger yet" in gone.err) == (2, True)
    (copy / "households" / home.directory.name / "ledger.db").write_bytes(b"garbage" * 1000)
    broken = await keepsight("ledger", "verify", "--data", copy)
    assert (broken.status, "cannot be used" in broken.err) == (2, True)


async def test_lines_are_shown(installed):
    data, home = installed
    await home.household.journal.record([{"type": "test", "value": 7, "by": "local"}])
    newest = home.household.journal.head[0]
    shown = await keepsight("ledger", "show", "--data", data, "--count", 1)
    assert (shown.status, "test" in shown.out, "value=7" in shown.out) == (0, True, True)
    one = await keepsight("ledger", "show", "--data", data, "--n", newest, "--json")
    assert (one.json["type"], one.json["n"]) == ("test", newest)
    none = await keepsight("ledger", "show", "--data", data, "--n", newest + 5)
    assert (none.status, f"the newest is {newest}" in none.err) == (1, True)


async def test_accepting_without_need_says_so(installed):
    data, _home = installed
    answer = await keepsight("ledger", "accept-restore", "--data", data)
    assert (answer.status, "no restored backup" in answer.out) == (0, True)


def test_ids_are_shown_by_their_names():
    line = {"n": 3, "at_us": 0, "type": "release", "camera": "c1", "member": "aa", "end_us": None}
    text = line_text(line, {"c1": "Hall", "aa": "Ann"})
    assert "camera=Hall member=Ann" in text
    assert "end_us" not in text


def test_what_was_changed_of_an_exported_video_is_said_in_words():
    line = {"n": 3, "at_us": 0, "type": "export", "camera": "c1"}
    text = line_text({**line, "changes": ["faces", "masks", "sound"]}, {})
    assert "changes=faces and heads blurred, privacy masks applied, sound left out" in text
    assert "changes=none" in line_text({**line, "changes": []}, {})
    assert "changes" not in line_text(line, {})
    assert "fields=name, room" in line_text({**line, "fields": ["name", "room"]}, {})
