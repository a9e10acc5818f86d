"""A real Chromium for the tests: named, found, or installed once where this process may install."""

import os
import shutil
import subprocess
from functools import cache

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = (
    "chromium-headless-shell",
    "libatomic1",
)  # the second is what Playwright's own driver needs on a bare system
INSTALL_SECONDS = 600

# A browser that asks for updates, field trials and accounts is slow where the network is closed, and unwanted where it is open.
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


class NotHad(Exception):
    """There is no Chromium; the text says what was tried."""


def find() -> str | None:
    """The Chromium that DONDOC_TEST_CHROMIUM names, else the first on the path."""
    named = os.environ.get("DONDOC_TEST_CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


@cache
def provide() -> str:
    """Where Chromium is; as root on a Debian it is installed first, once, when it is missing. NotHad where all of that fails."""
    named = os.environ.get("DONDOC_TEST_CHROMIUM")
    found = find()
    if found:
        return found
    if named:
        raise NotHad(f"DONDOC_TEST_CHROMIUM names {named}, which is no program")
    if not _may_install():
        raise NotHad(
            f"none of {', '.join(NAMES)} is on the path, and only root on a system with apt-get may install one"
        )
    _install()
    found = find()
    if found is None:
        raise NotHad("apt-get installed it, but it is not on the path")
    return found


def launch_options() -> dict[str, object]:
    """What Playwright's `chromium.launch` is called with."""
    # Chromium refuses its sandbox to root; the pages it opens here are our own.
    flags = (*FLAGS, "--no-sandbox") if _is_root() else FLAGS
    return {"executable_path": provide(), "args": list(flags), "headless": True}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _may_install() -> bool:
    return _is_root() and shutil.which("apt-get") is not None


def _install() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
    try:
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, env=quiet, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except subprocess.CalledProcessError as fault:
        last = fault.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no word why"]
        raise NotHad(f"{' '.join(fault.cmd)}: {last[0]}") from fault
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise NotHad(f"apt-get: {fault}") from fault
