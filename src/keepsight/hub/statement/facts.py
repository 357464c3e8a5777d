"""What is switched on in an open household, as the statement needs it."""

from typing import TYPE_CHECKING

from keepsight.hub.member import Role
from keepsight.hub.statement.statement import CameraFacts, OutsideFacts, StatementFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepsight.hub.household import Household
    from keepsight.hub.running import RunningCamera


def _camera(household: "Household", running: "RunningCamera") -> CameraFacts:
    camera = running.camera
    days = camera.rule.retention_days or household.settings.retention_days
    return CameraFacts(
        camera.name, camera.room, camera.rule.is_recording, days, has_sound=running.has_sound
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
