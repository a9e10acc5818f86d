"""One move on many items, done in the background row by row."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_jobs"
down_revision = "2026_11_25_override_requests"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.Integer()
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("move", TEXT, nullable=False),
        sa.Column("comment", TEXT),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("cancelled_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_job_person"),
    )
    op.create_index("ix_job_person_created_at", "job", ["person", "created_at"])
    op.create_table(
        "job_row",
        sa.Column("job", TEXT, nullable=False),
        sa.Column("n", WHOLE, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("seen", WHOLE, nullable=False),
        sa.Column("giver", TEXT),
        sa.Column("done_at", BIG),
        sa.Column("state", TEXT),
        sa.Column("reasons", TEXT),
        sa.PrimaryKeyConstraint("job", "n", name="pk_job_row"),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name="fk_job_row_job"),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index("ix_job_row_waiting", "job_row", ["job", "n"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_table("job_row")
    op.drop_table("job")
