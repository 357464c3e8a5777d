"""Second factors, PINs, how sessions began, and who was reached outside."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _household() -> sa.Column[bytes]:
    return sa.Column("household", sa.LargeBinary(16), primary_key=True)


def upgrade() -> None:
    """Create the tables, and add columns."""
    op.create_table(
        "passkeys",
        _household(),
        sa.Column("credential", sa.LargeBinary, primary_key=True),
        sa.Column("member", sa.LargeBinary(16), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.Integer, nullable=False),
        sa.Column("rp_id", sa.String(255), nullable=False),
        sa.Column("is_synced", sa.Boolean, nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
        sa.Column("last_used_us", sa.Integer, nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "totp",
        _household(),
        sa.Column("member", sa.LargeBinary(16), primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("created_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recovery_codes",
        _household(),
        sa.Column("member", sa.LargeBinary(16), primary_key=True),
        sa.Column("code_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("used_us", sa.Integer, nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pins",
        _household(),
        sa.Column("subject", sa.LargeBinary(16), primary_key=True),
        sa.Column("pin_hash", sa.String(200), nullable=False),
        sa.Column("is_everywhere", sa.Boolean, nullable=False),
        sa.Column("set_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "egress",
        _household(),
        sa.Column("purpose", sa.String(20), primary_key=True),
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("port", sa.Integer, primary_key=True),
        sa.Column("is_allowed", sa.Boolean, nullable=False),
        sa.Column("first_us", sa.Integer, nullable=True),
        sa.Column("last_us", sa.Integer, nullable=True),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    for column in (
        sa.Column("factor", sa.String(40), nullable=False, server_default="passphrase"),
        sa.Column("path", sa.String(255), nullable=False, server_default=""),
        sa.Column("last_seen_us", sa.Integer, nullable=False, server_default="0"),
        sa.Column("is_shared", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("sessions", column)
    # Sessions of before were last seen, as far as is known, when they began.
    op.execute("UPDATE sessions SET last_seen_us = created_us")
