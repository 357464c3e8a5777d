"""What members want to be told, which browsers may be woken, and how it went."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "notice_rules",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("device", sa.LargeBinary(16), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), nullable=False),
        sa.Column("sealed_target", sa.LargeBinary, nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice_outcomes",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("place", sa.LargeBinary(16), primary_key=True),
        sa.Column("sent_us", sa.Integer, nullable=True),
        sa.Column("error", sa.String(60), nullable=False),
        sa.Column("error_us", sa.Integer, nullable=True),
        sqlite_with_rowid=False,
    )
