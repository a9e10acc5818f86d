"""Mandates of auditors, and indexes by which the log and the notices are searched."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_readings"
down_revision = "2026_12_02_redactions"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.Integer()
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOVED = sa.text("tr IS NOT NULL")
ABOUT_ITEM = sa.text("item IS NOT NULL")
UNCOMMON = sa.text("type NOT IN ('move', 'create', 'child', 'timer')")


def upgrade() -> None:
    op.create_table(
        "mandate",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("from_at", BIG, nullable=False),
        sa.Column("to_at", BIG, nullable=False),
        sa.Column("units", TEXT, nullable=False),
        sa.Column("workflows", TEXT, nullable=False),
        sa.Column("private", WHOLE, nullable=False),
        sa.Column("given_by", TEXT, nullable=False),
        sa.Column("given_at", BIG, nullable=False),
        sa.Column("ended_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_mandate"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_mandate_person"),
    )
    op.create_index("ix_mandate_person", "mandate", ["person"])
    op.create_index("ix_audit_event_tr_rec", "audit_event", ["tr", "rec"], sqlite_where=MOVED, postgresql_where=MOVED)
    op.create_index(
        "ix_audit_event_type_rec", "audit_event", ["type", "rec"], sqlite_where=UNCOMMON, postgresql_where=UNCOMMON
    )
    op.create_index("ix_notice_item_at", "notice", ["item", "at"], sqlite_where=ABOUT_ITEM, postgresql_where=ABOUT_ITEM)


def downgrade() -> None:
    op.drop_index("ix_notice_item_at", "notice")
    op.drop_index("ix_audit_event_type_rec", "audit_event")
    op.drop_index("ix_audit_event_tr_rec", "audit_event")
    op.drop_table("mandate")
