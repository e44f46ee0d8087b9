"""The items of micrograd: a module an assignment, a function an item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.courses.micrograd.lab import FORWARD, PIECES
from autograder.exam import items
from autograder.exam.items import Item


def item(id: str, *, target: str, lent: str = "", **options: Any) -> Callable[[Callable[..., Any]], Item]:
    """Declare an experiment, as `exam.items.item` does. `lent` is the last of the `PIECES` that it has need of: it is
    lent all before that, too. One for which there is a piece of its own may be lent, when it is asked again, all other
    operators: its own may be made of any of them."""
    own = target.rpartition(".")[2]
    operators = tuple(name for name in PIECES[: PIECES.index(FORWARD) + 1] if name != own)
    return items.item(
        id, target=target, lent=PIECES[: PIECES.index(lent) + 1] if lent else (), apart=own in PIECES,
        lent_alone=operators if own in PIECES else (), **options,
    )  # fmt: skip
