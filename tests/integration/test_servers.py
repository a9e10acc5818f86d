"""The servers that other tests stand on: what they promise."""

import contextlib

import psycopg
import pytest
import redis

from tests.servers import OWNER, PRODUCT


def test_a_database_made_from_another_has_all_of_it_and_belongs_to_the_owner(postgres):
    first = postgres.new_database()
    url = postgres.url_of(first, OWNER).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n integer)")
    second = postgres.new_database(first)

    with psycopg.connect(postgres.url_of(second, OWNER).replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with (
        psycopg.connect(postgres.url_of(second, PRODUCT).replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT count(*) FROM kept")
    postgres.drop(first)
    postgres.drop(second)


def test_a_redis_that_was_killed_comes_back_with_all_of_its_data(redis_server):
    redis_server.must_be_ours()
    with contextlib.closing(redis_server.client()) as client:
        client.set("kept", "1")
        redis_server.kill()
        with pytest.raises(redis.exceptions.ConnectionError):
            client.get("kept")
        redis_server.start()
        assert client.get("kept") == b"1"
        redis_server.restart()
        assert client.get("kept") == b"1"
        redis_server.flush()
        assert client.get("kept") is None


def test_each_test_has_a_redis_of_its_own(redis_server):
    assert redis_server.ask("DBSIZE") == 0
