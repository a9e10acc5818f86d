"""Every table. Private to this package and to `workflow.queries`.

Instants are microseconds since the epoch, JSON is text, flags are 0 or 1: one form on SQLite and PostgreSQL.
The audit tables are made by plain SQL in their migration, with the triggers that keep them append-only.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from workflow.persistence.columns import Instant, JsonText, Text, blob, whole

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _where(name: str, *columns: str, condition: str) -> Index:
    """A partial index; queries must repeat `condition` word for word to use it."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def _only(name: str, *columns: str, condition: str) -> Index:
    """The same, and no two rows of it alike."""
    return Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


# -- items --------------------------------------------------------------------------------------------------------------

item = Table(
    "item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("fields", JsonText, nullable=False),
    Column("facts", JsonText, nullable=False),
    Column("parent", Text),
    Column("open_children", Integer, nullable=False),
    # What follows is derived by `workflow.engine.facts`, so that a worklist is one SELECT.
    Column("state_group", Text, nullable=False),
    Column("waits_on", Text, nullable=False),
    Column("waits_person", Text),
    Column("title", Text, nullable=False),
    Column("title_key", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("support", Text, nullable=False),
    Column("area", Text),
    Column("assignee", Text),
    Column("due_at", Instant),
    Column("next_timer_at", Instant),
    Column("late", Integer, nullable=False),
    Column("final", Integer, nullable=False),
    # The head of the item's own audit stream, so that a move need not ask for it.
    Column("head_n", Integer, nullable=False),
    Column("head_leaf", blob(), nullable=False),
    Column("head_rec", Instant),
    # The last columns of these two order nothing: with them, a count looks at the index alone.
    _where("ix_item_unit_due_at_id", "unit", "due_at", "id", "state_group", "final", condition="final = 0"),
    _where("ix_item_unit_assignee", "unit", "assignee", "late", "final", condition="final = 0"),
    _where("ix_item_assignee_due_at_id", "assignee", "due_at", "id", condition="final = 0"),
    _where("ix_item_state_group_due_at_id", "state_group", "due_at", "id", condition="final = 0"),
    _where("ix_item_waits_on_due_at_id", "waits_on", "due_at", "id", condition="final = 0"),
    _where("ix_item_waits_person_due_at_id", "waits_person", "due_at", "id", condition="final = 0"),
    _where("ix_item_due_at_id", "due_at", "id", condition="final = 0"),
    _where("ix_item_next_timer_at", "next_timer_at", condition="next_timer_at IS NOT NULL"),
    _where("ix_item_parent", "parent", condition="parent IS NOT NULL"),
    Index("ix_item_workflow_state", "workflow", "state"),
)

tally = Table(
    "tally",
    metadata,
    Column("workflow", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("late", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("workflow", "unit", "area", "state", "late"),
)

code_counter = Table(
    "code_counter",
    metadata,
    Column("prefix", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("prefix", "year"),
)

file = Table(
    "file",
    metadata,
    Column("sha256", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", whole(), nullable=False),
    Column("type", Text, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    PrimaryKeyConstraint("sha256", "item"),
    Index("ix_file_item", "item"),
)

comment = Table(
    "comment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_comment_item_at", "item", "at"),
)

draft = Table(
    "draft",
    metadata,
    Column("person", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("move", Text, nullable=False),
    Column("inputs", JsonText, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("person", "item", "move"),
)

override_request = Table(
    "override_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item", Text, ForeignKey("item.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, ForeignKey("person.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("outcome", Text),
    Column("decided_by", Text, ForeignKey("person.id")),
    Column("decided_at", Instant),
    Column("note", Text),
    Index("ix_override_request_asked_at", "asked_at"),
    # One at a time on an item: the second would be about a state that the first may end.
    _only("uq_override_request_open", "item", condition="outcome IS NULL"),
)

job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("move", Text, nullable=False),
    Column("comment", Text),
    Column("created_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    Index("ix_job_person_created_at", "person", "created_at"),
)

job_row = Table(
    "job_row",
    metadata,
    Column("job", Text, ForeignKey("job.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("item", Text, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("giver", Text),
    Column("done_at", Instant),
    Column("state", Text),
    Column("reasons", JsonText),
    PrimaryKeyConstraint("job", "n"),
    _where("ix_job_row_waiting", "job", "n", condition="done_at IS NULL"),
)

# -- the audit log ------------------------------------------------------------------------------------------------------

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("stream", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("rec", Instant, nullable=False),
    Column("type", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("tr", Text),
    Column("item_id", Text),
    Column("body", blob(), nullable=False),
    Column("leaf", blob(), nullable=False),
    UniqueConstraint("stream", "n"),
    Index("ix_audit_event_rec", "rec"),
    Index("ix_audit_event_actor_id_rec", "actor_id", "rec"),
    _where("ix_audit_event_item_id_rec", "item_id", "rec", condition="item_id IS NOT NULL"),
    # Moves by their name, and what is rarer than a move by its kind: common kinds are found by walking along `rec`.
    _where("ix_audit_event_tr_rec", "tr", "rec", condition="tr IS NOT NULL"),
    _where("ix_audit_event_type_rec", "type", "rec", condition="type NOT IN ('move', 'create', 'child', 'timer')"),
    sqlite_strict=True,
)

audit_private = Table(
    "audit_private",
    metadata,
    Column("event_id", Text, ForeignKey("audit_event.id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("salt", blob(), nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("event_id", "field"),
    sqlite_strict=True,
)

# -- what was erased ----------------------------------------------------------------------------------------------------

redaction_request = Table(
    "redaction_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item", Text, ForeignKey("item.id"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("asked_by", Text, ForeignKey("person.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("outcome", Text),
    Column("decided_by", Text, ForeignKey("person.id")),
    Column("decided_at", Instant),
    Column("note", Text),
    # When it was carried out: the text is gone from then on.
    Column("done_at", Instant),
    Index("ix_redaction_request_asked_at", "asked_at"),
    _only("uq_redaction_request_open", "stream", "n", "field", condition="outcome IS NULL"),
)

# Every text that is gone, where it stood; the log tells the same, and a restore repeats it.
redaction = Table(
    "redaction",
    metadata,
    Column("stream", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("erased_at", Instant, nullable=False),
    PrimaryKeyConstraint("stream", "n", "field"),
)

# -- the seals of the log: written by the sealer and the signer alone -----------------------------------------------------

audit_leaf = Table(
    "audit_leaf",
    metadata,
    # The order of the whole log, gapless from 0.
    Column("seq", whole(), primary_key=True, autoincrement=False, nullable=False),
    Column("event_id", Text, ForeignKey("audit_event.id"), nullable=False),
    Column("leaf", blob(), nullable=False),
    UniqueConstraint("event_id"),
    sqlite_strict=True,
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, nullable=False),
    Column("size", whole(), nullable=False),
    Column("frontier", blob(), nullable=False),
    sqlite_strict=True,
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, nullable=False),
    Column("size", whole(), nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Column("token", blob()),
    sqlite_strict=True,
)

audit_alarm = Table(
    "audit_alarm",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, nullable=False),
    Column("at", Instant, nullable=False),
    Column("code", Text, nullable=False),
    Column("seq", whole()),
    sqlite_strict=True,
)

# -- leaving and entering -----------------------------------------------------------------------------------------------

message = Table(
    "message",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("item", Text),
    Column("payload", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("leased_by", Text),
    Column("ended_at", Instant),
    Column("error", Text),
    _where("ix_message_due_at_id", "due_at", "id", condition="status = 'waiting'"),
    _where("ix_message_buried", "ended_at", condition="status = 'buried'"),
)

notice = Table(
    "notice",
    metadata,
    Column("message", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("item", Text),
    Column("template", Text, nullable=False),
    Column("params", JsonText, nullable=False),
    Column("at", Instant, nullable=False),
    Column("read_at", Instant),
    # The message that carries it by mail, and when it had arrived there.
    Column("letter", Text),
    Column("mailed_at", Instant),
    PrimaryKeyConstraint("message", "person"),
    Index("ix_notice_person_at", "person", "at"),
    _where("ix_notice_in_no_letter", "person", "at", condition="letter IS NULL AND read_at IS NULL"),
    _where("ix_notice_letter", "letter", condition="letter IS NOT NULL"),
    _where("ix_notice_item_at", "item", "at", condition="item IS NOT NULL"),
)

mail_choice = Table(
    "mail_choice",
    metadata,
    Column("person", Text, ForeignKey("person.id"), primary_key=True),
    Column("choice", Text, nullable=False),
    Column("open_letter", Text),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("outcome", Text),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("actor", "key"),
    Index("ix_idempotency_at", "at"),
)

# -- what is declared ---------------------------------------------------------------------------------------------------

definition = Table(
    "definition",
    metadata,
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("source", blob(), nullable=False),
    Column("file", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("published_by", Text, nullable=False),
    PrimaryKeyConstraint("workflow", "version"),
    Index("ix_definition_fingerprint", "fingerprint"),
)

directive = Table(
    "directive",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("dated_on", Text, nullable=False),
    Column("source_hash", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Text, nullable=False),
)

obligation = Table(
    "obligation",
    metadata,
    Column("directive", Text, ForeignKey("directive.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("title_vi", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("area", Text),
    Column("served_by", Text),
    Column("details", JsonText, nullable=False),
    Column("item", Text),
    Column("rank", Integer, nullable=False),
    PrimaryKeyConstraint("directive", "id", "unit"),
    Index("ix_obligation_item", "item"),
)

# -- people -------------------------------------------------------------------------------------------------------------

unit = Table(
    "unit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("short_vi", Text, nullable=False),
    Column("short_en", Text, nullable=False),
    Column("head_title_vi", Text, nullable=False),
    Column("head_title_en", Text, nullable=False),
    Column("deputy_title_vi", Text, nullable=False),
    Column("deputy_title_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
)

area = Table(
    "area",
    metadata,
    Column("id", Text, primary_key=True),
    Column("label_vi", Text, nullable=False),
    Column("label_en", Text, nullable=False),
    Column("full_vi", Text, nullable=False),
    Column("full_en", Text, nullable=False),
    Column("rank", Integer, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("title_vi", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("email", Text),
    Column("password_hash", Text),
    Column("lang", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("locked_at", Instant),
)

appointment = Table(
    "appointment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("unit", Text, ForeignKey("unit.id")),
    Column("areas", JsonText, nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("to_at", Instant),
    Index("ix_appointment_person", "person"),
)

delegation = Table(
    "delegation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("giver", Text, ForeignKey("person.id"), nullable=False),
    Column("receiver", Text, ForeignKey("person.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("workflows", JsonText, nullable=False),
    Column("areas", JsonText, nullable=False),
    Column("act", Text, nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("to_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_delegation_receiver", "receiver"),
    Index("ix_delegation_giver", "giver"),
)

user_session = Table(
    "user_session",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("client", Text, nullable=False),
    Index("ix_user_session_person", "person"),
    Index("ix_user_session_until", "until"),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("succeeded", Integer, nullable=False),
    Index("ix_login_attempt_login_at", "login", "at"),
    Index("ix_login_attempt_client_at", "client", "at"),
    Index("ix_login_attempt_at", "at"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("scopes", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index("ix_api_token_person", "person"),
)

# By which written act, when, and within which bounds somebody reads as an auditor.
mandate = Table(
    "mandate",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("to_at", Instant, nullable=False),
    Column("units", JsonText, nullable=False),
    Column("workflows", JsonText, nullable=False),
    Column("private", Integer, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_mandate_person", "person"),
)

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("person", Text, ForeignKey("person.id"), primary_key=True),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
)

# -- who held an item, and how long: a projection of the log ------------------------------------------------------------

held = Table(
    "held",
    metadata,
    Column("item", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("person", Text),
    Column("charged", Text),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    PrimaryKeyConstraint("item", "n"),
    Index("ix_held_unit_since", "unit", "since"),
)

# Up to which entry of an item's stream the rows of `held` tell its story.
held_head = Table(
    "held_head",
    metadata,
    Column("item", Text, primary_key=True),
    Column("n", Integer, nullable=False),
)

# -- the working calendar -----------------------------------------------------------------------------------------------

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("calendar", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
    PrimaryKeyConstraint("calendar", "day"),
)

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("calendar", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
    PrimaryKeyConstraint("calendar", "year"),
)

calendar_hours = Table(
    "calendar_hours",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("hours", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", Instant, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
