import stat
from datetime import timedelta

import pytest

from web import wiring
from web.settings import SettingRefused, Settings

SECRET = "a" * 32


def test_without_any_variable_everything_lies_in_the_data_folder(tmp_path):
    settings = Settings.from_environ(tmp_path, {})

    assert settings.database_url == f"sqlite:///{tmp_path}/dondoc.sqlite"
    assert settings.files == tmp_path / "files"
    assert (settings.language, str(settings.zone), settings.redis_url) == ("vi", "Asia/Ho_Chi_Minh", None)


def test_the_data_folder_comes_from_the_environment_unless_it_is_given(tmp_path):
    env = {"DONDOC_DATA": str(tmp_path / "one")}

    assert Settings.from_environ(None, env).data == tmp_path / "one"
    assert Settings.from_environ(tmp_path / "two", env).data == tmp_path / "two"


def test_the_secret_key_is_made_once_and_kept_for_the_owner_alone(tmp_path):
    first = Settings.from_environ(tmp_path, {})
    second = Settings.from_environ(tmp_path, {})

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 64
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_a_shared_database_needs_a_shared_secret(tmp_path):
    with pytest.raises(SettingRefused, match="DONDOC_SECRET_KEY"):
        Settings.from_environ(tmp_path, {"DONDOC_DATABASE_URL": "postgresql+psycopg://app@db/dondoc"})


def test_a_secret_comes_from_a_file_as_well(tmp_path):
    (tmp_path / "key").write_text(f"{SECRET}\n")
    env = {"DONDOC_DATABASE_URL": "postgresql+psycopg://app@db/x", "DONDOC_SECRET_KEY_FILE": str(tmp_path / "key")}

    assert Settings.from_environ(tmp_path, env).secret_key == SECRET


def test_settings_do_not_show_their_secrets(tmp_path):
    env = {
        "DONDOC_MAIL_URL": "smtp://u:geheim@m.vn",
        "DONDOC_BASE_URL": "https://dondoc.vn",
        "DONDOC_SECRET_KEY": SECRET,
    }
    shown = repr(Settings.from_environ(tmp_path, env))

    assert SECRET not in shown
    assert "geheim" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DONDOC_SECRET_KEY", "short"),
        ("DONDOC_DATABASE_URL", "mysql://x"),
        ("DONDOC_OWNER_DATABASE_URL", "sqlite:///x"),
        ("DONDOC_REDIS_URL", "http://x"),
        ("DONDOC_MAIL_URL", "mail.example.vn"),
        ("DONDOC_BASE_URL", "dondoc.example.vn"),
        ("DONDOC_BASE_URL", "https://dondoc.example.vn/app"),
        ("DONDOC_TIMEZONE", "Asia/Haiphong"),
        ("DONDOC_LANG", "fr"),
        ("DONDOC_LOG", "xml"),
        ("DONDOC_PROXY_HOPS", "-1"),
        ("DONDOC_PROXY_HOPS", "two"),
    ],
)
def test_an_odd_value_is_refused_by_the_name_of_its_variable(tmp_path, name, value):
    with pytest.raises(SettingRefused, match=f"^{name}: "):
        Settings.from_environ(tmp_path, {name: value})


def test_a_secret_given_twice_or_unreadable_is_refused(tmp_path):
    with pytest.raises(SettingRefused, match="not both"):
        Settings.from_environ(tmp_path, {"DONDOC_SECRET_KEY": SECRET, "DONDOC_SECRET_KEY_FILE": "/x"})
    with pytest.raises(SettingRefused, match="DONDOC_SECRET_KEY_FILE: cannot read"):
        Settings.from_environ(tmp_path, {"DONDOC_SECRET_KEY_FILE": str(tmp_path / "none")})


def test_the_demonstrations_clock_is_kept_in_the_data_folder(tmp_path):
    assert not wiring.kept_clock(tmp_path).offset

    wiring.keep_clock(tmp_path, timedelta(days=-3, seconds=1.5))

    assert wiring.kept_clock(tmp_path).offset == timedelta(days=-3, seconds=1.5)


def test_the_embedded_clock_goes_on_after_a_round_that_failed():
    import threading

    done = threading.Event()
    rounds = []

    def one_round():
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError
        done.set()

    clock = wiring.Rounds(one_round, seconds=0.001)
    clock.start()

    assert done.wait(5)
    clock.stop()


def test_with_workers_of_their_own_no_clock_runs_inside(app):
    from dataclasses import replace

    app.extensions["settings"] = replace(app.extensions["settings"], redis_url="redis://localhost")

    assert wiring.start_clock(app) == ()


def test_the_folder_of_trusted_roots_must_be_there(tmp_path):
    assert Settings.from_environ(tmp_path, {}).trusted_roots is None
    assert Settings.from_environ(tmp_path, {"DONDOC_TRUSTED_ROOTS": str(tmp_path)}).trusted_roots == tmp_path
    with pytest.raises(SettingRefused, match="DONDOC_TRUSTED_ROOTS"):
        Settings.from_environ(tmp_path, {"DONDOC_TRUSTED_ROOTS": str(tmp_path / "none")})
