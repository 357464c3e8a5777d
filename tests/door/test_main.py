"""Goal: the command's own exits; the running door is in test_door. Method: main() called."""

from pathlib import Path

import pytest

from keepsight.door.__main__ import main


def test_needs_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2
    assert "--config" in capsys.readouterr().err


def test_absent_configuration_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "absent.json")]) == 78
    said = capsys.readouterr().err
    assert said.startswith("door: ")
    assert said.count("\n") == 1
