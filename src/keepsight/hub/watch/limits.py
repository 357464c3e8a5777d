"""What of a wish about watching makes sense, beyond the bounds of its single fields."""

from collections.abc import Iterator
from typing import Final

from keepsight.hub.event import SEEN_KINDS
from keepsight.hub.watch.models import OwnModel, may_be_model
from keepsight.hub.watching import MODEL_NONE, OWN_MODEL, POLYGONS_MAX, Polygon, Watching

AREA_MIN: Final = 1e-9
"""Corners that span less lie on one line, and hold nothing."""


class WatchingError(ValueError):
    """Something that cannot be watched like this; the text says what to do.

    Attributes:
        where: the field, as in the JSON: `zones.1.name`.
        problem: code of the sentence in the UI's catalogue.
    """

    def __init__(self, where: str, problem: str, message: str) -> None:
        super().__init__(message)
        self.where = where
        self.problem = problem


def _polygons(watching: Watching) -> Iterator[tuple[str, Polygon]]:
    for number, zone in enumerate(watching.zones):
        yield f"zones.{number}.points", zone.points
    for number, mask in enumerate(watching.masks):
        yield f"masks.{number}", mask
    for number, mask in enumerate(watching.privacy_masks):
        yield f"privacy_masks.{number}", mask


def is_flat(polygon: Polygon) -> bool:
    """Whether all corners lie on one line."""
    first = polygon[0]
    far = max(polygon, key=lambda point: abs(point[0] - first[0]) + abs(point[1] - first[1]))
    across, down = far[0] - first[0], far[1] - first[1]
    return all(abs(across * (y - first[1]) - down * (x - first[0])) < AREA_MIN for x, y in polygon)


def _check_names(watching: Watching) -> None:
    names: set[str] = set()
    for number, zone in enumerate(watching.zones):
        where = f"zones.{number}.name"
        if not zone.name.strip():
            raise WatchingError(where, "no_name", "give the zone a name")
        if not zone.name.isprintable():
            raise WatchingError(where, "odd_name", "a zone's name is one line of letters")
        if zone.name.strip().casefold() in names:
            raise WatchingError(where, "name_taken", "another zone has this name")
        names.add(zone.name.strip().casefold())


def _check_kinds(watching: Watching, own: OwnModel | None) -> None:
    is_own = watching.model.startswith(OWN_MODEL)
    # Labels inside a model are known to the watcher alone: then any kind may be one of them.
    knows_all = is_own and (own is None or not own.kinds)
    offered = (*SEEN_KINDS, *(own.kinds if own else ()))
    for kind in watching.kinds:
        if not knows_all and kind not in offered:
            text = f"this model cannot notice {kind!r}: choose of {', '.join(offered)}"
            raise WatchingError("kinds", "unknown_kind", text)
    is_idle = not watching.kinds and not watching.sounds and watching.model != MODEL_NONE
    if watching.is_on and is_idle:
        raise WatchingError("kinds", "nothing", "choose something to watch for, or switch off")
    for number, zone in enumerate(watching.zones):
        for kind in zone.kinds:
            if kind not in watching.kinds:
                text = f"{kind!r} is not watched for on this camera, so not in this zone either"
                raise WatchingError(f"zones.{number}.kinds", "not_watched", text)


def _check_repeats(watching: Watching) -> None:
    lists = {"kinds": watching.kinds, "sounds": watching.sounds}
    lists |= {f"zones.{n}.kinds": zone.kinds for n, zone in enumerate(watching.zones)}
    for where, values in lists.items():
        if len(set(values)) != len(values):
            raise WatchingError(where, "twice", "the same is named twice")


def check_watching(watching: Watching, own: OwnModel | None, before: Watching) -> None:
    """Accept a wish, or say what is wrong with it first.

    Args:
        watching: the wish.
        own: the own model that it names, if its file is there.
        before: as it is now: a file that was chosen before may have gone meanwhile.

    Raises:
        WatchingError: it makes no sense.
    """
    if not may_be_model(watching.model):
        raise WatchingError("model", "no_such_model", "there is no such model: see GET /api/models")
    if watching.model.startswith(OWN_MODEL) and own is None and watching.model != before.model:
        text = "put the file into the folder `own` of the models on the hub's machine first"
        raise WatchingError("model", "no_such_file", text)
    _check_names(watching)
    for where, polygon in _polygons(watching):
        if is_flat(polygon):
            raise WatchingError(where, "flat", "the corners lie on one line: move one away")
    if len(watching.masks) + len(watching.privacy_masks) > POLYGONS_MAX:
        text = f"masks and privacy masks together are at most {POLYGONS_MAX}"
        raise WatchingError("masks", "too_many_masks", text)
    _check_repeats(watching)
    _check_kinds(watching, own)
