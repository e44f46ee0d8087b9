"""The words of a course are data: what has not the form that it must have is told in one sentence."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd import words as micrograd
from autograder.courses.micrograd.subject import SUBJECT
from autograder.courses.micrograd.words import catalogue
from autograder.courses.words import Chapter, Hints, ItemHints, Pitfall, read_hints, read_pitfalls
from autograder.errors import UserError
from autograder.exam import building, store
from autograder.grading import exams
from autograder.sandbox.mounts import bwrap_command

ITEMS = {id: item for id, item in load_items().items() if id in ("engine-add", "engine-mul")}

PITFALLS = """
[add-for-mul]
section = "engine"
does = "numbers are added"
hints = ["What is 3 * 4?", "Mind the sign."]
"""
HINTS = """
[assignments.engine]
section = "the-expression-graph"

[items.engine-add]
hints = ["What is a sum?"]

[items.engine-mul]
section = "losses"
hints = ["What is a product?"]
symptoms.KeyError = ["Which key?"]

[symptoms]
begun = ["A raise ends it."]
"""


def pitfalls(folder: Path, text: str) -> dict[str, Pitfall]:
    path = folder / "pitfalls.toml"
    path.write_text(text, "utf-8")
    return read_pitfalls(path)


def hints(folder: Path, text: str) -> Hints:
    path = folder / "hints.toml"
    path.write_text(text, "utf-8")
    return read_hints(path, ITEMS, ["begun"])


def test_pitfalls_are_read(tmp_path: Path) -> None:
    told = ("What is 3 * 4?", "Mind the sign.")
    assert pitfalls(tmp_path, PITFALLS) == {"add-for-mul": Pitfall("add-for-mul", "engine", "numbers are added", told)}


def test_hints_are_read_and_have_the_section_of_their_assignment_unless_they_have_their_own(tmp_path: Path) -> None:
    assert hints(tmp_path, HINTS) == Hints(
        {"engine": Chapter(section="the-expression-graph")},
        {
            "engine-add": ItemHints(("What is a sum?",), "the-expression-graph"),
            "engine-mul": ItemHints(("What is a product?",), "losses", {"KeyError": ("Which key?",)}),
        },
        {"begun": ("A raise ends it.",)},
    )


@pytest.mark.parametrize(("old", "new", "said"), [
    ("does =", "dose =", "pitfalls.toml, add-for-mul: there is no key 'dose'; the nearest are does, "),
    ("does =", "id = 'x'\ndoes =", "pitfalls.toml, add-for-mul: there is no key 'id'; "),
    ('does = "numbers are added"\n', "", "pitfalls.toml, add-for-mul: the key 'does' is missing: "),
    ('"numbers are added"', "3", "pitfalls.toml, add-for-mul.does: there must be a text, and not '3'"),
    ('"numbers are added"', "' '", "pitfalls.toml, add-for-mul.does: there must be a text, "),
    ('["What is 3 * 4?", "Mind the sign."]', "'What?'", "pitfalls.toml, add-for-mul.hints: there must be a list of "),
    ('["What is 3 * 4?", "Mind the sign."]', "[]", "pitfalls.toml, add-for-mul.hints: there must be a list of "),
    ('"Mind the sign."', "4", "pitfalls.toml, add-for-mul.hints: there must be a text, and not '4'"),
    ("[add-for-mul]", "title = 1\n[add-for-mul]", "pitfalls.toml, title: there must be a table, and not '1'"),
    ("[add-for-mul]", "[add-for-mul", "pitfalls.toml cannot be read (Expected ']'"),
    ("[add-for-mul]", "[add-for-mul]\n[add-for-mul]", "pitfalls.toml cannot be read (Cannot declare"),
])  # fmt: skip
def test_a_catalogue_that_has_not_its_form(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert PITFALLS.count(old) == 1 or new.startswith(old)
    with pytest.raises(UserError) as caught:
        pitfalls(tmp_path, PITFALLS.replace(old, new))
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("old", "new", "said"), [
    ("items.engine-mul", "items.engine-mull", "hints.toml, items: there is no item 'engine-mull'; the nearest are "),
    ('[items.engine-add]\nhints = ["What is a sum?"]', "", "hints.toml: the item engine-add has no hints: write [item"),
    ('["What is a sum?"]', "[]", "hints.toml, items.engine-add.hints: there must be a list of texts, and not '[]'"),
    ('hints = ["What is a sum?"]', "", "hints.toml, items.engine-add: the key 'hints' is missing: "),
    ("assignments.engine", "assignments.engines", "hints.toml, assignments: there is no assignment 'engines'; "),
    ('section = "the-expression-graph"', "", "hints.toml, items.engine-add: neither it nor its assignment has a sec"),
    ("begun =", "began =", "hints.toml, symptoms: there is no symptom 'began'; the nearest are begun, "),
    ("KeyError", "KeyMistake", "hints.toml, items.engine-mul.symptoms: there is no symptom 'KeyMistake'; the nearest"),
    ('[symptoms]\nbegun = ["A raise ends it."]', "", "hints.toml: the key 'symptoms' is missing: "),
    ("[symptoms]", "[symptom]", "hints.toml: there is no key 'symptom'; the nearest are symptoms, "),
    ('["Which key?"]', '"Which key?"', "hints.toml, items.engine-mul.symptoms.KeyError: there must be a list of texts"),
])  # fmt: skip
def test_hints_that_have_not_their_form(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert HINTS.count(old) == 1
    with pytest.raises(UserError) as caught:
        hints(tmp_path, HINTS.replace(old, new))
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^pitfalls.toml cannot be read \(No such file or directory\): mend it"):
        read_pitfalls(tmp_path / "pitfalls.toml")
    (tmp_path / "pitfalls.toml").write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"^pitfalls.toml cannot be read \('utf-8' codec"):
        read_pitfalls(tmp_path / "pitfalls.toml")


def test_an_item_without_hints_is_refused_before_an_exam_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**load_items(), "engine-sigmoid": ITEMS["engine-add"]}
    monkeypatch.setattr(micrograd, "load_items", lambda: more)
    monkeypatch.setattr(micrograd, "_hint_words", micrograd._hint_words.__wrapped__)
    monkeypatch.setattr(building, "draft", lambda seed, course: pytest.fail("it is drawn"))
    with pytest.raises(UserError, match=r"^hints.toml: the item engine-sigmoid has no hints: "):
        exams.build(7)


def test_an_exam_is_another_when_other_mistakes_are_known_and_not_when_they_are_reworded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, known = store._key(7, COURSE), catalogue()
    monkeypatch.setattr("autograder.courses.micrograd.words.catalogue", lambda: dict.fromkeys(known))
    assert store._key(7, COURSE) == before
    monkeypatch.setattr("autograder.courses.micrograd.words.catalogue", lambda: {**known, "another": None})
    assert store._key(7, COURSE) != before


def test_no_sandbox_shows_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    command = bwrap_command(tmp_path, SUBJECT, root=False)
    shown = [Path(path) for option, path in pairwise(command) if option == "--ro-bind"]
    words = [Path(micrograd.__file__).with_name(name) for name in ("hints.toml", "pitfalls.toml")]
    assert all(path.is_file() for path in words) and Path(building.__file__).with_name("items.py") in shown
    assert not [path for path in words for above in shown if path.is_relative_to(above)]
