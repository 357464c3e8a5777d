"""The first schema: members, devices, sessions, cameras, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_HOUSEHOLD = ("household", sa.LargeBinary(16))


def _table(name: str, key: sa.Column[bytes] | sa.Column[str], *columns: sa.Column[object]) -> None:
    op.create_table(
        name, sa.Column(*_HOUSEHOLD, primary_key=True), key, *columns, sqlite_with_rowid=False
    )


def upgrade() -> None:
    """Create the tables."""
    _table(
        "members",
        sa.Column("member", sa.LargeBinary(16), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("passphrase_hash", sa.String(200), nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
    )
    _table(
        "devices",
        sa.Column("device", sa.LargeBinary(16), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("public_key", sa.LargeBinary(32), nullable=False),
        sa.Column("enrolled_us", sa.Integer, nullable=False),
        sa.Column("last_seen_us", sa.Integer, nullable=False),
    )
    _table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), nullable=False),
        sa.Column("device", sa.LargeBinary(16), nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
        sa.Column("expires_us", sa.Integer, nullable=False),
    )
    _table(
        "cameras",
        sa.Column("camera", sa.LargeBinary(16), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("credentials", sa.LargeBinary, nullable=True),
    )
    _table(
        "settings",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
