"""Checks of products and their reports, both encrypted by the hub."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "checks",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("check_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("created_us", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("camera", sa.LargeBinary(16), nullable=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    # With row ids: a row of megabytes does not belong into the leaves of a primary key's tree.
    op.create_table(
        "reports",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("check_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("format", sa.String(10), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
