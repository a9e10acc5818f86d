"""What the tests would have used and could not be had: every one of these is said at the end of the run."""

_missing: dict[str, str] = {}


def say(thing: str, why: str) -> None:
    """Have the summary of this run name `thing` and what that leaves untested."""
    _missing[thing] = why


def lines() -> tuple[str, ...]:
    return tuple(f"{thing}: {why}" for thing, why in sorted(_missing.items()))
