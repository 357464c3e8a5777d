"""What was noticed: events with their sealed pictures' keys, who has seen which, and movement."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.LargeBinary(16)


def upgrade() -> None:
    """Create the tables."""
    _create_events()
    op.create_table(
        "event_pictures",
        sa.Column("household", _ID, primary_key=True),
        sa.Column("picture", _ID, primary_key=True),
        sa.Column("event", _ID, nullable=False),
        sa.Column("camera", _ID, nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("wrapped_secret", sa.LargeBinary(60), nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("columns", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("start_us", sa.Integer, nullable=False),
        sa.Column("end_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "event_pictures_of_event", "event_pictures", ["household", "event", "role"], unique=True
    )
    op.create_index("event_pictures_by_day", "event_pictures", ["household", "camera", "day"])
    _create_marks()
    op.create_table(
        "activity",
        sa.Column("household", _ID, primary_key=True),
        sa.Column("camera", _ID, primary_key=True),
        sa.Column("start_us", sa.Integer, primary_key=True),
        sa.Column("end_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("household", _ID, primary_key=True),
        sa.Column("event", _ID, primary_key=True),
        sa.Column("camera", _ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("start_us", sa.Integer, nullable=False),
        sa.Column("last_us", sa.Integer, nullable=False),
        sa.Column("end_us", sa.Integer, nullable=True),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("best_us", sa.Integer, nullable=False),
        sa.Column("best_box", sa.Text, nullable=True),
        sa.Column("zones", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("is_kept", sa.Boolean, nullable=False),
    )
    # They hold what lists are filtered by, so that looking through many reads no row.
    rest = ["event", "kind", "is_kept"]
    op.create_index("events_by_time", "events", ["household", "start_us", *rest, "camera"])
    op.create_index("events_by_camera", "events", ["household", "camera", "start_us", *rest])
    op.create_index(
        "events_open", "events", ["household", "camera"], sqlite_where=sa.text("end_us IS NULL")
    )


def _create_marks() -> None:
    op.create_table(
        "event_seen",
        sa.Column("household", _ID, primary_key=True),
        sa.Column("member", _ID, primary_key=True),
        sa.Column("event", _ID, primary_key=True),
        sa.Column("is_seen", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("event_seen_of_event", "event_seen", ["household", "event"])
    op.create_index(
        "event_unseen", "event_seen", ["household", "member"], sqlite_where=sa.text("is_seen = 0")
    )
    op.create_table(
        "event_seen_until",
        sa.Column("household", _ID, primary_key=True),
        sa.Column("member", _ID, primary_key=True),
        sa.Column("camera", _ID, primary_key=True),
        sa.Column("until_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
