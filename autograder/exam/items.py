"""What is graded: one module an assignment, one function (an *experiment*) an item. Standard library only.

An experiment gets a lab `m` and one question's inputs, does something with what is taught, and returns what it saw as
plain numbers, strings, booleans, and lists of them. The same function runs in every lab: with a student's package in
the sandbox, with what is right, and wherever else a course has one. It must therefore touch what is taught only through
`m` and through the objects that `m` gives out, and never decide what is right.

What a lab offers is up to the course.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autograder.exam.domains import Domain

Question = dict[str, Any]
Same = Callable[[Any, Any], bool]
Judge = Callable[[Question, list[Any], Any, Same], bool]
Explain = Callable[[Question, list[Any], Any, Same], str]
Essence = Callable[[Question, Any, Any], Any]


class Undecided(Exception):
    """A question whose right answer hangs on how sums are rounded: of two packages that add in another order, both
    right, one would fail."""


LOOK = "look"  # a key that makes a question ask for the graph that comes of it, in place of the answer


@dataclass(frozen=True)
class Item:
    """One thing that is graded: an experiment, what it is worth, and which questions are asked.

    `needs` are the items without which a failure proves nothing (it is then `blocked`); `target` is the function
    that the item is about, as module and dotted name; `uses` are the student's modules that it touches; `examples`
    are questions that are always asked, besides `questions` drawn ones; `tolerance` is relative; `judge(question,
    expected, got, same)` decides where plain comparison (`same`) cannot, and `explain(question, expected, got, same)`
    then says what is wrong; `end_to_end` items use more than what they are about, and the others no more of what they
    need than its `basis`, where there is one: the first part of its answers; those without a `ladder` have simple
    questions on which rounding decides, or that take long all the same; `look` is what the nodes of a wrong graph are
    compared by when it is drawn, "data", "grad", or both, and empty where no graph is drawn. A drawing decides nothing.
    `remark` ends the message on a wrong answer where all that the item needs is right: it then points to no line.
    `lent` are the pieces that the student's lab has need of, in the order in which these are lent. Where there is a
    piece that does just what an item asks for, the item stands `apart`: asked again, it is asked in a process in which
    nothing else is, and is lent what is in `lent_alone`. The points of a `bonus` item count beyond the maximum.

    An item with a `suite` asks for tests of the student's own, and not for code: they are to catch that group of
    mistakes (see `specimens`). It has no questions: what its experiment is handed comes with the exam.

    A mistake is known by its answers to the questions that are `telling(question)`, all of them by default, and of each
    answer by its `essence(question, expected, got)`, by default the whole: what all codes have in common that make it.
    """

    id: str
    points: int
    assignment: str
    title: str
    experiment: Callable[..., Any]
    target: str
    domains: dict[str, Domain]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    examples: tuple[Question, ...] = ()
    questions: int = 10
    tolerance: float = 1e-9
    judge: Judge | None = None
    end_to_end: bool = False
    basis: bool = False
    ladder: bool = True
    explain: Explain | None = None
    telling: Callable[[Question], bool] | None = None
    essence: Essence | None = None
    look: tuple[str, ...] = ()
    remark: str = ""
    lent: tuple[str, ...] = ()
    apart: bool = False
    lent_alone: tuple[str, ...] = ()
    bonus: bool = False
    suite: str = ""

    @property
    def stage(self) -> int:
        """How many pieces it is lent."""
        return len(self.lent)

    def lends(self, alone: bool) -> tuple[str, ...]:
        """The pieces that it is lent, when it is asked together with others or again."""
        return self.lent_alone if alone and self.apart else self.lent

    def __call__(self, m: Any, question: Question) -> Any:
        if LOOK not in question:
            return self.experiment(m, **question)
        with suppress(Exception):  # what was there before it still belongs to the graph
            self.experiment(m, **{name: value for name, value in question.items() if name != LOOK})
        return m.graph()


def item(id: str, *, points: int, domains: dict[str, Domain], **options: Any) -> Callable[[Callable[..., Any]], Item]:
    """Declare an experiment: `@item("splitting-split", points=2, target="words:split", domains={"text": Choice(...)})`.

    It uses the module of its target, where it does not say more. `domains` are those of the experiment's arguments, the
    other options what `Item` says. The first line of the docstring is the item's title; the module's name is its
    assignment. Raises TypeError for an option that there is not, and for arguments that have no domain.
    """

    def declare(experiment: Callable[..., Any]) -> Item:
        wanted = experiment.__code__.co_varnames[1 : experiment.__code__.co_argcount]
        if set(wanted) != set(domains):
            raise TypeError(f"{id}: the experiment takes {[*wanted]}, and there are domains for {[*domains]}")
        title = (experiment.__doc__ or "").strip().split("\n")[0].rstrip(".")
        assignment = experiment.__module__.rpartition(".")[2]
        options.setdefault("uses", (options["target"].partition(":")[0],))
        return Item(id, points, assignment, title, experiment, domains=domains, **options)

    return declare


def digits(value: Any) -> str:
    """A number to ten digits, or a few words on what came instead; `value` may be anything that JSON can hold."""
    if isinstance(value, (int, float)) and abs(value) < 1e300:
        return f"{value + 0.0:.10g}"  # which turns -0.0 into 0.0
    if isinstance(value, list):
        return f"[{', '.join(map(digits, value[:20]))}]"
    return str(value.get("object"))[:80] if isinstance(value, dict) else str(type(value).__name__)


def show(value: Any) -> str:
    """A plain value in a message: floats to ten digits, other things as Python writes them."""
    if isinstance(value, float):
        return repr(float(f"{value:.10g}") + 0.0)  # which turns -0.0 into 0.0
    if isinstance(value, dict):
        return str(value.get("object", value))[:200]
    if isinstance(value, list):
        return "[" + ", ".join(map(show, value[:40])) + "]"
    return repr(value)[:200]
