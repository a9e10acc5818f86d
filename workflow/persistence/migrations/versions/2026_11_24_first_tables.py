"""The first tables, and the triggers that keep the audit log append-only."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_first_tables"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.Integer()
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BLOB = sa.LargeBinary()

# Plain SQL on purpose: these tables are never rebuilt by a tool. Numbers are gapless, so a row can neither take the
# place of another nor leave a hole; REPLACE is stopped before it deletes, whatever the connection's pragmas say.
SQLITE_AUDIT = (
    """
    CREATE TABLE audit_event (
        id TEXT NOT NULL,
        stream TEXT NOT NULL,
        n INTEGER NOT NULL,
        rec INTEGER NOT NULL,
        type TEXT NOT NULL,
        actor_id TEXT NOT NULL,
        tr TEXT,
        item_id TEXT,
        body BLOB NOT NULL,
        leaf BLOB NOT NULL,
        CONSTRAINT pk_audit_event PRIMARY KEY (id),
        CONSTRAINT uq_audit_event_stream_n UNIQUE (stream, n)
    ) STRICT
    """,
    """
    CREATE TABLE audit_private (
        event_id TEXT NOT NULL,
        field TEXT NOT NULL,
        salt BLOB NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT pk_audit_private PRIMARY KEY (event_id, field),
        CONSTRAINT fk_audit_private_event_id FOREIGN KEY (event_id) REFERENCES audit_event (id)
    ) STRICT
    """,
    """
    CREATE TRIGGER audit_event_update BEFORE UPDATE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_event_delete BEFORE DELETE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_event_insert BEFORE INSERT ON audit_event
    WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM audit_event WHERE stream = NEW.stream)
        OR EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)
        OR (NEW.rowid > 0 AND EXISTS (SELECT 1 FROM audit_event WHERE rowid = NEW.rowid))
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_private_update BEFORE UPDATE ON audit_private
    BEGIN SELECT RAISE(ABORT, 'what the audit log keeps private is never rewritten'); END
    """,
    """
    CREATE TRIGGER audit_private_insert BEFORE INSERT ON audit_private
    WHEN EXISTS (SELECT 1 FROM audit_private WHERE event_id = NEW.event_id AND field = NEW.field)
        OR (NEW.rowid > 0 AND EXISTS (SELECT 1 FROM audit_private WHERE rowid = NEW.rowid))
    BEGIN SELECT RAISE(ABORT, 'what the audit log keeps private is never rewritten'); END
    """,
)
POSTGRESQL_AUDIT = (
    """
    CREATE TABLE audit_event (
        id TEXT COLLATE "C" NOT NULL,
        stream TEXT COLLATE "C" NOT NULL,
        n INTEGER NOT NULL,
        rec BIGINT NOT NULL,
        type TEXT COLLATE "C" NOT NULL,
        actor_id TEXT COLLATE "C" NOT NULL,
        tr TEXT COLLATE "C",
        item_id TEXT COLLATE "C",
        body BYTEA NOT NULL,
        leaf BYTEA NOT NULL,
        CONSTRAINT pk_audit_event PRIMARY KEY (id),
        CONSTRAINT uq_audit_event_stream_n UNIQUE (stream, n)
    )
    """,
    """
    CREATE TABLE audit_private (
        event_id TEXT COLLATE "C" NOT NULL,
        field TEXT COLLATE "C" NOT NULL,
        salt BYTEA NOT NULL,
        value TEXT COLLATE "C" NOT NULL,
        CONSTRAINT pk_audit_private PRIMARY KEY (event_id, field),
        CONSTRAINT fk_audit_private_event_id FOREIGN KEY (event_id) REFERENCES audit_event (id)
    )
    """,
    """
    CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
    """,
    # The table is named with its schema: nobody's search path leads the question elsewhere.
    """
    CREATE FUNCTION audit_gapless() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF NEW.n IS DISTINCT FROM (
            SELECT coalesce(max(n), 0) + 1 FROM {schema}.audit_event WHERE stream = NEW.stream
        ) THEN
            RAISE EXCEPTION 'audit_event is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_event_insert BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_gapless()
    """,
    """
    CREATE TRIGGER audit_event_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_append_only()
    """,
    """
    CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
    """,
    """
    CREATE TRIGGER audit_private_change BEFORE UPDATE ON audit_private
    FOR EACH ROW EXECUTE FUNCTION audit_append_only()
    """,
    """
    CREATE TRIGGER audit_private_truncate BEFORE TRUNCATE ON audit_private
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
    """,
    "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_insert",
    "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_change",
    "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_truncate",
    "ALTER TABLE audit_private ENABLE ALWAYS TRIGGER audit_private_change",
    "ALTER TABLE audit_private ENABLE ALWAYS TRIGGER audit_private_truncate",
)

# In the order in which they may be dropped: what refers before what is referred to.
TABLES = (
    "user_session",
    "obligation",
    "delegation",
    "appointment",
    "api_token",
    "unit",
    "tally",
    "setting",
    "person",
    "notice",
    "message",
    "login_attempt",
    "item",
    "idempotency",
    "file",
    "draft",
    "directive",
    "definition",
    "comment",
    "code_counter",
    "area",
)


def _index(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    _create_audit()
    op.create_table(
        "area",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("label_vi", TEXT, nullable=False),
        sa.Column("label_en", TEXT, nullable=False),
        sa.Column("full_vi", TEXT, nullable=False),
        sa.Column("full_en", TEXT, nullable=False),
        sa.Column("rank", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_area"),
    )
    op.create_table(
        "code_counter",
        sa.Column("prefix", TEXT, nullable=False),
        sa.Column("year", WHOLE, nullable=False),
        sa.Column("last", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name="pk_code_counter"),
    )
    op.create_table(
        "comment",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
    )
    _index("ix_comment_item_at", "comment", ["item", "at"])
    op.create_table(
        "definition",
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("source", BLOB, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("published_at", BIG, nullable=False),
        sa.Column("published_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "version", name="pk_definition"),
    )
    _index("ix_definition_fingerprint", "definition", ["fingerprint"])
    op.create_table(
        "directive",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("dated_on", TEXT, nullable=False),
        sa.Column("source_hash", TEXT, nullable=False),
        sa.Column("imported_at", BIG, nullable=False),
        sa.Column("imported_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directive"),
    )
    op.create_table(
        "draft",
        sa.Column("person", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("move", TEXT, nullable=False),
        sa.Column("inputs", TEXT, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("person", "item", "move", name="pk_draft"),
    )
    op.create_table(
        "file",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("uploaded_by", TEXT, nullable=False),
        sa.Column("uploaded_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("sha256", "item", name="pk_file"),
    )
    _index("ix_file_item", "file", ["item"])
    op.create_table(
        "idempotency",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("outcome", TEXT),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_idempotency"),
    )
    _index("ix_idempotency_at", "idempotency", ["at"])
    op.create_table(
        "item",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("entered_at", BIG, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("parent", TEXT),
        sa.Column("open_children", WHOLE, nullable=False),
        sa.Column("state_group", TEXT, nullable=False),
        sa.Column("waits_on", TEXT, nullable=False),
        sa.Column("waits_person", TEXT),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("title_key", TEXT, nullable=False),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("support", TEXT, nullable=False),
        sa.Column("area", TEXT),
        sa.Column("assignee", TEXT),
        sa.Column("due_at", BIG),
        sa.Column("next_timer_at", BIG),
        sa.Column("late", WHOLE, nullable=False),
        sa.Column("final", WHOLE, nullable=False),
        sa.Column("head_n", WHOLE, nullable=False),
        sa.Column("head_leaf", BLOB, nullable=False),
        sa.Column("head_rec", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_item"),
        sa.UniqueConstraint("code", name="uq_item_code"),
    )
    _index("ix_item_assignee_due_at_id", "item", ["assignee", "due_at", "id"], where="final = 0")
    _index("ix_item_due_at_id", "item", ["due_at", "id"], where="final = 0")
    _index("ix_item_next_timer_at", "item", ["next_timer_at"], where="next_timer_at IS NOT NULL")
    _index("ix_item_parent", "item", ["parent"], where="parent IS NOT NULL")
    _index("ix_item_state_group_due_at_id", "item", ["state_group", "due_at", "id"], where="final = 0")
    _index("ix_item_unit_assignee", "item", ["unit", "assignee", "late", "final"], where="final = 0")
    _index("ix_item_unit_due_at_id", "item", ["unit", "due_at", "id", "state_group", "final"], where="final = 0")
    _index("ix_item_waits_on_due_at_id", "item", ["waits_on", "due_at", "id"], where="final = 0")
    _index("ix_item_waits_person_due_at_id", "item", ["waits_person", "due_at", "id"], where="final = 0")
    _index("ix_item_workflow_state", "item", ["workflow", "state"])
    op.create_table(
        "login_attempt",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("login", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("succeeded", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_attempt"),
    )
    _index("ix_login_attempt_at", "login_attempt", ["at"])
    _index("ix_login_attempt_client_at", "login_attempt", ["client", "at"])
    _index("ix_login_attempt_login_at", "login_attempt", ["login", "at"])
    op.create_table(
        "message",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("item", TEXT),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("lease_until", BIG),
        sa.Column("leased_by", TEXT),
        sa.Column("ended_at", BIG),
        sa.Column("error", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    _index("ix_message_buried", "message", ["ended_at"], where="status = 'buried'")
    _index("ix_message_due_at_id", "message", ["due_at", "id"], where="status = 'waiting'")
    op.create_table(
        "notice",
        sa.Column("message", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("item", TEXT),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("params", TEXT, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("read_at", BIG),
        sa.PrimaryKeyConstraint("message", "person", name="pk_notice"),
    )
    _index("ix_notice_person_at", "notice", ["person", "at"])
    op.create_table(
        "person",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("login", TEXT, nullable=False),
        sa.Column("title_vi", TEXT, nullable=False),
        sa.Column("title_en", TEXT, nullable=False),
        sa.Column("email", TEXT),
        sa.Column("password_hash", TEXT),
        sa.Column("lang", TEXT, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("locked_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("login", name="uq_person_login"),
    )
    op.create_table(
        "setting",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_setting"),
    )
    op.create_table(
        "tally",
        sa.Column("workflow", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("area", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("late", WHOLE, nullable=False),
        sa.Column("count", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "unit", "area", "state", "late", name="pk_tally"),
    )
    op.create_table(
        "unit",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name_vi", TEXT, nullable=False),
        sa.Column("name_en", TEXT, nullable=False),
        sa.Column("short_vi", TEXT, nullable=False),
        sa.Column("short_en", TEXT, nullable=False),
        sa.Column("head_title_vi", TEXT, nullable=False),
        sa.Column("head_title_en", TEXT, nullable=False),
        sa.Column("deputy_title_vi", TEXT, nullable=False),
        sa.Column("deputy_title_en", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("reports", WHOLE, nullable=False),
        sa.Column("rank", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("revoked_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_api_token_person"),
    )
    _index("ix_api_token_person", "api_token", ["person"])
    op.create_table(
        "appointment",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("unit", TEXT),
        sa.Column("areas", TEXT, nullable=False),
        sa.Column("from_at", BIG, nullable=False),
        sa.Column("to_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_appointment_person"),
        sa.ForeignKeyConstraint(["unit"], ["unit.id"], name="fk_appointment_unit"),
    )
    _index("ix_appointment_person", "appointment", ["person"])
    op.create_table(
        "delegation",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("giver", TEXT, nullable=False),
        sa.Column("receiver", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("workflows", TEXT, nullable=False),
        sa.Column("areas", TEXT, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("from_at", BIG, nullable=False),
        sa.Column("to_at", BIG, nullable=False),
        sa.Column("ended_at", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_delegation"),
        sa.ForeignKeyConstraint(["giver"], ["person.id"], name="fk_delegation_giver"),
        sa.ForeignKeyConstraint(["receiver"], ["person.id"], name="fk_delegation_receiver"),
    )
    _index("ix_delegation_giver", "delegation", ["giver"])
    _index("ix_delegation_receiver", "delegation", ["receiver"])
    op.create_table(
        "obligation",
        sa.Column("directive", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("section", TEXT, nullable=False),
        sa.Column("title_vi", TEXT, nullable=False),
        sa.Column("title_en", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("area", TEXT),
        sa.Column("served_by", TEXT),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("item", TEXT),
        sa.Column("rank", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("directive", "id", "unit", name="pk_obligation"),
        sa.ForeignKeyConstraint(["directive"], ["directive.id"], name="fk_obligation_directive"),
    )
    _index("ix_obligation_item", "obligation", ["item"])
    op.create_table(
        "user_session",
        sa.Column("id_hash", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("csrf", TEXT, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("seen_at", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_user_session"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_user_session_person"),
    )
    _index("ix_user_session_person", "user_session", ["person"])
    _index("ix_user_session_until", "user_session", ["until"])


def _create_audit() -> None:
    for statement in _audit_statements():
        op.execute(sa.text(statement))
    _index("ix_audit_event_actor_id_rec", "audit_event", ["actor_id", "rec"])
    _index("ix_audit_event_item_id_rec", "audit_event", ["item_id", "rec"], where="item_id IS NOT NULL")
    _index("ix_audit_event_rec", "audit_event", ["rec"])


def _audit_statements() -> Iterator[str]:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        yield from SQLITE_AUDIT
        return
    schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in POSTGRESQL_AUDIT:
        yield statement.replace("{schema}", schema)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_table("audit_private")
    op.drop_table("audit_event")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION audit_append_only()"))
        op.execute(sa.text("DROP FUNCTION audit_gapless()"))
