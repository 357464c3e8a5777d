"""Starts what runs for an open household: recordings, feed, cameras, exports."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from keepsight.hub.archive import Archive, retention_rules
from keepsight.hub.camera import Camera
from keepsight.hub.checks.checks import Checks
from keepsight.hub.events.events import Events
from keepsight.hub.exports import Exports
from keepsight.hub.following import Following
from keepsight.hub.ingest.fanout import Reader
from keepsight.hub.live.feed import Feed
from keepsight.hub.record.record import Recordings
from keepsight.hub.roster import Roster
from keepsight.hub.running import Surroundings
from keepsight.hub.watch.watch import Watch
from keepsight.seal.header import Stream

if TYPE_CHECKING:
    from keepsight.hub.household import Household


async def start_works(
    household: "Household",
    tasks: asyncio.TaskGroup,
    feed_path: Path,
    *,
    is_idle: bool,
    environment: Mapping[str, str],
) -> None:
    """Recover what the last stop left, then start everything.

    Args:
        household: whose.
        tasks: where it runs.
        feed_path: of the socket for the door.
        is_idle: connect to no camera.
        environment: the hub's; says where models lie.

    Raises:
        OSError: the data directory cannot be written.
    """
    # Before anything is deleted by rules: what an event needs is kept.
    household.events = Events(household)
    await household.events.load()
    stored = await household.sql(household.store.list_cameras, household.household_id)
    rules = retention_rules(household.settings, [entry.camera for entry in stored])
    recordings = await household.sql(
        Recordings, household.directory, household.keyring, household.clock, rules,
        events=household.events.spans_now,
    )  # fmt: skip
    recordings.start()
    feed = Feed(feed_path)
    await feed.start()

    watch = household.watch = Watch(
        clock=household.clock,
        secret=household.directory,
        environment=environment,
        is_idle=is_idle,
    )
    watch.sink = household.events

    def recorder(camera: Camera, stream: Stream) -> Reader | None:
        return recordings.recorder(camera.camera_id, stream) if camera.rule.is_recording else None

    def surroundings(roster: Roster) -> Surroundings:
        return Surroundings(
            household.keyring, household.clock, feed, recorder, roster.pin_later, watch
        )

    household.archive = Archive(household, recordings)
    household.exports = Exports(household)
    household.checks = Checks(household, is_idle=is_idle)
    household.feed = feed

    def end_session(token_hash: bytes) -> None:
        household.signin.end_session(token_hash)
        feed.end_session(token_hash)

    household.people.on_session_end = end_session
    household.roster = Roster(household, surroundings, tasks, is_idle=is_idle)
    await household.roster.load()
    watch.start(tasks)
    await household.checks.load()
    household.suspensions.on_run_out = feed.renew
    if not is_idle:
        tasks.create_task(household.events.run(), name="events")
        tasks.create_task(household.events.keep_rules(), name="events by rule")
        tasks.create_task(Following(household).run(), name="following")
        household.events.listeners.append(household.notices.on_event)
        household.notices.start(tasks)
    tasks.create_task(household.rights.run(), name="rights")
    tasks.create_task(household.suspensions.run(), name="suspensions")
    tasks.create_task(household.outbox.run(), name="mail")


async def stop_works(household: "Household") -> None:
    """Stop in order: no more packets, then everything is written down, then the sockets."""
    await household.roster.stop()
    await household.watch.stop()
    await household.notices.stop()
    await household.events.stop()
    await household.exports.stop()
    await household.checks.stop()
    await asyncio.to_thread(household.archive.recordings.stop)
    await household.feed.stop()
    household.journal.close()
    household.store.close()
