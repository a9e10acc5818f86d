"""Who held an item, and how long."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_time_in_state"
down_revision = "2026_11_28_calendars"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.Integer()
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "held",
        sa.Column("item", TEXT, nullable=False),
        sa.Column("n", WHOLE, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("person", TEXT),
        sa.Column("charged", TEXT),
        sa.Column("since", BIG, nullable=False),
        sa.Column("until", BIG),
        sa.PrimaryKeyConstraint("item", "n", name="pk_held"),
    )
    op.create_index("ix_held_unit_since", "held", ["unit", "since"])
    op.create_table(
        "held_head",
        sa.Column("item", TEXT, nullable=False),
        sa.Column("n", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_held_head"),
    )


def downgrade() -> None:
    op.drop_table("held_head")
    op.drop_index("ix_held_unit_since", "held")
    op.drop_table("held")
