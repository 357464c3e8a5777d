"""Writes the generated parts of docs/ (`make docs`); `test_docs.py` fails when they are old."""

import os
from pathlib import Path

from typer.main import get_command

from keepsight.__main__ import app, register_detect, register_household, register_lab
from tests.paths import ROOT

COMMANDS = ROOT / "docs" / "commands.md"
HEAD = """# Commands

Written by `make docs` from the commands' own help. `--json` prints one JSON document on standard
output; logs go to standard error. Times are ISO 8601, `HH:MM`, `now`, or `-90s`, `-15m`, `-2h`.
"""


def leaves(command, path=("keepsight",)):
    """Every command that does something, with its words."""
    if hasattr(command, "commands"):
        for name, inner in sorted(command.commands.items()):
            yield from leaves(inner, (*path, name))
    else:
        yield path, command


def help_text(path, command) -> str:
    """The help as at a terminal of 100 columns."""
    context = command.make_context(
        " ".join(path), [], resilient_parsing=True, terminal_width=96, max_content_width=96
    )
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f"## {' '.join(path)}",
        "",
        (command.help or "").strip(),
        "",
        "```",
        f"{' '.join(path)} {usage}",
    ]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and not getattr(parameter, "hidden", False) and record[0] != "--help":
            lines.append(f"  {record[0]}")
            if record[1]:
                lines.append(f"      {record[1]}")
    return "\n".join([*lines, "```", ""])


def commands_page() -> str:
    """The whole page."""
    os.environ.setdefault("COLUMNS", "100")
    if not app.registered_groups:
        register_household()
        register_lab()
        register_detect()
    root = get_command(app)
    return HEAD + "\n" + "\n".join(help_text(path, command) for path, command in leaves(root))


def main() -> None:
    """Write every generated page."""
    Path(COMMANDS).write_text(commands_page())


if __name__ == "__main__":
    main()
