"""Unites a base package with splits that were given as files of their own: one app, one judgement.

They belong together where package name and version code agree, as Android itself demands. A split
whose base was not given keeps what its code shows, but no manifest: a split's own says nothing of
the app.
"""

from collections.abc import Iterable
from dataclasses import replace

from keepsight.lab.facts.app import AppFacts, Library, Place, TrackerSeen
from keepsight.lab.facts.product import Unread

Key = tuple[str, int | None]


def key_of(app: AppFacts) -> Key | None:
    """Package and version code; None where the manifest could not be read."""
    return None if app.manifest is None else (app.manifest.package, app.manifest.version_code)


def is_split(app: AppFacts) -> bool:
    """Whether the file is a split and no base."""
    return app.manifest is not None and app.manifest.split != ""


def united(apps: Iterable[AppFacts]) -> tuple[AppFacts, ...]:
    """Return the apps with their splits in them, in the order of their first files."""
    together: dict[Key | int, list[AppFacts]] = {}
    for number, app in enumerate(apps):
        key = key_of(app)
        together.setdefault(number if key is None else key, []).append(app)
    found: list[AppFacts] = []
    for rows in together.values():
        bases = [app for app in rows if not is_split(app)]
        splits = [app for app in rows if is_split(app)]
        if not bases:
            bases, splits = [_without_base(splits[0])], splits[1:]
        # The same package twice is two files to judge; its splits go with the first.
        found += [_with(bases[0], splits), *bases[1:]]
    return tuple(found)


def _without_base(split: AppFacts) -> AppFacts:
    reason = "a split whose base package was not given"
    gaps = tuple(Unread(split.artefact, part, reason) for part in ("AndroidManifest.xml", "code"))
    return replace(split, manifest=None, unread=(*split.unread, *gaps))


def _with(base: AppFacts, splits: list[AppFacts]) -> AppFacts:
    for split in splits:
        base = _joined(base, split)
    return base


def _joined(base: AppFacts, split: AppFacts) -> AppFacts:
    def here(place: Place) -> Place:
        return replace(place, dex=f"{split.artefact}/{place.dex}")

    unread = [*base.unread, *split.unread]
    if split.signing is None or not split.signing.verified:
        reason = f"split {split.artefact}: no signature of it verifies"
        unread.append(Unread(split.artefact, "signing", reason))
    urls = tuple(replace(use, place=here(use.place) if use.place else None) for use in split.urls)
    return replace(
        base,
        starts_with_dex=base.starts_with_dex or split.starts_with_dex,
        calls=base.calls + tuple(replace(one, place=here(one.place)) for one in split.calls),
        bodies=base.bodies + tuple(replace(one, place=here(one.place)) for one in split.bodies),
        urls=base.urls + urls,
        trackers=_trackers(base.trackers, split.trackers),
        libraries=_libraries(base.libraries, split.libraries),
        secrets=base.secrets + split.secrets,
        native_libraries=tuple(dict.fromkeys(base.native_libraries + split.native_libraries)),
        dex_files=base.dex_files + tuple(f"{split.artefact}/{name}" for name in split.dex_files),
        classes=base.classes + split.classes,
        splits=(*base.splits, split.artefact),
        unread=tuple(unread),
    )


def _trackers(
    base: tuple[TrackerSeen, ...], split: tuple[TrackerSeen, ...]
) -> tuple[TrackerSeen, ...]:
    found = {one.tracker.name: one for one in base}
    for one in split:
        before = found.get(one.tracker.name)
        found[one.tracker.name] = (
            one
            if before is None
            else replace(
                before,
                defined=before.defined + one.defined,
                referenced=before.referenced + one.referenced,
                examples=before.examples if before.defined else one.examples,
                network_calls=before.network_calls or one.network_calls,
                confirmed=before.confirmed or one.confirmed,
            )
        )
    return tuple(found.values())


def _libraries(base: tuple[Library, ...], split: tuple[Library, ...]) -> tuple[Library, ...]:
    return tuple({one.name: one for one in (*split, *base)}.values())
