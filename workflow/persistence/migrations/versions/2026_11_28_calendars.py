"""Days that the office entered in its working calendar."""

revision = "2026_11_28_calendars"
down_revision = "2026_11_27_timers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
