"""What a consolidated report was made of."""

revision = "2026_12_04_consolidations"
down_revision = "2026_12_03_readings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
