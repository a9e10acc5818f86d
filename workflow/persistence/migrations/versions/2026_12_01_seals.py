"""The global order of the log, its checkpoints, and who signs them."""

revision = "2026_12_01_seals"
down_revision = "2026_11_30_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
