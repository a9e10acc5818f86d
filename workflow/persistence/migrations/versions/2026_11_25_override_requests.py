"""What the administrator asks of the chairman past a workflow, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_override_requests"
down_revision = "2026_11_24_first_tables"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("outcome IS NULL")


def upgrade() -> None:
    op.create_table(
        "override_request",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("outcome", TEXT),
        sa.Column("decided_by", TEXT),
        sa.Column("decided_at", BIG),
        sa.Column("note", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_override_request"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name="fk_override_request_item"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name="fk_override_request_asked_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name="fk_override_request_decided_by"),
    )
    op.create_index("ix_override_request_asked_at", "override_request", ["asked_at"])
    op.create_index(
        "uq_override_request_open",
        "override_request",
        ["item"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("override_request")
