"""`keepsight models`: goal: what is here, what is right; method: the command, own folder."""

import shutil

from keepsight.detect.model import MODELS
from keepsight.detect.models import models_folder
from tests.cli.command import keepsight
from tests.detect.installed import need_model


async def test_an_empty_folder_has_no_models(tmp_path):
    env = {"KEEPSIGHT_MODELS": str(tmp_path)}
    listed = await keepsight("models", "list", "--json", env=env)
    assert {row["state"] for row in listed.json} == {"missing"}
    assert (await keepsight("models", "verify", env=env)).status == 0


async def test_a_broken_file_is_said_and_is_exit_status_2(tmp_path):
    (tmp_path / MODELS[0].file_name).write_bytes(b"broken")
    env = {"KEEPSIGHT_MODELS": str(tmp_path)}
    answer = await keepsight("models", "verify", env=env)
    assert answer.status == 2
    assert "keepsight models install" in answer.out
    named = await keepsight("models", "verify", tmp_path / MODELS[0].file_name)
    assert named.status == 2


async def test_an_installed_file_is_right(tmp_path):
    need_model(MODELS[0].name)
    shutil.copy(models_folder() / MODELS[0].file_name, tmp_path)
    env = {"KEEPSIGHT_MODELS": str(tmp_path)}
    assert (await keepsight("models", "verify", env=env)).out == f"{MODELS[0].name}: right\n"
    again = await keepsight("models", "install", MODELS[0].name, env=env)
    assert again.status == 0
    assert "installed" in again.err


async def test_an_unknown_name_is_one_line():
    answer = await keepsight("models", "install", "yolo")
    assert answer.status == 1
    assert "choose one of" in answer.err
