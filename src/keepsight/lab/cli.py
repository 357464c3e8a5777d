"""The command line of the lab: `keepsight check` and `keepsight compare`."""

import logging
import os
import sys
from enum import StrEnum
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from typer.core import TyperGroup

from keepsight.core.clock import SystemClock
from keepsight.lab import baseline
from keepsight.lab.checks.registry import ALL_CHECKS
from keepsight.lab.dossier import write_template
from keepsight.lab.explanation import explanation
from keepsight.lab.lab import Lab, Options, subjects_of
from keepsight.lab.reading import ReadTask
from keepsight.lab.render import comparison, html, json, pdf, sarif, terminal
from keepsight.lab.render.words import AREA_NAMES
from keepsight.lab.report import Report
from keepsight.lab.suppression import BadSuppressionFile, read_suppressions

if TYPE_CHECKING:
    from collections.abc import Callable

EXIT_NOT_EXAMINED = 2
_DEFAULT_COMMAND = "run"


class Progressing(StrEnum):
    """How the command says how far it is."""

    BAR = "bar"
    JSON = "json"


class PathsOrCommand(TyperGroup):
    """`check PATH...` and `check list` side by side: what is no command is a path.

    A file that is named like a command is given as ./list.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command in front of paths and options."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [_DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


check_app = typer.Typer(
    cls=PathsOrCommand,
    no_args_is_help=True,
    help="Check a product before you trust it: its app, its traffic, its policies, your notes. "
    "Use: keepsight check PATH... (options: keepsight check run --help)",
)


def _console() -> Console:
    return Console(stderr=True)


def _write(target: str, content: str | bytes) -> None:
    if target == "-":
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        return
    path = Path(target)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")


@check_app.command(_DEFAULT_COMMAND)
def run(  # noqa: PLR0913 - the options of a command
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Apps (.apk .xapk .apks), captures (.pcap .pcapng .har), policies (.html .pdf .md "
            ".txt), or a dossier folder. Files given together are one product.",
            show_default=False,
        ),
    ] = None,
    *,
    json_file: Annotated[
        str, typer.Option("--json", metavar="F", help="Write JSON; - is stdout.")
    ] = "",
    html_file: Annotated[
        str, typer.Option("--html", metavar="F", help="Write one HTML file.")
    ] = "",
    pdf_file: Annotated[str, typer.Option("--pdf", metavar="F", help="Write PDF.")] = "",
    sarif_file: Annotated[
        str, typer.Option("--sarif", metavar="F", help="Write SARIF 2.1.0.")
    ] = "",
    baseline_file: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="REPORT.json", help="Say what changed since."),
    ] = None,
    suppress_file: Annotated[
        Path | None,
        typer.Option(
            "--suppress", metavar="FILE", help="Findings to live with: reason and expiry."
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, max=256, help="Artefacts at a time; 0: one a core.")
    ] = 0,
    new_dossier: Annotated[
        Path | None, typer.Option("--new-dossier", metavar="DIR", help="Write a guided template.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print clear outcomes as well.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but files.")] = False,
    progress: Annotated[
        Progressing,
        typer.Option("--progress", help="json: one line on standard error for each file read."),
    ] = Progressing.BAR,
) -> None:
    """Examine files or a dossier, and report.

    Exit status: 0 looked at and nothing violated, 1 something violated, 2 could not be examined.
    """
    console = _console()
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    if new_dossier is not None:
        _new_dossier(new_dossier, console)
        return
    if not paths:
        console.print(
            "Give files, a folder or a dossier to check; or --new-dossier DIR to begin one."
        )
        raise typer.Exit(EXIT_NOT_EXAMINED)
    options = _options(jobs, baseline_file, suppress_file, console)
    if progress is Progressing.JSON:
        reports = _examine_telling(paths, options)
    else:
        reports = _examine(paths, options, console, quiet=quiet)
    outputs = {"json": json_file, "html": html_file, "pdf": pdf_file, "sarif": sarif_file}
    _write_all(reports, outputs, console)
    if not quiet and "-" not in outputs.values():
        out = Console()
        if len(reports) > 1:
            terminal.show_summary(reports, out)
        else:
            for report in reports:
                terminal.show(report, out, all_findings=show_all)
    raise typer.Exit(_status(reports))


def _status(reports: list[Report]) -> int:
    found = {report.exit_status for report in reports}
    return 1 if 1 in found else EXIT_NOT_EXAMINED if EXIT_NOT_EXAMINED in found else 0


def _new_dossier(folder: Path, console: Console) -> None:
    try:
        path = write_template(folder)
    except FileExistsError:
        console.print(f"{folder} already has a dossier.toml; it is left as it is.")
        raise typer.Exit(EXIT_NOT_EXAMINED) from None
    except OSError as error:
        console.print(f"{folder}: {error.strerror}")
        raise typer.Exit(EXIT_NOT_EXAMINED) from error
    console.print(f"Wrote {path}. Fill in what you know, put the files beside it, and run:")
    console.print(f"  keepsight check {folder}")


def _options(
    jobs: int, baseline_file: Path | None, suppress_file: Path | None, console: Console
) -> Options:
    try:
        return Options(
            jobs=jobs or os.cpu_count() or 1,
            suppressions=read_suppressions(suppress_file) if suppress_file else (),
            baseline=baseline.read_report(baseline_file) if baseline_file else None,
        )
    except (BadSuppressionFile, baseline.BadBaseline) as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(EXIT_NOT_EXAMINED) from error


def _examine(paths: list[Path], options: Options, console: Console, *, quiet: bool) -> list[Report]:
    subjects = subjects_of(paths)
    total = sum(len(subject.tasks) for subject in subjects)
    lab = Lab(SystemClock(), options)
    columns = (
        TextColumn("reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}"),
    )
    is_shown = console.is_terminal and not quiet
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        bar = progress.add_task("reading", total=total, name="")
        return lab.examine(
            subjects, on_read=lambda task: progress.update(bar, advance=1, name=task.path.name)
        )


def _examine_telling(paths: list[Path], options: Options) -> list[Report]:
    """For a program that shows its own progress."""
    subjects = subjects_of(paths)
    total = sum(len(subject.tasks) for subject in subjects)
    names: list[str] = []

    def tell(read: ReadTask | None) -> None:
        names.extend([read.path.name] if read is not None else [])
        line = {"progress": {"read": len(names), "of": total, "name": names[-1] if names else ""}}
        sys.stderr.write(dumps(line) + "\n")
        sys.stderr.flush()

    tell(None)
    return Lab(SystemClock(), options).examine(subjects, on_read=tell)


def _write_all(reports: list[Report], outputs: dict[str, str], console: Console) -> None:
    renderers: dict[str, Callable[[list[Report]], str | bytes]] = {
        "json": json.render,
        "html": html.render,
        "pdf": pdf.render,
        "sarif": sarif.render,
    }
    for name, target in outputs.items():
        if not target:
            continue
        try:
            _write(target, renderers[name](reports))
        except (OSError, pdf.NoPdf) as error:
            console.print(f"{target}: {error}", style="red", markup=False)
            raise typer.Exit(EXIT_NOT_EXAMINED) from error


@check_app.command("list")
def list_checks() -> None:
    """List what is checked."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("check", "area", "allows"):
        table.add_column(name)
    for check in ALL_CHECKS:
        table.add_row(check.check_id, AREA_NAMES[check.area], check.title)
    Console().print(table)


@check_app.command()
def explain(
    check_id: Annotated[str, typer.Argument(metavar="ID", help="E.g. app/weak-cipher.")],
) -> None:
    """Say what a check looks at, why, and what it cannot see."""
    found = next((c for c in ALL_CHECKS if c.check_id == check_id), None)
    if found is None:
        _console().print(f"There is no check {check_id!r}. See: keepsight check list", markup=False)
        raise typer.Exit(EXIT_NOT_EXAMINED)
    Console().print(Markdown(explanation(found)))


def compare(
    reports: Annotated[list[Path], typer.Argument(metavar="REPORT.json...", help="JSON reports.")],
    *,
    html_file: Annotated[
        str, typer.Option("--html", metavar="F", help="Write one HTML file.")
    ] = "",
) -> None:
    """Set products side by side. Ratings compare only within one version of the rating."""
    console = _console()
    try:
        found = [baseline.read_report(path) for path in reports]
    except baseline.BadBaseline as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(EXIT_NOT_EXAMINED) from error
    if html_file:
        _write(html_file, comparison.render_html(found))
    if html_file != "-":
        Console().print(comparison.render_table(found))
