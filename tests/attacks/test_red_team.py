"""Every attack of the red team, on each sandbox that is asked for; and whether the arena would notice a breach."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path

import pytest
from nightly import nightly, only

from attacks import built
from attacks.arena import Arena, Attack, append, opened, planted_attacks, survivors
from autograder.sandbox.layers import BARE, NO_SANDBOX

ATTACKS = [*planted_attacks(), *built.ATTACKS]
NAMED = {attack.name: attack for attack in ATTACKS}
# Those that are tried in every `make test`: for each thing that an attacker wants, who comes closest to it.
EVERY_TIME = {
    "points that nobody worked for": ("patches_from_within",),
    "what the grader knows": ("memory_searched",),
    "the host and other students": ("reads_the_canaries", "sockets", "system_calls"),
    "to leave something behind": ("writes_files",),
    "to end or to slow the grader": ("kills",),
    "to take over what is read": ("write_to_every_descriptor",),
    "to harm by what cannot be a file here": ("zip_bomb",),
}  # fmt: skip


def test_the_red_team_is_as_large_as_it_says() -> None:
    assert len(NAMED) == len(ATTACKS) >= 60


def test_those_that_are_tried_every_time_are_of_the_red_team() -> None:
    assert {name for names in EVERY_TIME.values() for name in names} <= set(NAMED)


def test_those_that_are_tried_every_time_do_nothing_together_either(arena: Arena) -> None:
    """In one class, which takes half as long as a class for each: at night they are tried alone, too."""
    attacks = [NAMED[name] for names in EVERY_TIME.values() for name in names]
    assert not any(attack.open_on for attack in attacks)
    arena.holds(*attacks)


@nightly
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_earns_or_learns_or_leaves_or_harms_anything(
    request: pytest.FixtureRequest, arena: Arena, attack: Attack
) -> None:
    if "bare" in attack.open_on and arena.sandbox == BARE:
        request.applymarker(pytest.mark.xfail(strict=True, raises=AssertionError, reason="open: docs/security.md"))
    arena.holds(attack)


@nightly
def test_the_arena_notices_a_breach() -> None:
    """Without any sandbox, attacks that only read and call have success."""
    with opened(NO_SANDBOX) as arena:
        for name in ("reads_the_canaries", "reads_the_solution", "reads_other_submissions", "sockets"):
            with pytest.raises(AssertionError):
                arena.holds(NAMED[name])


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        ({"costs": {}}, "the attack cost other items"),
        *only(
            [
                ({"points": (97, 20)}, "98 . 20 points"),
                ({"tried": 2}, "1 things were tried"),
                ({"points": (98, 19)}, "98 . 20 points"),
                ({"costs": {"derivative-central": "timeout"}}, "derivative-central"),
                ({"refused": 1}, "attempts were refused"),
                ({"signs": ("nothing like it",)}, "nothing like it"),
                ({"students": 2}, "of 2 hostile students 1 are left"),
            ],
            lambda case: False,
        ),
    ],
)
def test_the_arena_takes_an_attack_at_its_word(arena: Arena, change: dict[str, object], noticed: str) -> None:
    attack = NAMED["frames_give_the_questions"]
    with pytest.raises(AssertionError, match=noticed):
        arena.holds(dataclasses.replace(attack, **change))


@nightly
def test_the_arena_notices_a_secret_in_a_report(arena: Arena) -> None:
    def build(folder: Path, host: object) -> None:
        NAMED["rich_items"].build(folder, arena.host)
        append(folder / "mallory", "derivative", f"raise ValueError({arena.host.secrets['home']!r})")

    attack = dataclasses.replace(NAMED["rich_items"], points=(100, 20), costs={}, build=build)
    with pytest.raises(AssertionError, match="the secret in home leaked"):
        arena.holds(attack)


@nightly
def test_the_arena_sees_hostile_processes(arena: Arena) -> None:
    """A daemon is there while the rest of its submission runs."""

    def build(folder: Path, host: object) -> None:
        NAMED["daemons"].build(folder, arena.host)
        append(folder / "mallory", "trace", "import time\ntime.sleep(0.5)")

    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.extend(survivors())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        arena.holds(dataclasses.replace(NAMED["daemons"], build=build))
    finally:
        over.set()
        watcher.join()
    assert seen
