"""Nothing changes: what was issued stands on items, and what signatures prove is judged when it is shown."""

revision = "2026_12_05_documents"
down_revision = "2026_12_04_consolidations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
