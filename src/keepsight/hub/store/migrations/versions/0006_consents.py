"""What a member has agreed to, or taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "consents",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("member", sa.LargeBinary(16), primary_key=True),
        sa.Column("purpose", sa.String(40), primary_key=True),
        sa.Column("is_given", sa.Boolean, nullable=False),
        sa.Column("at_us", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
