"""Every attack of the red team, on each sandbox that is asked for."""

from __future__ import annotations

import pytest

from attacks import built
from attacks.arena import Arena, Attack, planted_attacks

ATTACKS = [*planted_attacks(), *built.ATTACKS]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_earns_or_learns_or_leaves_or_harms_anything(arena: Arena, attack: Attack) -> None:
    arena.holds(attack)
