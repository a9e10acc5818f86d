"""Goals 2, 3, 6 and 9 on a durable PostgreSQL, held to the same work written with psycopg by hand."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from tests.benchmarks import raw, rounds, stock
from tests.benchmarks.bench_bulk import bulk
from tests.benchmarks.bench_perform import bare, task_in_progress, whole
from tests.benchmarks.bench_worklist import counts, lists
from tests.databases import Ground, PostgresqlStock
from tests.offices import OPENING, opened_office
from tests.servers import NotHad, postgres_server
from workflow.engine.events import instant_text
from workflow.persistence.columns import micros

SIZE = 20_000


def main() -> None:
    try:
        with ExitStack() as closing:
            server = closing.enter_context(postgres_server(fsync="on"))
            stock_of_databases = PostgresqlStock(server)
            closing.callback(stock_of_databases.close)
            print(f"\nPostgreSQL {server.version}")
            _steps(stock_of_databases)
            _lists(stock_of_databases, int(sys.argv[1]) if len(sys.argv) > 1 else SIZE)
    except NotHad as fault:
        print(f"\nNo PostgreSQL could be had, so nothing on it was measured: {fault}")


@contextmanager
def _ground(databases: PostgresqlStock) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory() as folder:
        made = Ground(databases, Path(folder))
        yield made
        made.close()


@contextmanager
def _by_hand(ground: Ground) -> Iterator[raw.OnServer]:
    with psycopg.connect(ground.made[0].url.replace("+psycopg", ""), autocommit=True) as connection:
        yield raw.OnServer(connection)


def _steps(databases: PostgresqlStock) -> None:
    with _ground(databases) as ground:
        office = opened_office(ground)
        ours, twins = task_in_progress(office), task_in_progress(office)
        with _by_hand(ground) as connection:
            steps = raw.Steps(connection, micros(OPENING), instant_text(OPENING))
            lines = [
                bare(office, ours, twins, steps, goal="2", bound=1.0, clock=time.perf_counter),
                bare(office, ours, twins, steps, goal="(1)", bound=2.0),
                whole(office, ours, twins, steps, bound=2.0),
                whole(office, ours, twins, steps, goal="(3)", bound=1.0, clock=time.perf_counter),
                *bulk(office, connection, bound=1 / 10),
            ]
        rounds.table("One step, durable (PostgreSQL, fsync on); goals 2 and (3) are of wall time", lines)


def _lists(databases: PostgresqlStock, size: int) -> None:
    with _ground(databases) as ground:
        office = opened_office(ground, stock.DAY)
        began = time.perf_counter()
        stock.fill(office, size)
        title = (
            f"Lists and counts over {size:,} items on PostgreSQL (taken in within {time.perf_counter() - began:.0f} s)"
        )
        with ground.made[0].owner.connect() as owner:
            owner.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
        with _by_hand(ground) as connection:
            rounds.table(title, [*lists(office, connection), *counts(office)])


if __name__ == "__main__":
    main()
