"""The command line as a whole: version, help, unknown commands, no tracebacks; as processes."""

import pytest

from keepsight import __version__
from tests.cli.command import keepsight


async def test_version_and_help():
    assert (await keepsight("--version")).out == f"keepsight {__version__}\n"
    shown = await keepsight("--help")
    for command in ("demo", "serve", "camera", "recordings", "export", "status", "doctor"):
        assert command in shown.out


@pytest.mark.parametrize("arguments", [("nonsense",), ("camera",), ("serve", "--port", "x")])
async def test_wrong_usage_is_said_without_a_traceback(arguments):
    answer = await keepsight(*arguments)
    assert answer.status == 2
    assert "Traceback" not in answer.err


async def test_certificates_are_checked_before_anything_starts(tmp_path):
    alone = await keepsight("serve", "--data", tmp_path, "--tls-cert", tmp_path / "x")
    assert (alone.status, "both" in alone.err) == (1, True)
    missing = await keepsight(
        *("serve", "--data", tmp_path, "--tls-cert", tmp_path / "x", "--tls-key", tmp_path / "y")
    )
    assert (missing.status, "not a file" in missing.err) == (1, True)
