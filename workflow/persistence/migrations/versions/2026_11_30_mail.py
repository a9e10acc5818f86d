"""What a person chose to be told by mail, and secret addresses of calendar feeds."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_mail"
down_revision = "2026_11_29_time_in_state"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("notice", sa.Column("letter", TEXT))
    op.add_column("notice", sa.Column("mailed_at", BIG))
    _index("ix_notice_in_no_letter", ["person", "at"], "letter IS NULL AND read_at IS NULL")
    _index("ix_notice_letter", ["letter"], "letter IS NOT NULL")
    op.create_table(
        "mail_choice",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("choice", TEXT, nullable=False),
        sa.Column("open_letter", TEXT),
        sa.PrimaryKeyConstraint("person", name="pk_mail_choice"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_mail_choice_person"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_calendar_feed"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_calendar_feed_person"),
        sa.UniqueConstraint("secret_hash", name="uq_calendar_feed_secret_hash"),
    )


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "notice", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_table("mail_choice")
    op.drop_index("ix_notice_letter", "notice")
    op.drop_index("ix_notice_in_no_letter", "notice")
    op.drop_column("notice", "mailed_at")
    op.drop_column("notice", "letter")
