"""What is switched on in an open household, as the statement needs it."""

from typing import TYPE_CHECKING

from keepsight.hub.archive import retention_rules
from keepsight.hub.member import Role
from keepsight.hub.statement.statement import CameraFacts, OutsideFacts, StatementFacts
from keepsight.hub.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepsight.hub.household import Household
    from keepsight.hub.running import RunningCamera


def _kinds(watching: Watching) -> tuple[str, ...]:
    """What one camera is watched for; sounds as one."""
    if not watching.is_on:
        return ()
    return (*watching.kinds, *(["sound"] if watching.sounds else []))


def _camera(household: "Household", running: "RunningCamera") -> CameraFacts:
    camera = running.camera
    rules = retention_rules(household.settings, [camera])
    days, event_days = rules.days_of(camera.camera_id), rules.event_days_of(camera.camera_id)
    is_following = rules.is_following(camera.camera_id)
    # In any case: what nobody watched stays as long as everything else would.
    longest = max(days or 0, event_days or 0)
    return CameraFacts(
        camera.name,
        camera.room,
        camera.rule.is_recording,
        longest or household.settings.retention_days,
        has_sound=running.has_sound,
        looks_for=_kinds(camera.watching),
        event_days=event_days,
        is_following=is_following,
        eventless_days=days if camera.rule.mode == "both" and days != event_days else None,
    )


def _looked_for(cameras: "list[RunningCamera]") -> tuple[str, ...]:
    """Kinds that some camera is watched for, each once; sounds as one."""
    watched = [running.camera.watching for running in cameras if running.camera.watching.is_on]
    kinds = dict.fromkeys(kind for watching in watched for kind in watching.kinds)
    return (*kinds, *(["sound"] if any(watching.sounds for watching in watched) else []))


def gather_facts(
    household: "Household", shows: "Callable[[bytes], bool] | None" = None
) -> StatementFacts:
    """The facts of this moment.

    Args:
        household: open.
        shows: which cameras the reader may know of, by id; None: all, and the statement is whole.
    """
    members = list(household.people.members.values())
    by_role = {role: [m for m in members if m.role is role] for role in Role}
    cameras = [
        running
        for running in household.roster.running()
        if not running.camera.is_trial and (shows is None or shows(running.camera.camera_id))
    ]
    return StatementFacts(
        household=household.keyring.name,
        owners=tuple(member.name for member in by_role[Role.OWNER]),
        cameras=tuple(_camera(household, running) for running in cameras),
        members=len(by_role[Role.OWNER]) + len(by_role[Role.MEMBER]),
        guests=len(by_role[Role.GUEST]),
        displays=tuple(member.name for member in by_role[Role.DISPLAY]) if shows is None else (),
        outside=tuple(
            OutsideFacts(contact.purpose, contact.host)
            for contact in household.egress.contacts()
            if contact.is_allowed
        ),
        notices=_looked_for(cameras),
        starts_unattended=household.starts_unattended,
        written_us=household.clock.wall_us(),
        is_whole=shows is None,
    )
