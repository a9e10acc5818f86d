"""Accounts: who there is, which posts they hold, logging in and out, tokens. Each act stands in the log."""

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workflow.catalog.findings import nearest
from workflow.catalog.organisation import Organisation, Post
from workflow.engine import SYSTEM_ACTOR, Actor, Kind, Label, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.engine.definition import OFFICES, POSTS, SYSTEM
from workflow.errors import Busy, NotFound, OutsideMandate
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.people import Appointment, Person, Recognised
from workflow.persistence.sessions import Session, Token
from workflow.services import mandates, passwords
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SCOPES = frozenset({"read", "write", "audit", "admin"})
LANGUAGES = frozenset({"vi", "en"})

_WINDOW = timedelta(minutes=5)
_ATTEMPTS = 10
_ATTEMPTS_OF_ALL = 1000
_TOUCH_EVERY = timedelta(minutes=1)
_SECRET_BYTES = 32
_ADMIN = "admin"


def recognising(secret: str) -> str:
    """What is stored of a session's id or a token: enough to recognise it, nothing to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


# -- the house is set up and changed ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seeded:
    """How many were added; what stood there already was left as it is."""

    units: int
    areas: int
    people: int


def seed_organisation(
    office: Office, caller: Caller, organisation: Organisation, password_hash: str | None = None
) -> Seeded | Reason:
    """Write the units, areas and posts that are not there yet; everybody new gets `password_hash`. Safe to repeat."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    now = office.clock.now()
    with office.write() as uow:
        units = {unit.id for unit in uow.people.units()}
        areas = {area.id for area in uow.people.areas()}
        logins = {person.login for person in uow.people.all()}
        new_units = [unit for unit in organisation.units if unit.id not in units]
        new_areas = [area for area in organisation.areas if area.id not in areas]
        new_posts = [post for post in organisation.posts if post.login not in logins]
        uow.people.add_units(new_units)
        uow.people.add_areas(new_areas)
        ids = [_seed_post(uow, post, password_hash, now) for post in new_posts]
        seeded = Seeded(len(new_units), len(new_areas), len(new_posts))
        if seeded != Seeded(0, 0, 0):
            said = {"units": [unit.id for unit in new_units], "areas": [area.id for area in new_areas], "people": ids}
            _record(uow, caller, "seeded", said, now)
    return seeded


def _seed_post(uow: UnitOfWork, post: Post, password_hash: str | None, now: datetime) -> str:
    person = Person(new_id(now), post.login, post.title, "vi", now, password_hash=password_hash)
    uow.people.add(person)
    for role in post.roles:
        uow.people.appoint(Appointment(new_id(now), person.id, role, post.unit, now, areas=post.areas))
    if post.mandate is not None:
        mandates.seed(uow, person.id, post.mandate, now)
    return person.id


def add_person(office: Office, caller: Caller, login: str, title: Label, password: str) -> Person | Reason:
    """A new account without any post; `appoint` gives it one."""
    refusal = refusal_to_administer(caller.actor) or _login_refusal(login) or passwords.refusal_of(password, login)
    if refusal:
        return refusal
    kept = passwords.hash_of(password)
    now = office.clock.now()
    with office.write() as uow:
        if uow.people.by_login(login) is not None:
            return Reason("login_taken", Kind.INPUT, {"login": login})
        person = Person(new_id(now), login, title, "vi", now, password_hash=kept)
        uow.people.add(person)
        _record(uow, caller, "person_added", {"person": person.id}, now)
    return person


def _login_refusal(login: str) -> Reason | None:
    plain = login.replace(".", "").replace("-", "")
    if 2 <= len(login) <= 64 and plain.isascii() and plain.isalnum() and login == login.lower():
        return None
    return Reason("login_not_plain", Kind.INPUT, {"login": login[:64]})


def set_password(office: Office, caller: Caller, login: str, password: str) -> Person | Reason:
    """A new password, by the administrator or for oneself; every session of that person ends."""
    person = person_of(office, login)
    refusal = (None if caller.actor.id == person.id else refusal_to_administer(caller.actor)) or passwords.refusal_of(
        password, login
    )
    if refusal:
        return refusal
    kept = passwords.hash_of(password)
    now = office.clock.now()
    with office.write() as uow:
        uow.people.set_password(person.id, kept)
        _record(uow, caller, "password_set", {"person": person.id}, now)
        uow.sessions.close_all_of(person.id)
    return person


def lock(office: Office, caller: Caller, login: str) -> Person | Reason:
    """From now on this person can neither log in nor act; what he did stays. The last administrator stays open."""
    return _lock(office, caller, login, "locked")


def unlock(office: Office, caller: Caller, login: str) -> Person | Reason:
    return _lock(office, caller, login, "unlocked")


def _lock(office: Office, caller: Caller, login: str, act: str) -> Person | Reason:
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    person = person_of(office, login)
    now = office.clock.now()
    with office.write() as uow:
        if act == "locked":
            if _is_last_administrator(uow, person, now):
                return Reason("last_administrator", Kind.PRECONDITION)
            uow.people.lock(person.id, now)
        else:
            uow.people.unlock(person.id)
        _record(uow, caller, act, {"person": person.id}, now)
        uow.sessions.close_all_of(person.id)
    return person


@dataclass(frozen=True, slots=True)
class NewPost:
    """A role to be held from now on; `unit` is needed for a post in a unit, `areas` bounds a vice chairman."""

    login: str
    role: str
    unit: str | None = None
    areas: tuple[str, ...] = ()


def appoint(office: Office, caller: Caller, post: NewPost) -> Appointment | Reason:
    """Give a person a role; he logs in anew. NotFound for an unknown login, role, unit or area."""
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    if post.role not in (OFFICES | POSTS) - {SYSTEM}:
        raise NotFound("role", post.role, nearest(post.role, OFFICES | POSTS))
    if post.role in POSTS and post.unit is None:
        return Reason("post_needs_unit", Kind.INPUT, {"role": post.role})
    person = person_of(office, post.login)
    now = office.clock.now()
    with office.write() as uow:
        if post.unit is not None and not uow.people.unit_exists(post.unit):
            raise NotFound("unit", post.unit, nearest(post.unit, [unit.id for unit in uow.people.units()]))
        _check_areas(uow, post.areas)
        made = Appointment(new_id(now), person.id, post.role, post.unit, now, areas=post.areas)
        uow.people.appoint(made)
        said = {"person": person.id, "role": post.role, "unit": post.unit, "areas": list(post.areas)}
        _record(uow, caller, "appointed", said, now)
        uow.sessions.close_all_of(person.id)
    return made


def _check_areas(uow: UnitOfWork, areas: tuple[str, ...]) -> None:
    known = [area.id for area in uow.people.areas()] if areas else []
    for area in areas:
        if area not in known:
            raise NotFound("area", area, nearest(area, known))


def end_appointment(office: Office, caller: Caller, login: str, appointment_id: str) -> Appointment | Reason:
    """End a role that a person holds; his sessions end with it. NotFound where he does not hold it.

    The last administrator keeps his post until somebody else has one.
    """
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    person = person_of(office, login)
    now = office.clock.now()
    with office.write() as uow:
        held = next((one for one in uow.people.appointments(person.id) if one.id == appointment_id), None)
        if held is not None and held.role == _ADMIN and _is_last_administrator(uow, person, now):
            return Reason("last_administrator", Kind.PRECONDITION)
        if held is None or not uow.people.end_appointment(appointment_id, now):
            raise NotFound("appointment", appointment_id)
        _record(uow, caller, "appointment_ended", {"person": person.id, "role": held.role, "unit": held.unit}, now)
        uow.sessions.close_all_of(person.id)
    return held


def _is_last_administrator(uow: UnitOfWork, person: Person, now: datetime) -> bool:
    """Whether nobody could give posts or open accounts any more if this person could not."""
    return uow.people.directory(now).holders(_ADMIN, None, None) == {person.id}


def person_of(office: Office, login: str) -> Person:
    """The account with that login; NotFound with the nearest one."""
    with office.read() as uow:
        found = uow.people.by_login(login)
        if found is None:
            raise NotFound("person", login, nearest(login, [person.login for person in uow.people.all()]))
    return found


def actor_of(office: Office, login: str) -> Actor:
    """The actor behind a login, as commands need it; NotFound for one who is unknown or locked."""
    person = person_of(office, login)
    with office.read() as uow:
        return uow.people.actor(person.id, office.clock.now())


def change_language(office: Office, person_id: str, language: str) -> None:
    if language not in LANGUAGES:
        raise NotFound("language", language, nearest(language, LANGUAGES))
    with office.write() as uow:
        uow.people.set_language(person_id, language)


def _record(uow: UnitOfWork, caller: Caller, act: str, said: Mapping[str, Any], now: datetime) -> None:
    append(uow, Note("admin", "admin", role="admin", extra={"admin": {"act": act, **said}}), caller, now)


# -- logging in and out -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a log-in comes from: the client's address, the request's id, the session it replaces."""

    client: str
    request: str | None = None
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: `id` goes into the cookie and nowhere else."""

    id: str
    csrf: str
    person: Person


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """Unknown, locked or a wrong password: nobody is told which."""


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    wait_seconds: int


def log_in(
    office: Office, login: str, password: str, visit: Visit
) -> Opened | LoginRefused | TooManyAttempts | OutsideMandate:
    """Open a session where the password is right. Too many failures of a login or a client make everybody wait there.

    Whoever knows an auditor's password is told when that auditor's mandate holds.
    """
    now = office.clock.now()
    login = login.strip().lower()[:64]
    with office.read() as uow:
        if _is_storm(uow, login, visit.client, now - _WINDOW):
            return TooManyAttempts(int(_WINDOW.total_seconds()))
        person = uow.people.by_login(login)
    open_to_him = person is not None and person.locked_at is None
    right = passwords.is_right(password, person.password_hash if person and open_to_him else None)
    with office.write() as uow:
        uow.sessions.record_attempt(login, visit.client, now, succeeded=right)
        uow.sessions.purge_attempts(now - _WINDOW * 12)
        if person is None or not right:
            if person is not None:
                _record_visit(uow, person.id, SYSTEM_ACTOR, "refused", visit.request, now)
            return LoginRefused()
        outside = mandates.fault_outside(uow, person.id, now)
        if outside is not None:
            _record_visit(uow, person.id, SYSTEM_ACTOR, "refused", visit.request, now)
            return outside
        _record_visit(uow, person.id, uow.people.actor(person.id, now), "in", visit.request, now)
        return _open(uow, person, visit, now)


def _is_storm(uow: UnitOfWork, login: str, client: str, since: datetime) -> bool:
    return (
        uow.sessions.failures_of_login(login, since) >= _ATTEMPTS
        or uow.sessions.failures_of_client(client, since) >= _ATTEMPTS
        or uow.sessions.failures_since(since) >= _ATTEMPTS_OF_ALL
    )


def _open(uow: UnitOfWork, person: Person, visit: Visit, now: datetime) -> Opened:
    opened = Opened(secrets.token_urlsafe(_SECRET_BYTES), secrets.token_urlsafe(_SECRET_BYTES), person)
    if visit.replaced:
        uow.sessions.close(recognising(visit.replaced))
    uow.sessions.purge(now)
    uow.sessions.open(
        Session(recognising(opened.id), person.id, opened.csrf, now, now, now + LONGEST, recognising(visit.client)[:16])
    )
    return opened


def _record_visit(
    uow: UnitOfWork, person_id: str, actor: Actor, outcome: str, request: str | None, now: datetime
) -> None:
    note = Note(f"person/{person_id}", "login", extra={"outcome": outcome})
    append(uow, note, Caller(actor, "web", request), now)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is there. `csrf` belongs to a session's forms, `scopes` to a token; `id_hash` names the session or token."""

    person: Person
    actor: Actor
    id_hash: str
    csrf: str = ""
    scopes: frozenset[str] = frozenset()


def resolve(office: Office, session_id: str) -> SignedIn | None:
    """Who holds that session, or None where it is over: logged out, 30 minutes idle, 12 hours old, locked.

    Raises OutsideMandate for an auditor whose mandate has ended since.
    """
    now = office.clock.now()
    id_hash = recognising(session_id)
    with office.read() as uow:
        found = uow.people.of_session(id_hash, now)
        if found is None or found.session is None or _is_over(found.session, now):
            return None
        _check_mandate(uow, found.actor, now)
    if now - found.session.seen_at >= _TOUCH_EVERY:
        # A busy database is no reason to send anybody away; the next request says it again.
        with suppress(Busy), office.write() as uow:
            uow.sessions.touch(id_hash, now)
    return SignedIn(found.person, found.actor, id_hash, csrf=found.session.csrf)


def _check_mandate(uow: UnitOfWork, actor: Actor, now: datetime) -> None:
    # Whoever holds a post that counts is no auditor without a mandate: nothing is asked about anybody else.
    outside = None if actor.roles else mandates.fault_outside(uow, actor.id, now)
    if outside is not None:
        raise outside


def _is_over(session: Session, now: datetime) -> bool:
    return now >= session.until or now - session.seen_at >= IDLE


def log_out(office: Office, signed_in: SignedIn, request: str | None = None) -> None:
    """End this session at once."""
    now = office.clock.now()
    with office.write() as uow:
        uow.sessions.close(signed_in.id_hash)
        _record_visit(uow, signed_in.person.id, signed_in.actor, "out", request, now)


# -- tokens -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewToken:
    """`token` is told once and stored nowhere."""

    id: str
    token: str
    scopes: frozenset[str]


def create_token(office: Office, caller: Caller, login: str, scopes: frozenset[str]) -> NewToken | Reason:
    """A token that acts as that person within `scopes`: for oneself, or by the administrator. NotFound for a scope."""
    person = person_of(office, login)
    refusal = None if caller.actor.id == person.id else refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    if not scopes:
        return Reason("scope_missing", Kind.INPUT, {"known": ", ".join(sorted(SCOPES))})
    for scope in scopes - SCOPES:
        raise NotFound("scope", scope, nearest(scope, SCOPES))
    now = office.clock.now()
    text = f"dondoc_{secrets.token_urlsafe(_SECRET_BYTES)}"
    with office.write() as uow:
        token = Token(new_id(now), person.id, scopes, now)
        uow.sessions.give_token(token, recognising(text))
        said = {"person": person.id, "token": token.id, "scopes": sorted(scopes)}
        _record(uow, caller, "token_given", said, now)
    return NewToken(token.id, text, scopes)


def resolve_token(office: Office, token: str) -> SignedIn | None:
    """Who that token stands for, or None where it is none in force; raises OutsideMandate like `resolve`."""
    token_hash, now = recognising(token), office.clock.now()
    with office.read() as uow:
        found: Recognised | None = uow.people.of_token(token_hash, now)
        if found is not None:
            _check_mandate(uow, found.actor, now)
    return SignedIn(found.person, found.actor, token_hash, scopes=found.scopes) if found else None


def revoke_token(office: Office, caller: Caller, login: str, token_id: str) -> Reason | None:
    """End a token of that person at once; NotFound where there is none in force."""
    person = person_of(office, login)
    refusal = None if caller.actor.id == person.id else refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    now = office.clock.now()
    with office.write() as uow:
        owned = any(token.id == token_id for token in uow.sessions.tokens_of(person.id))
        if not owned or not uow.sessions.revoke_token(token_id, now):
            raise NotFound("token", token_id)
        _record(uow, caller, "token_revoked", {"person": person.id, "token": token_id}, now)
    return None
