"""Turns at a few places: who has waited longest goes next, and who dies, waiting or at work, is in nobody's way.

Who waits holds the lock of a ticket, a file that is named by since when; who works holds that of a place. The kernel
lets go of both when their holder ends, however it ends.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.files import locked
from autograder.sandbox.kernel.processors import processors

_POLL = 0.05


@contextmanager
def turn(folder: Path, since: int, places: int | None = None) -> Iterator[None]:
    """Hold one of as many places as there are processors; `since` (nanoseconds) says who goes first."""
    tickets = folder / "waiting"
    tickets.mkdir(parents=True, exist_ok=True)
    name = f"{since:020}-{secrets.token_hex(8)}"
    with locked(tickets / f".{name}"):  # nobody sees a ticket that is not held
        os.rename(tickets / f".{name}", tickets / name)
        try:
            place = _place(folder, tickets, name, places or processors())
            next(place)
        finally:
            (tickets / name).unlink(missing_ok=True)
    try:
        yield
    finally:
        place.close()


def _place(folder: Path, tickets: Path, name: str, places: int) -> Generator[None, None, None]:
    """Comes to its only step once a place is held, which is let go when this is closed."""
    while True:
        _wait_for_older(tickets, name)
        for number in range(places):
            with locked(folder / f"turn-{number}", wait=0) as mine:
                if mine and not _older(tickets, name):  # one may have come since it was looked
                    yield
                    return
        time.sleep(_POLL)


def _older(tickets: Path, name: str) -> str:
    """The youngest of the tickets that are older; the empty string if there is none."""
    return max((each for each in os.listdir(tickets) if not each.startswith(".") and each < name), default="")


def _wait_for_older(tickets: Path, name: str) -> None:
    """Come back when no older ticket is held. Only whoever is next then looks for a free place again and again."""
    while older := _older(tickets, name):
        with suppress(FileNotFoundError), locked(tickets / older, new=False):  # else its holder has just got a place
            (tickets / older).unlink(missing_ok=True)
