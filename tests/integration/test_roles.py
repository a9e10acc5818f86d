"""Setting an office up on PostgreSQL: what `dondoc init` lets the product's role do there."""

import psycopg
import pytest

from tests.offices import OPENING
from tests.servers import OWNER, PRODUCT
from web.cli.db import prepare
from web.settings import Settings
from workflow.persistence import UnitOfWork, open_engine
from workflow.persistence.inspection import may_change_the_log
from workflow.persistence.migrations import current, newest

SECRET = "a key that all processes of this office share"


@pytest.fixture
def settings(postgres, tmp_path):
    """The settings of an office whose database is there and empty, as an administrator of the server made it."""
    name = postgres.new_database()
    yield Settings.from_environ(
        tmp_path,
        {
            "DONDOC_DATABASE_URL": postgres.url_of(name, PRODUCT),
            "DONDOC_OWNER_DATABASE_URL": postgres.url_of(name, OWNER),
            "DONDOC_SECRET_KEY": SECRET,
        },
    )
    postgres.drop(name)


@pytest.fixture
def product(settings):
    engine = open_engine(settings.database_url)
    yield engine
    engine.dispose()


def test_the_office_is_set_up_under_the_owner_and_worked_in_by_the_product(settings, product):
    prepare(settings)
    prepare(settings)

    assert current(product) == newest()
    assert not may_change_the_log(product)
    with UnitOfWork(product) as uow:
        uow.messages.put("notify", {}, OPENING)
    with UnitOfWork(product, read_only=True) as uow:
        assert uow.messages.oldest_waiting() == OPENING


@pytest.mark.parametrize(
    "attack",
    ["CREATE TABLE more (n int)", "CREATE TEMP TABLE audit_event (id text)", "DELETE FROM audit_event"],
)
def test_the_product_gets_no_more_than_it_needs(settings, attack):
    prepare(settings)

    with (
        psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(attack)


def test_what_was_granted_too_much_is_taken_back(settings, product):
    prepare(settings)
    with psycopg.connect(settings.owner_database_url.replace("+psycopg", "")) as connection:
        connection.execute(f"GRANT ALL ON audit_event TO {PRODUCT}")
    assert may_change_the_log(product)

    prepare(settings)

    assert not may_change_the_log(product)
