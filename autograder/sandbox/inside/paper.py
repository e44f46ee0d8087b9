"""The paper that is sat: items with their questions, and all else that the judge says when a worker starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autograder.course import find
from autograder.exam.items import Item
from autograder.sandbox.kernel.landlock import scopes_signals
from autograder.sandbox.protocol import Limits
from autograder.sandbox.subject import Subject


class Paper:
    """What a submission is asked, by whom, and within which limits and layers."""

    def __init__(self, config: dict[str, Any]):
        self.subject = subject = Subject.of(config["subject"])
        self.items: list[Item] = subject.rubric()
        self.index = {item.id: i for i, item in enumerate(self.items)}
        self.lab: Any = find(subject.lab) if subject.lab else None
        self.tools = {re.split("[.:]", place)[-1]: find(place) for place in subject.tools}
        self.stand_ins = {each.name: _found(each.stand_ins) for each in subject.modules if each.stand_ins}
        self.classes = {each.name: _found(each.classes) for each in subject.modules if each.classes}
        self.compiled: bytes | None = None  # what the modules of a submission are compiled to, once known
        self.told(config)
        self.layers: list[str] = config["layers"]
        self.readable: list[str] = config["readable"]
        # Whether student code has no namespaces of its own, but may not reach others than by Landlock and seccomp.
        self.bare = "landlock" in self.layers and "namespaces" not in self.layers
        # Whether a signal to all, from whoever supervises or runs a submission, reaches its processes and nobody else.
        self.enclosed = "namespaces" in self.layers or (self.bare and scopes_signals())
        # Whether supervisors hear when they are to end: where nobody but those above can tell them.
        self.listens = self.bare or not self.layers
        # Whether there is nobody else of this user, so that the kernel can count.
        self.counted = not self.bare or bool(config["user"])

    def told(self, config: dict[str, Any]) -> None:
        """Take what is asked, and the limits."""
        self.questions: dict[str, list[dict[str, Any]]] = config["questions"]
        self.limits = Limits(**config["limits"])
        self.left = self.limits.budget_cpu  # seconds of CPU time for a runner, and for each process that it starts


def _found(places: Mapping[str, str]) -> dict[str, Any]:
    """What is at these places, by name; a new class where none is given."""
    return {name: find(place) if place else type(name, (), {}) for name, place in places.items()}
