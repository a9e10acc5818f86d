"""Issued documents, and what the signatures on a file proved to be."""

revision = "2026_12_05_documents"
down_revision = "2026_12_04_consolidations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
