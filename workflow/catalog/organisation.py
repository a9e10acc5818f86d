"""The organisation file: units, posts and areas of reform."""

from dataclasses import dataclass

from workflow.catalog.data_file import DataFile, open_data
from workflow.catalog.grammar import SLUG, Bilingual, Block, Flag, Listed, One, Text, Whole
from workflow.engine.definition import OFFICES, POSTS, SYSTEM, Label

UNIT = Block.from_dict(
    {
        "id": Text(needed=True, form=SLUG),
        "name": Bilingual(needed=True),
        "short": Bilingual(needed=True),
        "head_title": Bilingual(needed=True),
        "deputy_title": Bilingual(needed=True),
        "kind": Text(needed=True, form=SLUG),
        "reports": Flag(needed=True),
    },
    name="Unit",
)
MANDATE = Block.from_dict({"act": Text(needed=True), "days": Whole(needed=True, least=1, most=1000)}, name="Mandate")
POST = Block.from_dict(
    {
        "login": Text(needed=True, form=SLUG),
        "unit": Text(),
        "roles": Listed(Text(), needed=True, least=1),
        "areas": Listed(Text()),
        "title": Bilingual(needed=True),
        "mandate": One(MANDATE),
    },
    name="Post",
)
AREA = Block.from_dict(
    {"id": Text(needed=True, form=SLUG), "label": Bilingual(needed=True), "full": Bilingual(needed=True)}, name="Area"
)
ORGANISATION = Block.from_dict(
    {
        "format": Text(needed=True, known=("1",)),
        "name": Bilingual(needed=True),
        "place": Text(needed=True),
        "consolidator_unit": Text(needed=True),
        "units": Listed(One(UNIT), needed=True, least=1),
        "posts": Listed(One(POST), needed=True),
        "areas": Listed(One(AREA), needed=True),
    },
    name="Organisation",
)


@dataclass(frozen=True, slots=True)
class Unit:
    """`reports` says whether the unit owes periodic reports."""

    id: str
    name: Label
    short: Label
    head_title: Label
    deputy_title: Label
    kind: str
    reports: bool


@dataclass(frozen=True, slots=True)
class StandingMandate:
    """By which act the auditor of a new office reads, and for how many days from the day on which it is set up."""

    act: str
    days: int


@dataclass(frozen=True, slots=True)
class Post:
    """What one login may do; `areas` bounds a vice chairman. A post without a unit stands outside the units."""

    login: str
    unit: str | None
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    title: Label
    mandate: StandingMandate | None = None


@dataclass(frozen=True, slots=True)
class Area:
    id: str
    label: Label
    full: Label


@dataclass(frozen=True, slots=True)
class Organisation:
    name: Label
    place: str
    units: tuple[Unit, ...]
    posts: tuple[Post, ...]
    areas: tuple[Area, ...]
    consolidator_unit: str

    @property
    def roles(self) -> frozenset[str]:
        """The roles that somebody holds here, and the system's own."""
        return frozenset(role for post in self.posts for role in post.roles) | {SYSTEM}


def read_organisation(text: str | bytes, file: str) -> Organisation:
    """The organisation a file describes; DocumentInvalid with every fault found."""
    data = open_data(ORGANISATION, text, file)
    _check_names(data)
    data.settle()
    values = data.values
    return Organisation(
        name=values["name"],
        place=values["place"],
        units=tuple(Unit(**unit) for unit in values["units"]),
        posts=tuple(
            Post(
                post["login"],
                post.get("unit"),
                post["roles"],
                post.get("areas", ()),
                post["title"],
                StandingMandate(**post["mandate"]) if "mandate" in post else None,
            )
            for post in values["posts"]
        ),
        areas=tuple(Area(**area) for area in values["areas"]),
        consolidator_unit=values["consolidator_unit"],
    )


def _check_names(data: DataFile) -> None:
    units, areas = data.unique("units", "id"), data.unique("areas", "id")
    data.unique("posts", "login")
    data.known(("consolidator_unit",), data.values["consolidator_unit"], units, Label("đơn vị", "unit"))
    for n, post in enumerate(data.values["posts"]):
        if "unit" in post:
            data.known(("posts", n, "unit"), post["unit"], units, Label("đơn vị", "unit"))
        elif POSTS & set(post["roles"]):
            data.note(("posts", n, "roles"), "vai trò trong đơn vị cần “unit”", 'a post in a unit needs "unit"')
        data.all_known(("posts", n, "roles"), post["roles"], OFFICES | POSTS, Label("vai trò", "role"))
        data.all_known(("posts", n, "areas"), post.get("areas", ()), areas, Label("lĩnh vực", "area"))
