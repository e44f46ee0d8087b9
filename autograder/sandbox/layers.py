"""The ways to run workers, by the layers that each has around student code. Runs in the judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autograder.sandbox.reasons import Refusal, advice


@dataclass(frozen=True)
class Sandbox:
    """A way to run workers: by `bwrap`, and with which layers inside. `layers` is what reports list.

    `refused` are the stronger ones that did not start here.
    """

    bwrap: bool
    layers: tuple[str, ...]
    refused: tuple[Refusal, ...] = field(default=(), compare=False, repr=False)

    @property
    def shared(self) -> bool:
        """Whether one worker may serve many submissions: only where they cannot see each other."""
        return "landlock" in self.layers or not self.bwrap

    @property
    def gently(self) -> bool:
        """Whether workers have to be asked to end, because no kernel does it for them."""
        return not self.bwrap and "namespaces" not in self.layers

    @property
    def weaker(self) -> str:
        """What is missing here, why, and what to do about it; empty where this is the strongest that was wanted."""
        return advice(self.layers, self.refused)


FULL = ("namespaces", "landlock", "seccomp", "rlimits")
BARE = Sandbox(False, FULL[1:])  # where namespaces may not be made
NO_SANDBOX = Sandbox(bwrap=False, layers=())


def candidates(wanted: str) -> Iterator[Sandbox]:
    """Those of a kind, the strongest first."""
    if wanted in ("auto", "bwrap"):
        yield Sandbox(True, ("bwrap", *FULL))
        yield Sandbox(True, ("bwrap", "seccomp", "rlimits"))
        yield Sandbox(True, ("bwrap", "rlimits"))
    if wanted in ("auto", "landlock"):
        yield Sandbox(False, ("mounts", *FULL))
        yield Sandbox(False, FULL)
        yield Sandbox(False, ("namespaces", "landlock", "rlimits"))
        yield BARE
