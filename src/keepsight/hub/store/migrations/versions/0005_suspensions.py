"""What is or was switched off."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "suspensions",
        sa.Column("household", sa.LargeBinary(16), primary_key=True),
        sa.Column("suspension", sa.LargeBinary(16), primary_key=True),
        sa.Column("since_us", sa.Integer, nullable=False),
        sa.Column("until_us", sa.Integer, nullable=True),
        sa.Column("placed_by", sa.LargeBinary(16), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("lifted_us", sa.Integer, nullable=True),
        sa.Column("lifted_by", sa.LargeBinary(16), nullable=True),
        sqlite_with_rowid=False,
    )
