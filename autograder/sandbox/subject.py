"""What the sandbox has to know of a course: names alone, which travel to the worker as they are. Standard library only.

Places are those of `course`: "package.module:name".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.course import find, in_use
from autograder.exam.items import Item

LADDER, LOOKS = EXTRA = ("ladder of ", "looks at ")  # before the id of an item that is asked something besides
ZONES = "tzdata"  # a library of which Python's own zoneinfo is in need, where the system has no time zones


@dataclass(frozen=True)
class Module:
    """A module of the package that students write.

    What it imports of the others lies `beneath` it, and is imported first; what is given `beside` it is only looked at.
    Where the module fails, the `stand_ins` are there for what it did not come to define: by name the place of one, or
    "" for an empty class. And where what it should define as a class is none, the class in `classes` takes its place.
    """

    name: str
    beneath: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """What a worker asks about: the `package` that students write, with its `modules` in the order in which they are
    imported, and the `libraries` that these may import besides Python's own.

    `items` is the place of a function that gives all items by id, `lab` that of a class: it is called with the modules
    by name and the pieces that it may lend, and `restore`s after each question what the question changed; of an
    exception that came up in no code of the student's, `explained(error, target)` says which oddity it is, if any.

    The pieces are the functions called `lent` of the module `pieces`; they may use its `tables` of functions by name,
    and the `tools`, objects or modules, by their own names. `shown` are the files and folders of `autograder` that all
    of this needs besides the machine's own.
    """

    package: str
    modules: tuple[Module, ...] = ()
    libraries: tuple[str, ...] = ()
    items: str = ""
    lab: str = ""
    pieces: str = ""
    lent: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: dict[str, Any]) -> Subject:
        """From plain data, as `dataclasses.asdict` makes it."""
        return cls(**{**data, "modules": tuple(Module(**module) for module in data["modules"])})

    @property
    def order(self) -> tuple[str, ...]:
        """All that is imported, the package itself first."""
        return ("__init__", *(module.name for module in self.modules))

    def imported(self, uses: Iterable[str]) -> list[Module]:
        """The modules that are imported for what uses these, in their order."""
        used = set(uses)
        used = used.union(*(module.beneath for module in self.modules if module.name in used))
        return [module for module in self.modules if module.name in used]

    def load_items(self) -> dict[str, Item]:
        """All items by id."""
        return find(self.items)() if self.items else {}

    def rubric(self) -> list[Item]:
        """All items; and each again under the names of EXTRA, for questions that decide nothing: where an item hangs,
        these are not asked, and where its ladder does, no looks."""
        items = list(self.load_items().values())
        ladders = [replace(item, id=LADDER + item.id, needs=(item.id,)) for item in items]
        looks = [replace(item, id=LOOKS + item.id, needs=(item.id, LADDER + item.id)) for item in items]
        return items + ladders + looks


def allowed() -> tuple[str, ...]:
    """The libraries that the course in use allows, for what is asked of a sandbox before anything runs in it."""
    libraries: tuple[str, ...] = in_use().find("subject").libraries
    return libraries
