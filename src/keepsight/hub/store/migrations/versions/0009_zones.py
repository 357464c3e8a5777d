"""Zones in the indexes that lists walk: a zone where nothing was noticed reads no event."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both indexes anew."""
    op.drop_index("events_by_time", "events")
    op.drop_index("events_by_camera", "events")
    rest = ["event", "kind", "is_kept"]
    op.create_index("events_by_time", "events", ["household", "start_us", *rest, "camera", "zones"])
    op.create_index(
        "events_by_camera", "events", ["household", "camera", "start_us", *rest, "zones"]
    )
