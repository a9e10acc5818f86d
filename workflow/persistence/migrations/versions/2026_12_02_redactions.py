"""Private text that was erased, and whatever a restore must repeat."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_redactions"
down_revision = "2026_12_01_seals"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("outcome IS NULL")


def upgrade() -> None:
    op.create_table(
        "redaction_request",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("ground", TEXT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("outcome", TEXT),
        sa.Column("decided_by", TEXT),
        sa.Column("decided_at", BIG),
        sa.Column("note", TEXT),
        sa.Column("done_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_redaction_request"),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name="fk_redaction_request_item"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name="fk_redaction_request_asked_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name="fk_redaction_request_decided_by"),
    )
    op.create_index("ix_redaction_request_asked_at", "redaction_request", ["asked_at"])
    op.create_index(
        "uq_redaction_request_open",
        "redaction_request",
        ["stream", "n", "field"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "redaction",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("ground", TEXT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("erased_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("stream", "n", "field", name="pk_redaction"),
    )


def downgrade() -> None:
    op.drop_table("redaction")
    op.drop_table("redaction_request")
