"""Reminders run: the clock looks once at every open item, which knew of its moves only."""

from alembic import op

revision = "2026_11_27_timers"
down_revision = "2026_11_26_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE item SET next_timer_at = entered_at WHERE final = 0")


def downgrade() -> None:
    pass
