"""A course, as far as the machine knows it: all that knows what is taught lies in the course itself. Standard library
only."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autograder.scheme import OWN, Scheme

if TYPE_CHECKING:
    from autograder.exam.items import Item


@dataclass(frozen=True)
class Course:
    """What the machine has to know of a course.

    `module` is the one that holds it, as `COURSE`. `package` is the folder that students write, with these `modules`
    and the `given_modules`; by the `telling_modules` a package is known that lies there without its folder. `names` are
    those that other modules import, each with the module that has it, and `lecture` is the page of docs/ to which hints
    lead. `attributes` are those of what students write whose lack a message may name.

    Whatever may be slow to load, or is not needed by all, is a place ("package.module:name", as Python's entry points
    are written) that is looked up when it is asked for, and may be empty where a course has no such thing:

    - `given` is the module that knows what students are given in these modules: `FUNCTIONS` by file, and `LINES`.
    - `rubric` is the package with the items, a module for each of the `assignments`.
    - `subject` is what the sandbox has to know of it, a `sandbox.subject.Subject`.
    - `oracle(item, question)` is the right answer, and `check(item, question)` another way to it, with the tolerance
      within which the two must agree, or None where there is none; it raises `Undecided` where rounding decides, and
      then nobody is asked.
    - `domains` draws and rounds what an experiment's inputs may be.
    - `notes` says what can be said of a question when an exam is built, as plain data; `transcript` reads again
      what `transcribe(item, question)` writes down.
    - `graph` makes of an item's graph what a report shows of it, and `origin(notes, graph, wrong)` tells where what is
      right comes from, by the names of the parts that are wrong.
    - `pitfalls` are the classic mistakes, of which `pitfalls_page(mutations)` writes a page; `hint_words` are all hints
      and `hints` the module that chooses among these.
    - `source` tells by a student's file more than the machine can: `fault(function, item, parts)` the line of a
      function from which these wrong parts come, with what to do about it, and `mistyped(text)` what a TypeError means.
    - `specimens(practice)` are the packages, right ones and wrong ones, on which students' own tests are tried.
    - `expression` is the module that has `gradschool draw` draw what a student types, and `demo` the one of the
      command `gradschool demo`, which shows at work what was built.

    And some words: what it is `about`, in a clause; an item that examples name, the `example`; the `terms` of its
    messages, each with what it means; and its `authorities`, what the oracle and the check are called. Longer ones, for
    the kit's README, lie in the folder `kit` beside the module. An exam is `built_with` these distributions.

    Where students hand in tests of their own, they do so in these files of `tests`, in a folder of that name beside the
    package.

    The `scheme` is an instructor's word on what counts; a course is written without one.
    """

    module: str
    title: str
    package: str
    modules: tuple[str, ...]
    given_modules: tuple[str, ...]
    telling_modules: tuple[str, ...]
    names: Mapping[str, str]
    lecture: str
    assignments: tuple[str, ...]
    attributes: tuple[str, ...]
    given: str
    rubric: str
    subject: str
    oracle: str
    check: str
    domains: str
    notes: str
    transcribe: str
    transcript: str
    graph: str
    origin: str
    pitfalls: str
    hint_words: str
    hints: str
    about: str
    example: str
    terms: Mapping[str, str] = field(default_factory=dict)
    authorities: tuple[str, str] = ("the oracle", "the check")
    built_with: tuple[str, ...] = ()
    source: str = ""
    pitfalls_page: str = ""
    specimens: str = ""
    tests: tuple[str, ...] = ()
    expression: str = ""
    demo: str = ""
    scheme: Scheme = OWN

    @property
    def whole(self) -> Course:
        """The course itself, without what an instructor says of it."""
        return named(self.module) if self.scheme != OWN else self

    def under(self, scheme: Scheme) -> Course:
        """The course as an instructor gives it. Raises ValueError for items that there are not, and where none is
        left."""
        whole = self.whole
        if scheme == OWN:
            return whole
        if strange := {*scheme.points, *scheme.left_out, *(scheme.bonus or ())} - {*whole.items}:
            raise ValueError(f"there is no item {min(strange)}")
        kept = {item.assignment for id, item in whole.items.items() if id not in scheme.left_out}
        if not kept:
            raise ValueError("no item is left")
        assignments = tuple(name for name in whole.assignments if name in kept)
        return replace(whole, title=scheme.title or whole.title, assignments=assignments, scheme=scheme)

    @property
    def files(self) -> frozenset[str]:
        """The names of the package's files."""
        return frozenset(f"{name}.py" for name in ("__init__", *self.modules, *self.given_modules))

    def file(self, item: Item) -> str:
        """The student's file that an item is about, as reports name it."""
        if item.suite:
            return f"tests/{self.tests[0]}"
        return f"{self.package}/{item.target.partition(':')[0]}.py"

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process it is the one that is known there."""
        return (named, (self.module,)) if self.scheme == OWN else (_given, (self.module, self.scheme))

    @cached_property
    def items(self) -> dict[str, Item]:
        """All items by id, in the order in which students meet them."""
        modules = [importlib.import_module(f"{self.rubric}.{assignment}") for assignment in self.assignments]
        found = [value for module in modules for value in vars(module).values() if hasattr(value, "experiment")]
        return {item.id: item for item in found} if self.scheme == OWN else self._marked(found)

    def _marked(self, found: Sequence[Item]) -> dict[str, Item]:
        """The items as they are marked by the scheme. What is left out is given, and so nothing waits for it."""
        scheme, marked = self.scheme, {}
        for item in found:
            if item.id not in scheme.left_out:
                marked[item.id] = replace(
                    item,
                    points=scheme.points.get(item.id, item.points),
                    bonus=item.bonus if scheme.bonus is None else item.id in scheme.bonus,
                    needs=tuple(need for need in item.needs if need not in scheme.left_out),
                )
        return marked

    @property
    def suites(self) -> list[Item]:
        """The items that ask for tests of the student's own."""
        return [item for item in self.items.values() if item.suite]

    @property
    def example_item(self) -> Item:
        """The item that examples name: the first one, where that is left out."""
        return self.items.get(self.example) or next(iter(self.items.values()))

    def find(self, what: str) -> Any:
        """What lies at the place of that name, or None where the course has none: `course.find("oracle")` answers."""
        place = getattr(self, what)
        return find(place) if place else None


def find(place: str) -> Any:
    """The module, or what it defines, at a place."""
    module, _, name = place.partition(":")
    found = importlib.import_module(module)
    return getattr(found, name) if name else found


def named(module: str) -> Course:
    """The course that a module holds."""
    course: Course = importlib.import_module(module).COURSE
    return course


def _given(module: str, scheme: Scheme) -> Course:
    return named(module).under(scheme)


_adopted: Course | None = None


def adopt(scheme: Scheme) -> None:
    """From now on give the course under this scheme; `OWN` is the course's own again."""
    global _adopted
    _adopted = taught().under(scheme) if scheme != OWN else None


def taught() -> Course:
    """The course that this installation teaches, as it is written: which one that is, stands beside the courses."""
    return named(importlib.import_module("autograder.courses").TAUGHT)


def in_use() -> Course:
    """The course that this installation teaches, as the instructor gives it."""
    return _adopted or taught()


def scheme_in_use() -> Scheme:
    """The marking scheme under which that is given."""
    return _adopted.scheme if _adopted else OWN
