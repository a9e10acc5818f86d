"""Help: one screen for each kind of post."""

from dataclasses import dataclass

from flask import Blueprint

from web import actors
from web.pages.rendering import render_page

bp = Blueprint("help", __name__)


@dataclass(frozen=True, slots=True)
class Guide:
    """A screen of help: what the post is for, its steps in order, and what the system does by itself."""

    role: str
    title: str
    purpose: str
    steps: tuple[str, ...]
    remember: str


GUIDES: tuple[Guide, ...] = ()


@bp.get("/help")
def guide() -> tuple[str, int]:
    """The reader's own post first, the others below."""
    own = actors.current_actor().roles
    mine = [guide for guide in GUIDES if guide.role in own]
    others = [guide for guide in GUIDES if guide.role not in own]
    return render_page("help/guide.html", mine=mine, others=others)
