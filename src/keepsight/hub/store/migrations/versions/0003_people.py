"""Grants, invites, and what members and devices have gained."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the columns."""
    for name, length in (("integration", 100), ("email", 254)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("members", column)
    op.add_column(
        "devices",
        sa.Column("signing_key", sa.LargeBinary, nullable=False, server_default=sa.text("x''")),
    )
    op.create_table(
        "grants",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("grant_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), nullable=False),
        sa.Column("camera", sa.LargeBinary(16), nullable=True),
        sa.Column("capabilities", sa.Text, nullable=False),
        sa.Column("from_us", sa.Integer, nullable=False),
        sa.Column("until_us", sa.Integer, nullable=True),
        sa.Column("hours", sa.Text, nullable=False),
        sa.Column("granted_by", sa.LargeBinary(16), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "invites",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("invite_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("expires_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
