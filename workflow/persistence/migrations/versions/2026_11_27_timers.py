"""Where repeating reminders stand."""

revision = "2026_11_27_timers"
down_revision = "2026_11_26_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
