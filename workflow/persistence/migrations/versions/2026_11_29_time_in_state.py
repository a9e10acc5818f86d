"""Who held an item, and how long."""

revision = "2026_11_29_time_in_state"
down_revision = "2026_11_28_calendars"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
