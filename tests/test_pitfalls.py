"""The catalogue of pitfalls: each costs what it names, is called by its name, and gives nothing away.

One form of a mistake in each item is graded; that each form is told from what is right by its answers is proved
whenever an exam is built. With PITFALLS=all in the environment it is every form, which takes minutes.
"""

from __future__ import annotations

import ast
import functools
import itertools
import json
import os
import random
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nightly import WHOLE, examples, nightly, only
from planting import ITEMS, OTHER_SEED, REFERENCE, hasty_grader, lost, named_rightly, names
from test_faults import FAULTS
from test_faults_nets import FAULTS as FAULTS_IN_NETS

from autograder.cli import main
from autograder.courses import micrograd
from autograder.courses.micrograd.pitfalls_page import pitfalls_page
from autograder.courses.micrograd.rubric.backprop import _runs_one_way
from autograder.courses.micrograd.words import catalogue
from autograder.errors import UserError
from autograder.exam import mutants as mutations
from autograder.exam.fingerprints import fingerprint, known, telling
from autograder.exam.mutants import Mutation, load_mutations, planted, replaced
from autograder.exam.paper import PRACTICE_SEED, Exam, Sheet
from autograder.exam.regions import regions
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.grading.kill_matrix import Row, kill_matrix
from autograder.report import Report
from autograder.sandbox.launcher import choose
from autograder.submissions.submission import Submission

ROOT = Path(__file__).parents[1]
PITFALLS = catalogue()
MUTATIONS = load_mutations()
ALL = os.environ.get("PITFALLS") == "all"
GRADED = MUTATIONS if ALL else list({mutation.costs[0]: mutation for mutation in MUTATIONS}.values())[::12]
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with hasty_grader() as grader:
        yield grader


# --- the kill matrix ----------------------------------------------------------------------------------------


def test_the_kill_matrix_is_clean(record_property: Record) -> None:
    rows = list(kill_matrix(GRADED, partial(Grader, exams.get(), choose("auto"), limits=exams.HASTY), whole=False))
    dirty = [(row.mutation, row.survives, row.strangers, row.misnamed) for row in rows if not row.clean]
    assert dirty == []
    assert {id for row in rows for id in row.killers} == {id for row in rows for id in row.mutation.costs}
    assert all(row.mutation.pitfall in row.diagnoses.values() for row in rows)
    assert {row.mutation.pitfall for row in rows} == (set(PITFALLS) if ALL else {each.pitfall for each in GRADED})
    record_property("pitfalls", len(PITFALLS))
    record_property("forms of pitfalls", len(MUTATIONS))
    record_property("forms of pitfalls that were graded", len(rows))


def test_pitfalls_are_named_on_another_exam_too() -> None:
    with hasty_grader(OTHER_SEED) as grader:
        for mutation in MUTATIONS[:: 8 if ALL else 80]:
            report = _grade(grader, mutation, only=mutation.costs)
            assert names(report) == {mutation.pitfall}
            assert set(mutation.costs) <= set(lost(report))


def _grade(grader: Grader, *mutations: Mutation, only: tuple[str, ...]) -> Report:
    with planted(*mutations) as folder:
        return grader.grade_submission(Submission("faulty", {"": folder}, "faulty"), only)


@pytest.mark.parametrize("verdicts, diagnoses, attribute", [
    ({"engine-mul": "passed"}, {}, "survives"),
    ({"engine-mul": "failed", "engine-add": "failed"}, {"engine-mul": "add-for-mul"}, "strangers"),
    ({"engine-mul": "failed", "backprop-mul": "blocked"}, {"engine-mul": "add-for-mul"}, "strangers"),
    ({"engine-mul": "failed"}, {"engine-mul": None}, "misnamed"),
    ({"engine-mul": "failed"}, {"engine-mul": "pre-order"}, "misnamed"),
])  # fmt: skip
def test_a_row_that_is_not_as_it_should_be(
    verdicts: dict[str, str], diagnoses: dict[str, str | None], attribute: str
) -> None:
    row = Row(Mutation("add-for-mul", ("engine-mul",), ()), verdicts, diagnoses)
    assert not row.clean
    assert [name for name in ("survives", "strangers", "misnamed") if getattr(row, name)] == [attribute]


def test_what_waits_is_not_killed() -> None:
    verdicts = {"engine-mul": "failed", "backprop-expressions": "blocked", "stretch-deep": "blocked"}
    assert Row(Mutation("x", ("engine-mul",), ()), verdicts, {"engine-mul": "x"}).clean


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the course, which the command is given, and in which it runs."""
    shutil.copytree(REFERENCE.parent, tmp_path / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    exam = exams.get()
    monkeypatch.setattr(exams, "get", lambda seed: exam)  # to build another would take long
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str) -> tuple[int, str]:
    from click.testing import CliRunner

    result = CliRunner().invoke(main, ["pitfalls", "--jobs", "1", *arguments])
    return result.exit_code, result.output


def test_the_command_shows_the_matrix() -> None:
    code, said = _run("relu-open-at-zero", "list-of-one")
    assert code == 0
    rows = [line for line in said.splitlines() if line.startswith(("relu-open-at-zero ", "list-of-one "))]
    assert len(rows) == 3
    place = said.splitlines()[said.splitlines().index(rows[0]) - 1].index("1", 36)  # where items begin to be numbered
    for row in rows:
        cells = row[34:].replace(" ", "")
        assert len(cells) == len(ITEMS)
        item = "backprop-relu" if row.startswith("relu") else "nn-layer"
        assert cells[list(ITEMS).index(item)] in "✗x"
        assert set(cells) <= set("✗x⊘-.")
    assert place > 34
    assert "2 pitfalls in 3 forms: each costs the items that it names and no others" in said


def test_the_command_fails_when_a_pitfall_survives_or_costs_another_item(course: Path) -> None:
    path = course / "solutions" / "pitfalls.py"
    text = path.read_text("utf-8")
    assert text.count('edit("list-of-one", *LAYER') == 1
    path.write_text(text.replace('edit("list-of-one", *LAYER', 'edit("list-of-one", "nn-mlp", LAYER[1]'), "utf-8")
    code, said = _run("list-of-one", "--course", str(course))
    assert code == 1
    assert "survives nn-mlp" in said and "costs nn-layer, which it does not name" in said
    assert "1 are not as the catalogue says" in said


@pytest.mark.parametrize("change, words", [
    (lambda path: path.unlink(), "holds the pitfalls"),
    (lambda path: path.write_text("EDITS = []"), "do not agree about"),
    (lambda path: path.write_text("EDITS = [('list-of-one', 'nn-layer', 'nn:Layer.__call__', 'x')]"), "mend it"),
    (lambda path: path.write_text("EDITS = ["), "mend it"),
    (lambda path: path.write_text("nothing = 0"), "mend it"),
])  # fmt: skip
def test_a_catalogue_that_cannot_be_used(course: Path, change: Callable[[Path], None], words: str) -> None:
    change(course / "solutions" / "pitfalls.py")
    code, said = _run("--course", str(course))
    assert code == 2
    assert said.startswith("gradschool: ") and said.count("\n") == 1
    assert "pitfalls.py" in said and words in said


def test_an_edit_that_fits_nowhere(course: Path) -> None:
    path = course / "solutions" / "pitfalls.py"
    path.write_text(
        path.read_text("utf-8").replace("return out[0] if len(out) == 1 else out", "return nothing"), "utf-8"
    )
    code, said = _run("list-of-one", "--course", str(course))
    assert code == 2
    assert said.splitlines()[-1].startswith("gradschool: list-of-one in solutions/pitfalls.py cannot be planted: ")


def test_a_pitfall_that_does_not_exist() -> None:
    assert _run("relu-open-at-one") == (
        2, "gradschool: there is no pitfall 'relu-open-at-one'; did you mean 'relu-open-at-zero'?\n"
    )  # fmt: skip


# --- planting -----------------------------------------------------------------------------------------------

_SOURCE = "class A:\n    def f(self):\n        return 1\n\n\ndef f():\n    return 1\n\n\ndef g():\n    return 1 + 1\n"


def test_a_text_is_replaced_in_one_function() -> None:
    assert replaced(_SOURCE, "A.f", "return 1", "return 2") == _SOURCE.replace("        return 1", "        return 2")


@pytest.mark.parametrize("function, old", [("f", "return 1"), ("h", "return 1"), ("g", "1"), ("g", "return 2")])
def test_a_text_that_is_not_there_once_is_refused(function: str, old: str) -> None:
    with pytest.raises(ValueError):
        replaced(_SOURCE, function, old, "")


@nightly
def test_every_form_is_another_program_that_python_can_read() -> None:
    reference = {path.name: path.read_text("utf-8") for path in REFERENCE.glob("*.py")}
    tree = functools.cache(lambda source: ast.dump(ast.parse(source)))
    seen: dict[str, Mutation] = {}
    for mutation in MUTATIONS:
        with planted(mutation) as folder:
            sources = {path.name: path.read_text("utf-8") for path in (folder / "micrograd").glob("*.py")}
        trees = json.dumps({name: tree(source) for name, source in sorted(sources.items())})
        assert sources != reference
        assert trees not in seen, (mutation, seen.get(trees))
        seen[trees] = mutation


def test_mistakes_are_planted_in_one_thread(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parsers of a Python 3.11 share one count of how deep they are: of two at once one fails, now and then."""
    parse, threads = ast.parse, []

    def parsed(*source: Any, **options: Any) -> ast.AST:
        threads.append(threading.current_thread())
        return parse(*source, **options)

    monkeypatch.setattr(ast, "parse", parsed)
    mutations._functions.cache_clear()
    monkeypatch.setattr(mutations, "load_mutations", lambda: MUTATIONS[:4])
    found = mutations.wrong_answers(grader.exam, exams.worker)
    assert {name for names in found.values() for name in names.values()} == {m.pitfall for m in MUTATIONS[:4]}
    assert threads and set(threads) == {threading.main_thread()}


# --- diagnosis ----------------------------------------------------------------------------------------------


def test_of_two_mistakes_in_different_items_both_are_named(grader: Grader, record_property: Record) -> None:
    """But for those where one item waits for the other, which is then not judged."""
    chance = random.Random(2026)
    pairs = (chance.sample(MUTATIONS, 2) for _ in itertools.count())
    right = tried = 0
    for first, second in itertools.islice(filter(_are_apart, pairs), 120 if ALL else 5):
        try:
            report = _grade(grader, first, second, only=(*first.costs, *second.costs))
        except UserError:  # they change the same line
            continue
        tried += 1
        right += names(report) == {first.pitfall, second.pitfall}
    record_property("pairs of mistakes", tried)
    record_property("pairs of which both are named", right)
    assert tried > (100 if ALL else 2)
    assert right >= 0.97 * tried


def _are_apart(pair: Sequence[Mutation]) -> bool:
    """Whether two mistakes are in different items, of which none waits for another."""
    first, second = pair
    return not any(
        one == other or one in ITEMS[other].needs or other in ITEMS[one].needs
        for one in first.costs
        for other in second.costs
    )


@nightly
def test_a_fault_outside_the_catalogue_is_called_nothing_or_what_it_is(grader: Grader, record_property: Record) -> None:
    """On another exam; on the default one the tests of faults say the same for each."""
    with hasty_grader(OTHER_SEED) as grader_:
        wrong = []
        faults = [*FAULTS, *FAULTS_IN_NETS][:: 10 if ALL else 50]
        for fault in faults:
            with planted() as folder:
                shutil.rmtree(folder / "micrograd")
                report = grader_.grade("faulty", fault.plant(folder), only=fault.costs)
            if not named_rightly(fault, report):
                wrong.append((fault.id, names(report)))
    assert wrong == []
    record_property("faults outside the catalogue", len(FAULTS) + len(FAULTS_IN_NETS))


def test_a_report_names_the_mistake_and_hints(grader: Grader) -> None:
    (mutation,) = [m for m in MUTATIONS if m.pitfall == "relu-always-open"]
    (result,) = _grade(grader, mutation, only=("backprop-relu",)).items
    assert result.status == "failed"
    assert result.diagnosis == "relu-always-open"
    assert result.hint == PITFALLS["relu-always-open"].hints[0]
    assert result.message.endswith(
        "\nAll your answers are those of code in which relu lets the gradient through everywhere."
    )


def test_what_passes_waits_or_is_undone_is_not_named(grader: Grader) -> None:
    (mutation,) = [m for m in MUTATIONS if m.pitfall == "exp-of-exp"]
    report = _grade(grader, mutation, only=("engine-exp", "backprop-exp", "engine-add"))
    assert {item.id: (item.status, item.diagnosis) for item in report.items} == {
        "engine-exp": ("failed", "exp-of-exp"), "backprop-exp": ("blocked", None), "engine-add": ("passed", None),
    }  # fmt: skip


def test_a_pitfall_that_this_version_does_not_know_is_not_named(grader: Grader) -> None:
    data = json.loads(grader.exam.to_json())
    for sheet in data["items"].values():
        sheet["pitfalls"] = dict.fromkeys(sheet["pitfalls"], "a-pitfall-of-the-future")
    (mutation,) = [m for m in MUTATIONS if m.pitfall == "relu-always-open"]
    newer = Exam.from_json(json.dumps(data))
    with Grader(newer, choose("auto")) as other, planted(mutation) as folder:
        (result,) = other.grade("faulty", folder, only=["backprop-relu"]).items
    assert (result.status, result.diagnosis, result.hint) == ("failed", None, None)


# None so small that it vanishes beside the largest, which for one of 1e-12 of it the last digit would decide.
_NUMBERS = st.floats(min_value=-1e6, max_value=1e6).filter(lambda x: x == 0 or abs(x) > 1e-5)
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(_ANY_JSON, max_size=4))
def test_anything_has_a_fingerprint(answers: list[Any]) -> None:
    print_ = fingerprint(ITEMS["engine-mul"], answers)
    assert print_ == fingerprint(ITEMS["engine-mul"], json.loads(json.dumps(answers)))
    assert re.fullmatch("[0-9a-f]{20}", print_)


@settings(max_examples=examples(300))
@given(st.lists(_NUMBERS, min_size=1, max_size=5), st.data())
def test_the_last_digits_do_not_matter_and_the_others_do(numbers: list[float], data: st.DataObject) -> None:
    item = ITEMS["engine-mul"]
    rounded = [float(f"{x:.8e}") for x in numbers]
    place = data.draw(st.integers(0, len(numbers) - 1))
    noisy = [x * (1 + 1e-14) for x in rounded]
    other = [x + 1.0 if i == place else x for i, x in enumerate(rounded)]
    assert fingerprint(item, [[noisy]]) == fingerprint(item, [[rounded]])
    assert fingerprint(item, [[other]]) != fingerprint(item, [[rounded]])


def test_what_is_as_good_as_zero_does_not_matter() -> None:
    """As in `equality.same`."""
    item = ITEMS["stretch-cross-entropy"]
    assert fingerprint(item, [[[1e-304, 0.0, -1e-304]]]) == fingerprint(item, [[[0.0, 0.0, 0.0]]])
    assert fingerprint(item, [[[1e-200, 0.0, 0.0]]]) != fingerprint(item, [[[0.0, 0.0, 0.0]]])


def test_addresses_do_not_matter() -> None:
    item = ITEMS["trace-dot"]
    first, second = [[[["139872349872", "<Value at 0x7f12>"]]], [[["140000000001", "<Value at 0x7fff>"]]]]
    assert fingerprint(item, [first]) == fingerprint(item, [second])


def _raised(kind: str, text: str, line: int = 1) -> str:
    answer = {"raised": [kind, "Exception"], "text": text, "frames": [["micrograd/engine.py", line, "f"]]}
    return fingerprint(ITEMS["engine-mul"], [answer])


def test_what_raised_is_told_apart_by_type_and_text_but_not_by_place() -> None:
    assert _raised("TypeError", "a", 1) == _raised("TypeError", "a", 2)
    assert _raised("TypeError", "a", 1) != _raised("TypeError", "b", 1)
    assert _raised("TypeError", "a", 1) != _raised("ValueError", "a", 1)
    assert _raised("RecursionError", "a", 1) == _raised("RecursionError", "b", 1)


@pytest.mark.parametrize("kind, older, newer", [
    ("ZeroDivisionError", "float division by zero", "division by zero"),
    ("ZeroDivisionError", "0.0 cannot be raised to a negative power", "zero to a negative power"),
    ("OverflowError", "math range error", "(34, 'Numerical result out of range')"),
    ("ValueError", "math domain error", "expected a positive input, got 0.0"),
    ("ValueError", "max() arg is an empty sequence", "max() iterable argument is empty"),
    ("RecursionError", "maximum recursion depth exceeded", "maximum recursion depth exceeded in comparison"),
    ("TypeError", "__init__() missing 1 required positional argument: 'x'",
     "Value.__init__() missing 1 required positional argument: 'x'"),
])  # fmt: skip
def test_how_python_words_an_exception_decides_nothing(kind: str, older: str, newer: str) -> None:
    assert _raised(kind, older) == _raised(kind, newer)


def test_what_an_exception_quotes_counts() -> None:
    assert _raised("TypeError", "'NoneType' object is not callable") != _raised(
        "TypeError", "rule() got an unexpected keyword argument 'g'"
    )


def test_answers_that_several_pitfalls_give_tell_none() -> None:
    assert known([("1", "a"), ("1", "a"), ("2", "b"), ("2", "c"), ("2", "b"), ("3", "d")]) == {"1": "a", "3": "d"}


def test_of_a_walk_the_order_of_right_visits_does_not_count(record_property: Record) -> None:
    """Nor do its gradients where nodes are left out, or visited too often."""
    item = ITEMS["backprop-order"]
    graph = [{"data": 1.0, "grad": 0.0, "op": "+" if p else "", "parents": [[i, 1.0] for i in p]}
             for p in ((), (0,), (0,), (1, 2))]  # fmt: skip
    sheet = Sheet([{"graph": graph, "order": 1}], [[[2.0, 1.0, 1.0, 1.0], [3, 2, 1]]])

    def print_(gradients: list[float], visits: list[Any]) -> str:
        return fingerprint(item, telling(item, sheet, [[[gradients, visits]]]))

    wrong = [3.0, 1.0, 1.0, 1.0]
    assert print_(wrong, [3, 2, 1]) == print_(wrong, [3, 1, 2]) != print_([4.0, 1.0, 1.0, 1.0], [3, 2, 1])
    assert print_(wrong, [3, 1]) == print_([1.0, 1.0, 1.0, 1.0], [1, 3]) != print_(wrong, [3, 2, 1])
    assert print_(wrong, [3, 2, 1, 1]) != print_(wrong, [3, 2, 1])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_ANY_JSON, max_size=3))
def test_anything_tells_something(exam: Exam, answers: list[Any]) -> None:
    for id in ("backprop-order", "backprop-expressions", "engine-mul"):
        told = telling(ITEMS[id], exam.sheets[id], [*answers, *([answer] for answer in answers)])
        assert re.fullmatch("[0-9a-f]{20}", fingerprint(ITEMS[id], told))


def test_expressions_tell_whatever_differences_and_quotients_are_made_of() -> None:
    questions = [q for q in exams.get().sheets["backprop-expressions"].questions if _runs_one_way(q)]
    assert {op for q in questions for op, *_ in q["program"]["steps"]} >= {"+", "-", "*", "/", "neg", "**", "exp"}

    def one_way(*steps: list[Any]) -> bool:
        return _runs_one_way({"program": {"leaves": [1.0, 2.0], "steps": list(steps)}})

    assert one_way(["-", 1, 0], ["*", 2, 0])
    assert one_way(["exp", 0], ["/", [2.0], 2], ["+", 3, 0])
    assert not one_way(["exp", 0], ["/", 2, 0])  # the power of the divisor may come before or after exp
    assert not one_way(["exp", 0], ["exp", 1], ["+", 2, 3])


# --- the same mistake in engines of another make -------------------------------------------------------------

ENGINES = ROOT / "tests" / "engines"
# Engines by what their `_prev` is; the walk is replaced.
_MAKES = {"kahn": "tuple", "sets": "set", "typed": "list", "local_derivatives": "dict", "numpy_data": "frozenset"}
_WALKS = {
    "recursive": """
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node._prev:
                    visit(parent)
                order.append(node)
        visit(self)
    """,
    "recursive, by list": """
        order, seen = [], []
        def visit(node):
            if node in seen:
                return
            seen.append(node)
            for parent in node._prev:
                visit(parent)
            order.append(node)
        visit(self)
    """,
    "iterative": """
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in node._prev)
    """,
}
_SWEEP = """
        self.grad = 1.0
        for node in reversed(order):
            node._backward()
"""
# What to replace in a walk, and in what follows it.
_SLIPS = {
    "right": [],
    "no-visited-set": [("if node not in seen", "if True"), ("if node in seen:", "if False:")],
    "visited-by-value": [("node not in seen", "node.data not in seen"), ("node in seen", "node.data in seen"),
                         ("add(node)", "add(node.data)"), ("seen.append(node)", "seen.append(node.data)")],
    "first-parent-only": [("in node._prev", "in list(node._prev)[:1]")],
    "root-alone-visited": [("in node._prev", "in ()")],
    "root-not-seeded": [("        self.grad = 1.0\n", "")],
    "root-gradient-added-to": [("self.grad = 1.0", "self.grad += 1.0")],
    "leaves-first": [("reversed(order)", "order")],
    "root-rule-left-out": [("reversed(order)", "order[-2::-1]")],
    "gradients-zeroed-in-backward": [("self.grad = 1.0", "for n in order: n.grad = 0.0\n        self.grad = 1.0")],
}  # fmt: skip
# Walks that are wrong from the start, by what they are called.
_WRONG_WALKS = {
    ("pre-order", "recursive"): """
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                order.append(node)
                for parent in node._prev:
                    visit(parent)
        visit(self)
        order.reverse()
    """,
    ("pre-order", "stack"): """
        order, seen, stack = [], set(), [self]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                order.insert(0, node)
                stack.extend(node._prev)
    """,
    ("pre-order", "stack, marked early"): """
        order, seen, stack = [], {self}, [self]
        while stack:
            node = stack.pop()
            order.insert(0, node)
            for parent in node._prev:
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
    """,
    ("breadth-first", "queue"): """
        order, seen, queue = [], {self}, [self]
        while queue:
            node = queue.pop(0)
            order.append(node)
            for parent in node._prev:
                if parent not in seen:
                    seen.add(parent)
                    queue.append(parent)
        order.reverse()
    """,
    ("breadth-first", "levels"): """
        order, seen, level = [], {self}, [self]
        while level:
            order += level
            level = list(dict.fromkeys(p for node in level for p in node._prev if p not in seen))
            seen.update(level)
        order.reverse()
    """,
    ("no-visited-set", "queue"): """
        order, queue = [], [self]
        while queue:
            order.append(queue.pop(0))
            queue.extend(order[-1]._prev)
        order.reverse()
    """,
    ("no-visited-set", "stack"): """
        order, stack = [], [self]
        while stack:
            order.insert(0, stack.pop())
            stack.extend(order[0]._prev)
    """,
    ("no-visited-set", "levels"): """
        order, level = [], [self]
        while level:
            order += level
            level = [parent for node in level for parent in node._prev]
        order.reverse()
    """,
}  # fmt: skip
# Two mistakes at once: they are called one of the two, or nothing.
_OTHER_WALKS = {
    "no visited set, and the root not seeded": ("no-visited-set", "root-not-seeded"),
    "one parent, and gradients zeroed": ("first-parent-only", "gradients-zeroed-in-backward"),
    "leaves first, and the root's rule left out": ("leaves-first", "root-rule-left-out"),
    "visited by value, and the root added to": ("visited-by-value", "root-gradient-added-to"),
}


def _with_walk(engine: str, body: str, folder: Path) -> Path:
    """That engine with another `backward`."""
    shutil.copytree(ENGINES / engine, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "micrograd" / "engine.py"
    text = path.read_text("utf-8")
    (old,) = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.name == "backward"
        and len(node.args.args) == 1
    ]  # fmt: skip
    lines = text.splitlines()
    head, tail = lines[: old.lineno - 1], lines[old.end_lineno :]
    path.write_text("\n".join([*head, "    def backward(self):", *body.splitlines(), *tail, ""]), "utf-8")
    return folder


def _slip(walk: str, *slips: str) -> str:
    body = walk + _SWEEP
    for old, new in (change for slip in slips for change in _SLIPS[slip]):
        body = body.replace(old, new)
    return body


def _named_in_the_walk(grader: Grader, engine: str, body: str, folder: Path) -> tuple[str, str | None]:
    (item,) = grader.grade(engine, _with_walk(engine, body, folder), only=["backprop-order"]).items
    return item.status, item.diagnosis


@nightly
@pytest.mark.parametrize("engine", only(_MAKES, "sets".__eq__))
def test_a_mistake_of_the_walk_is_named_in_engines_of_any_make(grader: Grader, engine: str, tmp_path: Path) -> None:
    found = {}
    for way, walk in _WALKS.items():
        for slip in _SLIPS:
            found[slip, way] = _named_in_the_walk(grader, engine, _slip(walk, slip), tmp_path / slip / way)
    for name, way in _WRONG_WALKS:
        body = _WRONG_WALKS[name, way] + _SWEEP
        found[name, way] = _named_in_the_walk(grader, engine, body, tmp_path / name / way)
    right = {(name, way): ("passed", None) if name == "right" else ("failed", name) for name, way in found}
    assert {key: found[key] for key in found if found[key] != right[key]} == {}


@pytest.mark.parametrize("engine", only(_MAKES, "sets".__eq__))
def test_other_mistakes_of_the_walk_get_no_name_that_is_not_theirs(grader: Grader, engine: str, tmp_path: Path) -> None:
    for name, slips in _OTHER_WALKS.items():
        for way, walk in [*_WALKS.items()][: None if WHOLE else 1]:
            status, named = _named_in_the_walk(grader, engine, _slip(walk, *slips), tmp_path / name / way)
            assert status == "failed" and named in (None, *slips), (name, way, named)


_OWN_NODES = ROOT / "tests" / "cases" / "own-nodes-right"
_OF_TWO = {"__sub__", "__truediv__"}  # those whose other operand may be a Value


@pytest.mark.parametrize("kind", only(["set", "tuple", "list"], "set".__eq__))
def test_a_rule_of_a_derived_operation_that_overwrites_is_named(grader: Grader, kind: str, tmp_path: Path) -> None:
    text = (_OWN_NODES / "micrograd" / "engine.py").read_text("utf-8")
    assert text.count("= set(_children)") == 1
    text = text.replace("= set(_children)", f"= {kind}(_children)")
    missed = {}
    for method in ("neg", "sub", "radd", *(("truediv", "rsub", "rmul", "rtruediv") if WHOLE else ())):
        for operands in (["self"], ["other"], ["self", "other"]):
            if "other" in operands and f"__{method}__" not in _OF_TWO:
                continue
            changed = text
            for operand in operands:
                changed = replaced(changed, f"__{method}__", f"{operand}.grad += ", f"{operand}.grad = ")
            folder = tmp_path / method / "-".join(operands)
            shutil.copytree(_OWN_NODES, folder)
            (folder / "micrograd" / "engine.py").write_text(changed, "utf-8")
            (item,) = grader.grade("own", folder, only=["backprop-expressions"]).items
            if (item.status, item.diagnosis) != ("failed", "overwrites-gradient"):
                missed[method, *operands] = item.status, item.diagnosis
    assert missed == {}


# --- the catalogue ------------------------------------------------------------------------------------------

_KEPT = {line.strip() for path in REFERENCE.glob("*.py") for line in path.read_text("utf-8").splitlines()}


def test_the_catalogue_covers_every_item() -> None:
    assert len(PITFALLS) >= 60
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", id) and len(id) < 34 for id in PITFALLS)
    faults = {fault.costs[0] for fault in (*FAULTS, *FAULTS_IN_NETS)}
    coded = {id for id, item in ITEMS.items() if not item.suite}
    assert {item for mutation in MUTATIONS for item in mutation.costs} | faults == coded
    assert all(set(mutation.costs) <= set(ITEMS) for mutation in MUTATIONS)


def test_sentences_and_hints_are_fit_to_read() -> None:
    for pitfall in PITFALLS.values():
        assert re.fullmatch(r"(?s)[^A-Z].*[^.?!]", pitfall.does), pitfall.id
        assert 2 <= len(pitfall.hints) <= 3
        assert all(re.fullmatch(r"(?s).{15,150}[.?]", hint) for hint in pitfall.hints), pitfall.id
        assert len(set(pitfall.hints)) == len(pitfall.hints)
    sentences = [pitfall.does for pitfall in PITFALLS.values()]
    assert len(set(sentences)) >= len(sentences) - 1  # a trace and a walk may both confuse equal numbers


def test_sections_are_headings_of_the_lecture() -> None:
    text = (ROOT / "docs" / "micrograd.md").read_text("utf-8")
    anchors = {re.sub("[^a-z -]", "", title.lower()).replace(" ", "-") for title in re.findall("(?m)^##+ (.*)$", text)}
    assert {pitfall.section for pitfall in PITFALLS.values()} <= anchors


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "pitfalls.md").read_text("utf-8") == pitfalls_page(MUTATIONS), "run `make pitfalls`"


def test_neither_words_nor_kit_hold_code_of_a_solution_or_a_mistake() -> None:
    wrong = {line.strip() for m in MUTATIONS for _, old, new in m.changes for line in (old + "\n" + new).splitlines()}
    wrong = {line for line in wrong if (len(line) > 14 and "(" in line) or " = " in line}
    path = REFERENCE / "engine.py"
    text = path.read_text("utf-8")
    lines = text.split("\n")
    right = {line.strip() for r in regions(text, str(path), list(ITEMS)) for line in lines[r.begin : r.end - 1]}
    assert len(wrong) > 100 and len(right) > 20
    telling = wrong | {line for line in right if len(line) > 14}
    given = {line for line in telling if line in (ROOT / "student" / "micrograd" / "engine.py").read_text("utf-8")}
    words = (*Path(micrograd.__file__).parent.rglob("*.toml"), ROOT / "docs" / "pitfalls.md")
    assert len(words) == 7
    for shipped in (*(ROOT / "student").rglob("*"), *words):
        if shipped.is_file() and "__pycache__" not in shipped.parts:
            text = shipped.read_text("utf-8", "replace")
            allowed = {line for line in telling if line in given or (shipped.suffix == ".py" and line in _given())}
            assert [line for line in telling - allowed if line in text] == [], shipped


@functools.cache
def _given() -> str:
    """What students get ready-made."""
    return "".join(path.read_text("utf-8") for path in (ROOT / "student" / "micrograd").glob("*.py"))


def test_the_practice_exam_knows_pitfalls_by_fingerprint_alone() -> None:
    data = json.loads((ROOT / "student" / "practice-exam.json").read_text("utf-8"))
    prints = {print_: name for sheet in data["items"].values() for print_, name in sheet["pitfalls"].items()}
    assert set(prints.values()) == set(PITFALLS)
    assert all(re.fullmatch("[0-9a-f]{20}", print_) for print_ in prints)
    assert set(data["items"]["engine-mul"]) == {"questions", "answers", "pitfalls", "ladder", "notes"}


def test_an_exam_of_other_mistakes_is_another() -> None:
    exam = exams.get(PRACTICE_SEED)
    data = json.loads(exam.to_json())
    assert exam.is_like(Exam.from_json(json.dumps(data)))
    data["items"]["engine-mul"]["pitfalls"].popitem()
    assert not exam.is_like(Exam.from_json(json.dumps(data)))
    with pytest.raises(UserError):
        del data["items"]["engine-mul"]["pitfalls"]
        Exam.from_json(json.dumps(data))
