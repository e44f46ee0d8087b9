"""docs/pitfalls.md, written from the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.words import catalogue
from autograder.courses.words import Pitfall
from autograder.exam.mutants import Mutation

_HEADINGS = {
    "derivative": "Measuring a derivative", "engine": "Operations, forward", "trace": "The graph, drawn",
    "backprop": "Rules and the walk back", "nn": "Nets", "training": "Losses and training", "stretch": "Bonus",
}  # fmt: skip
_INTRODUCTION = """\
# Pitfalls

Mistakes that nearly everybody makes, by the name that a report gives them. When all your wrong answers to an item are
those of one of them, the report says so: everybody is asked the same questions, so the answers of these mistakes are
known. Below each stand the items that it costs, where to read on, and hints; each hint says a little more than the one
before it. None of them says the answer.

<!-- Written by `gradschool pitfalls --page docs/pitfalls.md` from autograder/courses/micrograd/pitfalls.toml. -->
"""


def pitfalls_page(mutations: Sequence[Mutation]) -> str:
    """The page, in the order in which students meet the pitfalls."""
    items, pitfalls = load_items(), catalogue()
    costs: dict[str, list[str]] = {}
    for mutation in mutations:
        costs.setdefault(mutation.pitfall, []).extend(mutation.costs)

    def place(id: str) -> str:
        first = costs[id][0]
        return "trace" if first.startswith("trace-") else items[first].assignment

    blocks = [_INTRODUCTION]
    order = list(_HEADINGS)
    for heading, ids in groupby(sorted(pitfalls, key=lambda id: order.index(place(id))), place):
        blocks.append(f"## {_HEADINGS[heading]}\n")
        blocks += [_block(pitfalls[id], [item for item in items if item in costs[id]]) for id in ids]
    return "\n".join(blocks)


def _block(pitfall: Pitfall, costs: Sequence[str]) -> str:
    hints = "\n".join(f"{number}. {hint}" for number, hint in enumerate(pitfall.hints, 1))
    return f"""\
### {pitfall.id}

{pitfall.does[0].upper()}{pitfall.does[1:]}.

Costs {", ".join(f"`{id}`" for id in costs)}. Read [{_title(pitfall.section)}](micrograd.md#{pitfall.section}).

<details><summary>Hints</summary>

{hints}

</details>
"""


def _title(section: str) -> str:
    """The words of a heading, from its anchor."""
    words = section.replace("-", " ")
    return words[0].upper() + words[1:]
