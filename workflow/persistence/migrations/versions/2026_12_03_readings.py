"""Mandates of auditors, and what they read."""

revision = "2026_12_03_readings"
down_revision = "2026_12_02_redactions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
