"""What a person chose to be told by mail, and secret addresses of calendar feeds."""

revision = "2026_11_30_mail"
down_revision = "2026_11_29_time_in_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
