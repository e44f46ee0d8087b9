"""Gradescope's metadata: who handed in what."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from autograder.submissions.times import time_of


def submitters(text: str) -> list[dict[str, str]]:
    """Everybody who is named in Gradescope's metadata."""
    everybody = [who for each in metadata(text).values() for who in submitters_of(each)]
    return list({tuple(who.values()): who for who in everybody}.values())


def submitters_of(submission: Any) -> list[dict[str, str]]:
    """What Gradescope says of those who handed in together."""
    people = []
    for each in _of(submission, "submitters", []):
        if isinstance(each, dict):
            who = {key: str(each.get(f":{key}", each.get(key)) or "") for key in ("name", "email", "sid")}
            who = {"name": who["name"] or who["email"], "email": who["email"], "id_number": who["sid"]}
            if who["name"]:
                people.append({key: value for key, value in who.items() if value})
    return people


def created_at(submission: Any) -> datetime | None:
    """When Gradescope got a submission; None where it does not say so."""
    found = submission.get(":created_at", submission.get("created_at")) if isinstance(submission, dict) else None
    if isinstance(found, str):
        return time_of(found)
    if not isinstance(found, datetime):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # YAML's have been turned into UTC


def metadata(text: str) -> dict[str, Any]:
    """What Gradescope says of each submission, as plain data; nothing where that cannot be read."""
    with suppress(Exception):
        import yaml  # type: ignore[import-untyped]

        found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return found if isinstance(found, dict) else {}
    return {}


def _of(data: Any, key: str, default: Any) -> Any:
    """A value by Ruby's symbol or by a plain key."""
    found = data.get(f":{key}", data.get(key)) if isinstance(data, dict) else None
    return found if isinstance(found, type(default)) else default
