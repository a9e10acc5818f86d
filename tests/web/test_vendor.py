import hashlib
import re
import tomllib
from collections.abc import Iterator

import pytest

from web.delivery import STATIC, static_digest, static_files

WEB = STATIC.parent
VENDOR = STATIC / "vendor"
LICENCES = {"MIT", "0BSD", "OFL-1.1"}


def listed():
    return tomllib.loads((VENDOR / "MANIFEST.toml").read_text(encoding="utf-8"))["file"]


def templates() -> Iterator[tuple[str, str]]:
    for path in sorted((WEB / "templates").rglob("*.html")):
        yield path.name, path.read_text(encoding="utf-8")


def test_every_vendored_file_is_what_the_manifest_says():
    for file in listed():
        content = (VENDOR / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]
        assert len(content) == file["bytes"]
        assert file["licence"] in LICENCES
        assert file["integrity"].startswith("sha512-")


def test_nothing_vendored_stands_outside_the_manifest():
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}

    assert there - {"MANIFEST.toml"} == {file["path"] for file in listed()}


def test_every_package_brings_its_licence():
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert (folder / "LICENSE").read_text(encoding="utf-8").strip()


def test_templates_and_styles_name_only_files_that_are_there():
    for name, text in templates():
        for asset in re.findall(r"asset\('([^']+)'\)", text):
            assert asset in static_files(), (name, asset)
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    for target in re.findall(r"url\(([^)]+)\)", style):
        assert target in static_files()
    assert "http" not in style


def test_every_icon_named_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons-3.51.0/icons.svg").read_text()))

    for name, text in templates():
        assert set(re.findall(r'icon\("([^"]+)"\)', text)) <= sprite, name
    for path in WEB.rglob("*.py"):
        named = set(re.findall(r'DueCue\(\s*\w+,\s*"\w+",\s*"([^"]+)"', path.read_text(encoding="utf-8")))
        assert named <= sprite


def test_templates_use_only_the_htmx_attributes_of_the_house():
    allowed = {"get", "post", "target", "swap", "push-url", "trigger", "indicator", "encoding", "sync"}

    for name, text in templates():
        assert set(re.findall(r"\shx-([a-z-]+)", text)) <= allowed, name
        for form in re.findall(r"<form[^>]*hx-[^>]*>", text):
            assert "action=" in form, name
            assert "method=" in form, name


def test_no_template_asks_about_roles_or_states():
    for name, text in templates():
        assert not re.search(r"\brole[s]?\s*(==|!=|in\b)|\.state\s*(==|!=)|current_user", text), name


def test_static_files_are_kept_for_ever_under_an_address_that_changes_with_them(visitor):
    page = visitor.get("/login").text
    address = re.search(r'href="(/static/[^"]+/app\.css)"', page)[1]

    answer = visitor.client.get(address, headers={"Accept-Encoding": "gzip"})

    assert static_digest() in address
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["../settings.py", "..%2fsettings.py", "nothing.css", "vendor"])
def test_nothing_outside_the_static_folder_is_served(visitor, path):
    assert visitor.client.get(f"/static/{static_digest()}/{path}").status_code == 404


def test_the_first_page_fits_its_budget(visitor):
    page = visitor.client.get("/login", headers={"Accept-Encoding": "gzip"})
    files = static_files()
    size = {name: len(file.compressed or file.content) for name, file in files.items()}

    assert len(page.data) <= 15_000
    assert sum(n for name, n in size.items() if name.endswith(".js")) <= 25_000
    assert sum(n for name, n in size.items() if name.endswith(".css")) <= 40_000
    assert sum(n for name, n in size.items() if name.endswith(".woff2")) <= 45_000


def _channel(value):
    share = value / 255
    return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4


def _luminance(colour):
    red, green, blue = (_channel(int(colour[n : n + 2], 16)) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_told_apart():
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", style))

    for name in ("late", "soon", "doing", "done", "calm"):
        assert contrast(colours[name], colours[f"{name}-bg"]) >= 4.5, name
    for text in (colours["quiet"], colours["bs-link-color"], "#a4161a"):
        assert contrast(text, colours["page"]) >= 4.5
        assert contrast(text, "#ffffff") >= 4.5
    assert contrast(colours["edge"], "#ffffff") >= 3
    assert contrast("#ffffff", colours["bs-primary"]) >= 4.5
