import pytest

from tests.databases import sqlite_database, sqlite_template


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    return sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(params=["sqlite"])
def database(request, template, tmp_path):
    assert request.param == "sqlite"
    database = sqlite_database(template, tmp_path)
    yield database
    database.close()
