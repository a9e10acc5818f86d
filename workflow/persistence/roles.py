"""PostgreSQL: what the product's role may do. Runs under `open_owner_engine`, after each migration."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext

from sqlalchemy import Connection, Engine, make_url, text

Grant = Callable[[Engine | Connection, str], None]
"""Lets a role do its part; a connection brings the transaction along that this is to be a part of."""

_MAY_BE_WRITTEN = frozenset({"audit_event", "audit_private"})


def role_of(url: str) -> str | None:
    """The role behind a URL; None on a database that knows none."""
    parts = make_url(url)
    return parts.username if parts.get_backend_name() == "postgresql" else None


_READ_TO_SEAL = ("audit_event", "audit_leaf", "audit_head", "audit_checkpoint", "audit_alarm", "alembic_version")
_OF_THE_SEALER = {"audit_leaf": "SELECT, INSERT", "audit_head": "SELECT, UPDATE"}
_OF_THE_SIGNER = {"audit_checkpoint": "SELECT, INSERT", "audit_alarm": "SELECT, INSERT"}


def grant(owner: Engine | Connection, role: str) -> None:
    """Let `role` work in every table, add to the log and read it, and nothing beyond that. Safe to repeat."""
    _run(owner, lambda connection: _statements(connection, role))


def grant_to_redactor(owner: Engine | Connection, role: str) -> None:
    """Let `role` work as the product does and, beyond that, delete what opens a commitment of the log. Safe to repeat."""
    _run(owner, lambda connection: _erasing(connection, role))


def grant_to_sealer(owner: Engine | Connection, role: str) -> None:
    """Let `role` read the log, number its entries and move the head of its tree, and nothing beyond that. Safe to repeat."""
    _run(owner, lambda connection: _sealing(connection, role, _OF_THE_SEALER))


def grant_to_signer(owner: Engine | Connection, role: str) -> None:
    """Let `role` read the log, add checkpoints and raise the alarm, and nothing beyond that. Safe to repeat."""
    _run(owner, lambda connection: _sealing(connection, role, _OF_THE_SIGNER))


def _run(owner: Engine | Connection, statements: Callable[[Connection], Iterator[str]]) -> None:
    with nullcontext(owner) if isinstance(owner, Connection) else owner.begin() as connection:
        for statement in statements(connection):
            connection.exec_driver_sql(statement.replace("%", "%%"))


def _sealing(connection: Connection, role: str, own: Mapping[str, str]) -> Iterator[str]:
    quoted = _quoted(connection, role)
    place = _quoted(connection, connection.execute(text("SELECT current_schema()")).scalar_one())
    yield f"GRANT USAGE ON SCHEMA {place} TO {quoted}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {place} FROM {quoted}"
    for table in _READ_TO_SEAL:
        yield f"GRANT {own.get(table, 'SELECT')} ON {place}.{table} TO {quoted}"


def _statements(connection: Connection, role: str) -> Iterator[str]:
    quoted = _quoted(connection, role)
    schema, database = connection.execute(text("SELECT current_schema(), current_database()")).one()
    place = _quoted(connection, schema)
    # A table of the session's own would be found before the office's: nobody but the owner makes any.
    yield f"REVOKE TEMPORARY ON DATABASE {_quoted(connection, database)} FROM PUBLIC"
    yield f"REVOKE CREATE ON SCHEMA {place} FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA {place} TO {quoted}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {place} FROM {quoted}"
    tables = connection.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY 1"), {"schema": schema}
    )
    for (table,) in tables.fetchall():
        yield f"GRANT {_rights(table)} ON {place}.{_quoted(connection, table)} TO {quoted}"


def _erasing(connection: Connection, role: str) -> Iterator[str]:
    yield from _statements(connection, role)
    place = _quoted(connection, connection.execute(text("SELECT current_schema()")).scalar_one())
    yield f"GRANT DELETE ON {place}.audit_private TO {_quoted(connection, role)}"


def _rights(table: str) -> str:
    if table in _MAY_BE_WRITTEN:
        return "SELECT, INSERT"
    if table.startswith("audit_") or table == "alembic_version":
        return "SELECT"
    return "SELECT, INSERT, UPDATE, DELETE"


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
