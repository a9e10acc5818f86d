"""Days, years and hours that the office entered in its working calendars."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_calendars"
down_revision = "2026_11_27_timers"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.Integer()
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("calendar", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("entered_by", TEXT, nullable=False),
        sa.Column("entered_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("calendar", "day", name="pk_calendar_day"),
    )
    op.create_table(
        "calendar_year",
        sa.Column("calendar", TEXT, nullable=False),
        sa.Column("year", WHOLE, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("entered_by", TEXT, nullable=False),
        sa.Column("entered_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("calendar", "year", name="pk_calendar_year"),
    )
    op.create_table(
        "calendar_hours",
        sa.Column("calendar", TEXT, nullable=False),
        sa.Column("hours", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("entered_by", TEXT, nullable=False),
        sa.Column("entered_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("calendar", name="pk_calendar_hours"),
    )


def downgrade() -> None:
    op.drop_table("calendar_hours")
    op.drop_table("calendar_year")
    op.drop_table("calendar_day")
