"""Persons, units, areas, appointments and delegations: who may act, in which capacity, at which instant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflow.catalog.organisation import Area, Unit
from workflow.engine.circumstances import Directory
from workflow.engine.definition import POSTS, Label
from workflow.engine.item import Actor, Delegation
from workflow.engine.mandate import AUDITOR, Mandate
from workflow.errors import NotFound
from workflow.persistence.columns import instant, instant_or_none, json_text, json_value, micros, micros_or_none
from workflow.persistence.mandates import Mandates
from workflow.persistence.mandates import in_force as mandate_in_force
from workflow.persistence.sessions import Session, stored_session
from workflow.persistence.statements import Cursor, Row, Statement, run
from workflow.persistence.tables import api_token, appointment, area, delegation, mandate, person, unit, user_session

_NEW = sa.bindparam
_PERSON_WIDTH = len(person.c)


def _in_force(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.from_at <= _NEW("now"),
        sa.or_(table.c.to_at.is_(None), table.c.to_at > _NEW("now")),
    )


_HELD = (appointment.c.role, appointment.c.unit, appointment.c.areas)
# An auditor's post counts while somebody's written act says so.
_MANDATED = sa.exists(
    sa.select(mandate.c.id).where(mandate.c.person == appointment.c.person, mandate_in_force(_NEW("now")))
).correlate(appointment)
_POWERS_OF = sa.and_(
    appointment.c.person == person.c.id,
    _in_force(appointment),
    sa.or_(appointment.c.role != sa.literal_column(f"'{AUDITOR}'"), _MANDATED),
)


def _never(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """What must not have happened to whoever acts at present."""
    return column.is_(None)


def _not_by_then(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """What must not have happened by then to whoever acted at a past instant."""
    return sa.or_(column.is_(None), column > _NEW("now"))


def _own_powers(unless: Callable[[sa.Column[Any]], sa.ColumnElement[bool]]) -> Statement:
    return Statement(
        "people.own_powers",
        sa.select(person.c.title_vi, *_HELD)
        .join_from(person, appointment, _POWERS_OF, isouter=True)
        .where(person.c.id == _NEW("id"), unless(person.c.locked_at))
        .order_by(appointment.c.from_at, appointment.c.id),
    )


def _given_powers(unless: Callable[[sa.Column[Any]], sa.ColumnElement[bool]]) -> Statement:
    return Statement(
        "people.given_powers",
        sa.select(
            delegation.c.id,
            delegation.c.giver,
            delegation.c.kind,
            delegation.c.workflows,
            delegation.c.areas,
            person.c.title_vi,
            *_HELD,
        )
        .join_from(delegation, person, person.c.id == delegation.c.giver)
        .join(appointment, appointment.c.person == delegation.c.giver)
        .where(
            delegation.c.receiver == _NEW("id"),
            _in_force(delegation),
            unless(delegation.c.ended_at),
            _in_force(appointment),
            # What the giver became afterwards was never his to give.
            appointment.c.from_at <= delegation.c.from_at,
            unless(person.c.locked_at),
        )
        .order_by(delegation.c.from_at, delegation.c.id, appointment.c.from_at, appointment.c.id),
    )


_OWN, _OWN_THEN = _own_powers(_never), _own_powers(_not_by_then)
_GIVEN, _GIVEN_THEN = _given_powers(_never), _given_powers(_not_by_then)
_HOLDERS = sa.select(appointment.c.person, *_HELD).join_from(
    appointment, person, sa.and_(person.c.id == appointment.c.person, person.c.locked_at.is_(None))
)
_HOLDERS_AT = Statement("people.holders", _HOLDERS.where(_in_force(appointment)))
_HOLDERS_OPEN = Statement("people.holders", _HOLDERS.where(appointment.c.to_at.is_(None)))

_PERSON = sa.select(*person.c)
_BY_SESSION = Statement(
    "people.by_session",
    sa.select(*person.c, *user_session.c, *_HELD)
    .join_from(user_session, person, sa.and_(person.c.id == user_session.c.person, person.c.locked_at.is_(None)))
    .join(appointment, _POWERS_OF, isouter=True)
    .where(user_session.c.id_hash == _NEW("hash"))
    .order_by(appointment.c.from_at, appointment.c.id),
)
_BY_TOKEN = Statement(
    "people.by_token",
    sa.select(*person.c, api_token.c.id, api_token.c.scopes, *_HELD)
    .join_from(api_token, person, sa.and_(person.c.id == api_token.c.person, person.c.locked_at.is_(None)))
    .join(appointment, _POWERS_OF, isouter=True)
    .where(api_token.c.token_hash == _NEW("hash"), api_token.c.revoked_at.is_(None))
    .order_by(appointment.c.from_at, appointment.c.id),
)
_ADD = Statement("people.add", sa.insert(person))
_GET = Statement("people.get", _PERSON.where(person.c.id == _NEW("id")))
_BY_LOGIN = Statement("people.by_login", _PERSON.where(person.c.login == _NEW("login")))
_ALL = Statement("people.all", _PERSON.order_by(person.c.login))
_LOCK = Statement(
    "people.lock", sa.update(person).where(person.c.id == _NEW("of_id")).values(locked_at=_NEW("new_locked_at"))
)
_PASSWORD = Statement(
    "people.set_password",
    sa.update(person).where(person.c.id == _NEW("of_id")).values(password_hash=_NEW("new_hash")),
)
_SPEAK = Statement(
    "people.set_language", sa.update(person).where(person.c.id == _NEW("of_id")).values(lang=_NEW("new_lang"))
)
_ADDRESS = Statement(
    "people.set_email", sa.update(person).where(person.c.id == _NEW("of_id")).values(email=_NEW("new_email"))
)

_APPOINTMENT = sa.select(*appointment.c)
_APPOINT = Statement("people.appoint", sa.insert(appointment))
_APPOINTMENTS = Statement(
    "people.appointments",
    _APPOINTMENT.where(appointment.c.person == _NEW("person")).order_by(appointment.c.from_at, appointment.c.id),
)
_ALL_APPOINTMENTS = Statement(
    "people.all_appointments", _APPOINTMENT.order_by(appointment.c.person, appointment.c.from_at, appointment.c.id)
)
_DISMISS = Statement(
    "people.end_appointment",
    sa.update(appointment)
    .where(appointment.c.id == _NEW("of_id"), appointment.c.to_at.is_(None))
    .values(to_at=_NEW("new_end")),
)

_DELEGATION = sa.select(*delegation.c)
_DELEGATE = Statement("people.delegate", sa.insert(delegation))
_DELEGATIONS = Statement("people.delegations", _DELEGATION.order_by(delegation.c.from_at.desc(), delegation.c.id))
_DELEGATIONS_OF = Statement(
    "people.delegations_of",
    _DELEGATION.where(sa.or_(delegation.c.giver == _NEW("person"), delegation.c.receiver == _NEW("person"))).order_by(
        delegation.c.from_at.desc(), delegation.c.id
    ),
)
_STANDING_IN = Statement(
    "people.standing_in",
    sa.select(delegation.c.giver, delegation.c.receiver)
    .distinct()
    .join_from(delegation, person, person.c.id == delegation.c.receiver)
    .where(_in_force(delegation), delegation.c.ended_at.is_(None), person.c.locked_at.is_(None))
    .order_by(delegation.c.giver, delegation.c.receiver),
)
_DELEGATION_BY_ID = Statement("people.delegation", _DELEGATION.where(delegation.c.id == _NEW("id")))
_END_DELEGATION = Statement(
    "people.end_delegation",
    sa.update(delegation)
    .where(delegation.c.id == _NEW("of_id"), delegation.c.ended_at.is_(None))
    .values(ended_at=_NEW("new_end")),
)

_ADD_UNIT = Statement("people.add_unit", sa.insert(unit))
_UNITS = Statement("people.units", sa.select(*unit.c).order_by(unit.c.rank, unit.c.id))
_UNIT_EXISTS = Statement("people.unit_exists", sa.select(unit.c.id).where(unit.c.id == _NEW("id")))
_ADD_AREA = Statement("people.add_area", sa.insert(area))
_AREAS = Statement("people.areas", sa.select(*area.c).order_by(area.c.rank, area.c.id))


@dataclass(frozen=True, slots=True)
class Person:
    """One account. `title` is the title of the post; a person with `locked_at` may not act."""

    id: str
    login: str
    title: Label
    lang: str
    created_at: datetime
    email: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    locked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role held from an instant on; `unit` is None for an office outside the units, `areas` bounds a vice chairman."""

    id: str
    person: str
    role: str
    unit: str | None
    from_at: datetime
    to_at: datetime | None = None
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenPower:
    """A delegation as it was written: `act` is the document it stands in; empty `workflows` or `areas` mean all."""

    id: str
    giver: str
    receiver: str
    kind: str
    act: str
    from_at: datetime
    to_at: datetime
    workflows: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    ended_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return self.from_at <= now < self.to_at and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Recognised:
    """Somebody a cookie or a token stands for, with the powers in force; one of `session` and `token` is set."""

    person: Person
    actor: Actor
    session: Session | None = None
    token: str | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Powers:
    unit: str | None
    roles: frozenset[str]
    areas: frozenset[str]


def _powers(held: Sequence[Row]) -> _Powers:
    """What (role, unit, areas) rows give together. A post counts in one unit only, that of the oldest post held."""
    home = next((unit for role, unit, _ in held if role in POSTS), None)
    if home is None:
        home = next((unit for _, unit, _ in held if unit), None)
    counting = [row for row in held if row[0] not in POSTS or row[1] == home]
    return _Powers(
        unit=home,
        roles=frozenset(role for role, _, _ in counting),
        areas=frozenset(name for _, _, areas in counting for name in json_value(areas)),
    )


def _person(row: Row) -> Person:
    return Person(
        id=row[0],
        login=row[1],
        title=Label(row[2], row[3]),
        email=row[4],
        password_hash=row[5],
        lang=row[6],
        created_at=instant(row[7]),
        locked_at=instant_or_none(row[8]),
    )


def _appointment(row: Row) -> Appointment:
    return Appointment(
        id=row[0],
        person=row[1],
        role=row[2],
        unit=row[3],
        areas=tuple(json_value(row[4])),
        from_at=instant(row[5]),
        to_at=instant_or_none(row[6]),
    )


def _given(row: Row) -> GivenPower:
    return GivenPower(
        id=row[0],
        giver=row[1],
        receiver=row[2],
        kind=row[3],
        workflows=tuple(json_value(row[4])),
        areas=tuple(json_value(row[5])),
        act=row[6],
        from_at=instant(row[7]),
        to_at=instant(row[8]),
        ended_at=instant_or_none(row[9]),
    )


class _Holders:
    """The directory of one unit of work: nothing is asked of the database before a rule asks, and then once."""

    def __init__(self, cursor: Cursor, now: datetime | None) -> None:
        self._cursor = cursor
        self._now = now
        self._rows: list[tuple[str, str, str | None, frozenset[str]]] | None = None

    def holders(self, role: str, unit: str | None, area: str | None) -> frozenset[str]:
        return frozenset(
            person
            for person, held, place, areas in self._appointments()
            if held == role
            and (unit is None or place == unit)
            and (role != "vice_chairman" or area is None or area in areas)
        )

    def _appointments(self) -> list[tuple[str, str, str | None, frozenset[str]]]:
        if self._rows is None:
            self._rows = [(row[0], row[1], row[2], frozenset(json_value(row[3]))) for row in self._ask()]
        return self._rows

    def _ask(self) -> Sequence[Row]:
        if self._now is None:
            found = run(self._cursor, _HOLDERS_OPEN)
        else:
            found = run(self._cursor, _HOLDERS_AT, {"now": micros(self._now)})
        rows: Sequence[Row] = found.fetchall()
        return rows


class People:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def actor(self, person_id: str, now: datetime) -> Actor:
        """The person with the powers in force at `now`; NotFound for one who is unknown or locked."""
        return self._actor(person_id, now, _OWN, _GIVEN)

    def actor_then(self, person_id: str, at: datetime) -> Actor:
        """The same for a past instant: what was ended since counted then. NotFound for one who is unknown or was locked."""
        return self._actor(person_id, at, _OWN_THEN, _GIVEN_THEN)

    def _actor(self, person_id: str, now: datetime, own_powers: Statement, given_powers: Statement) -> Actor:
        own = self._rows(own_powers, {"id": person_id, "now": micros(now)})
        if not own:
            raise NotFound("person", person_id)
        powers = _powers([row[1:] for row in own if row[1] is not None])
        return Actor(
            id=person_id,
            unit=powers.unit,
            roles=powers.roles,
            areas=powers.areas,
            post=own[0][0],
            delegations=self._delegations(person_id, now, given_powers),
            mandate=self._mandate(person_id, powers, now),
        )

    def of_session(self, id_hash: str, now: datetime) -> Recognised | None:
        """Whose session that is, with its powers; whether it is too old is the caller's question."""
        rows = self._rows(_BY_SESSION, {"hash": id_hash, "now": micros(now)})
        if not rows:
            return None
        found = _person(rows[0])
        session = stored_session(rows[0][_PERSON_WIDTH:-3])
        return Recognised(found, self._acting(found, rows, now), session)

    def of_token(self, token_hash: str, now: datetime) -> Recognised | None:
        """Whose token in force that is, with its powers."""
        rows = self._rows(_BY_TOKEN, {"hash": token_hash, "now": micros(now)})
        if not rows:
            return None
        found = _person(rows[0])
        token, scopes = rows[0][_PERSON_WIDTH:-3]
        return Recognised(found, self._acting(found, rows, now), token=token, scopes=frozenset(json_value(scopes)))

    def _acting(self, found: Person, rows: Sequence[Row], now: datetime) -> Actor:
        """The actor whose appointments stand in the last three columns of `rows`."""
        powers = _powers([row[-3:] for row in rows if row[-3] is not None])
        return Actor(
            id=found.id,
            unit=powers.unit,
            roles=powers.roles,
            areas=powers.areas,
            post=found.title.vi,
            delegations=self._delegations(found.id, now, _GIVEN),
            mandate=self._mandate(found.id, powers, now),
        )

    def _mandate(self, person_id: str, powers: _Powers, now: datetime) -> Mandate | None:
        if AUDITOR not in powers.roles:
            return None
        found = Mandates(self._cursor).in_force(person_id, now)
        return found.bounds if found else None

    def _delegations(self, person_id: str, now: datetime, given_powers: Statement) -> tuple[Delegation, ...]:
        given: dict[str, list[Row]] = {}
        for row in self._rows(given_powers, {"id": person_id, "now": micros(now)}):
            given.setdefault(row[0], []).append(row)
        return tuple(_delegation(rows) for rows in given.values())

    def directory(self, now: datetime | None = None) -> Directory:
        """Who holds which post at `now`; without an instant, all appointments without an end. Locked people hold none."""
        return _Holders(self._cursor, now)

    # -- persons ---------------------------------------------------------------------------------------------------

    def add(self, new: Person) -> None:
        """Write a new account; the database refuses a login that exists."""
        self._run(
            _ADD,
            id=new.id,
            login=new.login,
            title_vi=new.title.vi,
            title_en=new.title.en,
            email=new.email,
            password_hash=new.password_hash,
            lang=new.lang,
            created_at=micros(new.created_at),
            locked_at=micros_or_none(new.locked_at),
        )

    def find(self, person_id: str) -> Person | None:
        row = run(self._cursor, _GET, {"id": person_id}).fetchone()
        return _person(row) if row else None

    def get(self, person_id: str) -> Person:
        """The same; NotFound where there is none."""
        found = self.find(person_id)
        if found is None:
            raise NotFound("person", person_id)
        return found

    def by_login(self, login: str) -> Person | None:
        row = run(self._cursor, _BY_LOGIN, {"login": login}).fetchone()
        return _person(row) if row else None

    def id_of_login(self, login: str) -> str | None:
        found = self.by_login(login)
        return found.id if found else None

    def all(self) -> tuple[Person, ...]:
        """Every account, by login."""
        return tuple(_person(row) for row in self._rows(_ALL))

    def lock(self, person_id: str, at: datetime) -> bool:
        return self._run(_LOCK, of_id=person_id, new_locked_at=micros(at)) == 1

    def unlock(self, person_id: str) -> bool:
        return self._run(_LOCK, of_id=person_id, new_locked_at=None) == 1

    def set_password(self, person_id: str, password_hash: str) -> bool:
        return self._run(_PASSWORD, of_id=person_id, new_hash=password_hash) == 1

    def set_language(self, person_id: str, language: str) -> bool:
        return self._run(_SPEAK, of_id=person_id, new_lang=language) == 1

    def set_email(self, person_id: str, address: str | None) -> bool:
        return self._run(_ADDRESS, of_id=person_id, new_email=address) == 1

    # -- appointments and delegations ------------------------------------------------------------------------------

    def appoint(self, new: Appointment) -> None:
        self._run(
            _APPOINT,
            id=new.id,
            person=new.person,
            role=new.role,
            unit=new.unit,
            areas=json_text(new.areas),
            from_at=micros(new.from_at),
            to_at=micros_or_none(new.to_at),
        )

    def appointments(self, person_id: str) -> tuple[Appointment, ...]:
        """All that a person holds or held, the oldest first."""
        return tuple(_appointment(row) for row in self._rows(_APPOINTMENTS, {"person": person_id}))

    def all_appointments(self) -> tuple[Appointment, ...]:
        return tuple(_appointment(row) for row in self._rows(_ALL_APPOINTMENTS))

    def end_appointment(self, appointment_id: str, at: datetime) -> bool:
        """False where it has an end already."""
        return self._run(_DISMISS, of_id=appointment_id, new_end=micros(at)) == 1

    def delegate(self, new: GivenPower) -> None:
        self._run(
            _DELEGATE,
            id=new.id,
            giver=new.giver,
            receiver=new.receiver,
            kind=new.kind,
            workflows=json_text(new.workflows),
            areas=json_text(new.areas),
            act=new.act,
            from_at=micros(new.from_at),
            to_at=micros(new.to_at),
            ended_at=micros_or_none(new.ended_at),
        )

    def delegations(self) -> tuple[GivenPower, ...]:
        """Every delegation, the newest first."""
        return tuple(_given(row) for row in self._rows(_DELEGATIONS))

    def delegations_of(self, person_id: str) -> tuple[GivenPower, ...]:
        """Those a person gave or received, the newest first."""
        return tuple(_given(row) for row in self._rows(_DELEGATIONS_OF, {"person": person_id}))

    def standing_in(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """Giver and receiver (ids) of each power in force at `now`; what the power covers, the receiver's actor tells."""
        return tuple((row[0], row[1]) for row in self._rows(_STANDING_IN, {"now": micros(now)}))

    def delegation(self, delegation_id: str) -> GivenPower:
        """NotFound where there is none."""
        rows = self._rows(_DELEGATION_BY_ID, {"id": delegation_id})
        if not rows:
            raise NotFound("delegation", delegation_id)
        return _given(rows[0])

    def end_delegation(self, delegation_id: str, at: datetime) -> bool:
        """False where it was ended before."""
        return self._run(_END_DELEGATION, of_id=delegation_id, new_end=micros(at)) == 1

    # -- units and areas -------------------------------------------------------------------------------------------

    def add_units(self, units: Iterable[Unit]) -> None:
        """Write units in the order in which pages shall list them."""
        for rank, each in enumerate(units):
            self._run(
                _ADD_UNIT,
                id=each.id,
                name_vi=each.name.vi,
                name_en=each.name.en,
                short_vi=each.short.vi,
                short_en=each.short.en,
                head_title_vi=each.head_title.vi,
                head_title_en=each.head_title.en,
                deputy_title_vi=each.deputy_title.vi,
                deputy_title_en=each.deputy_title.en,
                kind=each.kind,
                reports=int(each.reports),
                rank=rank,
            )

    def units(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(
                id=row[0],
                name=Label(row[1], row[2]),
                short=Label(row[3], row[4]),
                head_title=Label(row[5], row[6]),
                deputy_title=Label(row[7], row[8]),
                kind=row[9],
                reports=bool(row[10]),
            )
            for row in self._rows(_UNITS)
        )

    def unit_exists(self, unit_id: str) -> bool:
        return bool(self._rows(_UNIT_EXISTS, {"id": unit_id}))

    def add_areas(self, areas: Iterable[Area]) -> None:
        """Write areas of reform in the order in which pages shall list them."""
        for rank, each in enumerate(areas):
            self._run(
                _ADD_AREA,
                id=each.id,
                label_vi=each.label.vi,
                label_en=each.label.en,
                full_vi=each.full.vi,
                full_en=each.full.en,
                rank=rank,
            )

    def areas(self) -> tuple[Area, ...]:
        return tuple(Area(row[0], Label(row[1], row[2]), Label(row[3], row[4])) for row in self._rows(_AREAS))

    def _rows(self, statement: Statement, params: dict[str, Any] | None = None) -> Sequence[Row]:
        rows: Sequence[Row] = run(self._cursor, statement, params or {}).fetchall()
        return rows

    def _run(self, statement: Statement, **params: Any) -> int:
        changed: int = run(self._cursor, statement, params).rowcount
        return changed


def _delegation(rows: Sequence[Row]) -> Delegation:
    """One power from the rows of its giver's appointments, all with the same first six columns."""
    delegation_id, giver, kind, workflows, areas, giver_post = rows[0][:6]
    powers = _powers([row[6:] for row in rows])
    return Delegation(
        id=delegation_id,
        giver=giver,
        giver_unit=powers.unit,
        roles=powers.roles,
        giver_areas=powers.areas,
        kind=kind,
        workflows=frozenset(json_value(workflows)),
        areas=frozenset(json_value(areas)),
        giver_post=giver_post,
    )
