"""How a database is set is looked at on both kinds: as the product opens it all is well, and what is not is named."""

from sqlalchemy import event

from workflow.persistence import open_engine
from workflow.persistence.inspection import Oddity, may_change_the_log, oddities


def relaxed(database):
    """An engine of the product on which somebody gave up what was promised."""
    engine = open_engine(database.url)
    setting = "PRAGMA synchronous = 0" if database.name == "sqlite" else "SET synchronous_commit = off"

    def relax(connection, _record):
        if database.name == "sqlite":
            connection.set_authorizer(None)
        connection.execute(setting)
        connection.commit()

    event.listen(engine, "connect", relax)
    return engine


def odd(engine):
    """What is odd, but for what the tests' own server gives up for speed."""
    return tuple(one for one in oddities(engine) if one.name != "fsync")


def test_as_the_product_opens_it_nothing_is_odd_and_the_log_cannot_be_changed(database):
    assert odd(database.engine) == ()
    assert not may_change_the_log(database.engine)


def test_a_setting_that_risks_what_was_answered_is_named(database):
    engine = relaxed(database)

    found = odd(engine)
    engine.dispose()

    wanted = Oddity("synchronous", "0", "2") if database.name == "sqlite" else Oddity("synchronous_commit", "off", "on")
    assert found == (wanted,)


def test_only_the_owner_on_a_server_could_change_the_log(database):
    assert may_change_the_log(database.owner) is (database.name == "postgresql")
