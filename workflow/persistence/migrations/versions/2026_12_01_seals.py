"""The global order of the log, its checkpoints, and who signs them."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_seals"
down_revision = "2026_11_30_mail"
branch_labels = None
depends_on = None

TABLES = ("audit_alarm", "audit_checkpoint", "audit_head", "audit_leaf")
NUMBERED = ("audit_checkpoint", "audit_alarm")

# Plain SQL like the log itself: numbers are gapless, nothing is rewritten, and a leaf is that of the entry it stands for.
SQLITE = (
    """
    CREATE TABLE audit_leaf (
        seq INTEGER NOT NULL,
        event_id TEXT NOT NULL,
        leaf BLOB NOT NULL,
        CONSTRAINT pk_audit_leaf PRIMARY KEY (seq),
        CONSTRAINT uq_audit_leaf_event_id UNIQUE (event_id),
        CONSTRAINT fk_audit_leaf_event_id FOREIGN KEY (event_id) REFERENCES audit_event (id)
    ) STRICT
    """,
    """
    CREATE TABLE audit_head (
        id INTEGER NOT NULL,
        size INTEGER NOT NULL,
        frontier BLOB NOT NULL,
        CONSTRAINT pk_audit_head PRIMARY KEY (id)
    ) STRICT
    """,
    """
    CREATE TABLE audit_checkpoint (
        number INTEGER NOT NULL,
        size INTEGER NOT NULL,
        at INTEGER NOT NULL,
        note TEXT NOT NULL,
        token BLOB,
        CONSTRAINT pk_audit_checkpoint PRIMARY KEY (number)
    ) STRICT
    """,
    """
    CREATE TABLE audit_alarm (
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        code TEXT NOT NULL,
        seq INTEGER,
        CONSTRAINT pk_audit_alarm PRIMARY KEY (number)
    ) STRICT
    """,
    "INSERT INTO audit_head (id, size, frontier) VALUES (1, 0, x'')",
    """
    CREATE TRIGGER audit_leaf_insert BEFORE INSERT ON audit_leaf
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM audit_leaf)
        OR EXISTS (SELECT 1 FROM audit_leaf WHERE event_id = NEW.event_id)
        OR NEW.leaf IS NOT (SELECT leaf FROM audit_event WHERE id = NEW.event_id)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head
    WHEN NEW.id IS NOT OLD.id OR NEW.size <= OLD.size
        OR NEW.size IS NOT (SELECT max(seq) + 1 FROM audit_leaf)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_checkpoint_insert BEFORE INSERT ON audit_checkpoint
    WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit_checkpoint)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_alarm_insert BEFORE INSERT ON audit_alarm
    WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit_alarm)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_update BEFORE UPDATE ON {table}
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """
        for table in ("audit_leaf", *NUMBERED)
    ),
    *(
        f"""
        CREATE TRIGGER {table}_delete BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """
        for table in TABLES
    ),
)
POSTGRESQL = (
    """
    CREATE TABLE audit_leaf (
        seq BIGINT NOT NULL,
        event_id TEXT COLLATE "C" NOT NULL,
        leaf BYTEA NOT NULL,
        CONSTRAINT pk_audit_leaf PRIMARY KEY (seq),
        CONSTRAINT uq_audit_leaf_event_id UNIQUE (event_id),
        CONSTRAINT fk_audit_leaf_event_id FOREIGN KEY (event_id) REFERENCES audit_event (id)
    )
    """,
    """
    CREATE TABLE audit_head (
        id INTEGER NOT NULL,
        size BIGINT NOT NULL,
        frontier BYTEA NOT NULL,
        CONSTRAINT pk_audit_head PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE audit_checkpoint (
        number INTEGER NOT NULL,
        size BIGINT NOT NULL,
        at BIGINT NOT NULL,
        note TEXT COLLATE "C" NOT NULL,
        token BYTEA,
        CONSTRAINT pk_audit_checkpoint PRIMARY KEY (number)
    )
    """,
    """
    CREATE TABLE audit_alarm (
        number INTEGER NOT NULL,
        at BIGINT NOT NULL,
        code TEXT COLLATE "C" NOT NULL,
        seq BIGINT,
        CONSTRAINT pk_audit_alarm PRIMARY KEY (number)
    )
    """,
    "INSERT INTO audit_head (id, size, frontier) VALUES (1, 0, '')",
    """
    CREATE FUNCTION audit_leaf_follows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), -1) + 1 FROM {schema}.audit_leaf)
            OR NEW.leaf IS DISTINCT FROM (SELECT leaf FROM {schema}.audit_event WHERE id = NEW.event_id)
        THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION audit_head_grows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF NEW.id IS DISTINCT FROM OLD.id OR NEW.size <= OLD.size
            OR NEW.size IS DISTINCT FROM (SELECT max(seq) + 1 FROM {schema}.audit_leaf)
        THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION audit_checkpoint_follows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM {schema}.audit_checkpoint) THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION audit_alarm_follows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM {schema}.audit_alarm) THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN NEW;
    END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_insert BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION {function}()
        """
        for table, function in (
            ("audit_leaf", "audit_leaf_follows"),
            ("audit_head", "audit_append_only"),
            ("audit_checkpoint", "audit_checkpoint_follows"),
            ("audit_alarm", "audit_alarm_follows"),
        )
    ),
    *(
        f"""
        CREATE TRIGGER {table}_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()
        """
        for table in ("audit_leaf", *NUMBERED)
    ),
    """
    CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_grows()
    """,
    """
    CREATE TRIGGER audit_head_change BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_append_only()
    """,
    *(
        f"""
        CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
        """
        for table in TABLES
    ),
    *(
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{what}"
        for table in TABLES
        for what in ("insert", "change", "truncate")
    ),
    "ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_update",
)
FUNCTIONS = ("audit_leaf_follows", "audit_head_grows", "audit_checkpoint_follows", "audit_alarm_follows")


def upgrade() -> None:
    for statement in _statements():
        op.execute(sa.text(statement))


def _statements() -> Iterator[str]:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        yield from SQLITE
        return
    schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in POSTGRESQL:
        yield statement.replace("{schema}", schema)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(sa.text(f"DROP FUNCTION {function}()"))
