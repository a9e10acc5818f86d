"""Names for what the log and the rows keep as ids: people by the title of their post, units, areas."""

from collections.abc import Mapping
from dataclasses import dataclass

from web.i18n import label, role_name
from workflow.engine import Definition, Label
from workflow.engine.definition import POSTS, InputField
from workflow.persistence import UnitOfWork
from workflow.queries.names import names

SYSTEM_TITLE = Label("Hệ thống (tự động)", "The system (automatic)")
_UNKNOWN = Label("không rõ", "unknown")


@dataclass(frozen=True, slots=True)
class Titles:
    """Everybody's title and login, every unit's and area's name, read once a request."""

    people: Mapping[str, Label]
    logins: Mapping[str, str]
    units: Mapping[str, Label]
    areas: Mapping[str, Label]

    def person(self, person_id: str | None) -> str:
        if person_id == "system":
            return label(SYSTEM_TITLE)
        return label(self.people.get(person_id or "", _UNKNOWN))

    def login(self, person_id: str | None) -> str | None:
        """The login behind an id; the id itself where nobody bears it (the system)."""
        return self.logins.get(person_id, person_id) if person_id else None

    def unit(self, unit_id: str | None) -> str:
        found = self.units.get(unit_id or "")
        return label(found) if found else (unit_id or "")

    def area(self, area_id: str | None) -> str:
        found = self.areas.get(area_id or "")
        return label(found) if found else (area_id or "")

    def unit_choices(self) -> tuple[tuple[str, str], ...]:
        """Every unit as (id, name), in the office's order."""
        return tuple((unit, label(name)) for unit, name in self.units.items())

    def area_choices(self) -> tuple[tuple[str, str], ...]:
        return tuple((area, label(name)) for area, name in self.areas.items())

    def who(self, word: str, unit: str, definition: Definition | None = None) -> str:
        """One word of a `by`, said of an item of `unit`: a post with its unit, an office by its name."""
        name = role_name(word, definition)
        return f"{name} – {self.unit(unit)}" if word in POSTS else name


def titles_of(uow: UnitOfWork) -> Titles:
    known = names(uow)
    return Titles(
        people={one.id: one.name for one in known.people},
        logins={one.id: one.login for one in known.people},
        units={one.id: one.name for one in known.units},
        areas={one.id: one.name for one in known.areas},
    )


def choice_label(field: InputField, value: object) -> str:
    """The label of one choice of a field, or the value itself where the choice is gone."""
    return next((label(choice.label) for choice in field.choices if choice.name == value), str(value))
