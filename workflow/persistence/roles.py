"""PostgreSQL: what the product's role may do. Runs under `open_owner_engine`, after each migration."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, make_url, text

_MAY_BE_WRITTEN = frozenset({"audit_event", "audit_private"})


def role_of(url: str) -> str | None:
    """The role behind a URL; None on a database that knows none."""
    parts = make_url(url)
    return parts.username if parts.get_backend_name() == "postgresql" else None


def grant(owner: Engine, role: str) -> None:
    """Let `role` work in every table, add to the log and read it, and nothing beyond that. Safe to repeat."""
    with owner.begin() as connection:
        for statement in _statements(connection, role):
            connection.exec_driver_sql(statement.replace("%", "%%"))


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


def _rights(table: str) -> str:
    if table in _MAY_BE_WRITTEN:
        return "SELECT, INSERT"
    if table.startswith("audit_") or table == "alembic_version":
        return "SELECT"
    return "SELECT, INSERT, UPDATE, DELETE"


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
