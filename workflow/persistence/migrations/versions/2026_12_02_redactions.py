"""Private text that was erased, and whatever a restore must repeat."""

revision = "2026_12_02_redactions"
down_revision = "2026_12_01_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
