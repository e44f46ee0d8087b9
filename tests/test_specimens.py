"""What students' tests are tried on fits together: words, engines and mistakes; and what is planted in a student's own
package for practice can be planted in any, and tells nothing of the solution."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import types
from collections import Counter
from pathlib import Path

import pytest
from nightly import few

from autograder.courses.micrograd import load_items
from autograder.courses.micrograd.testing import patches, planting
from autograder.courses.micrograd.testing import specimens as choosing
from autograder.courses.micrograd.testing.specimens import specimens
from autograder.courses.micrograd.testing.words import GROUPS, Mistake, words
from autograder.errors import UserError
from autograder.exam.mutants import load_mutations
from autograder.exam.regions import regions

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "solutions" / "micrograd"
ENGINES = ROOT / "tests" / "engines"
HIDDEN = specimens(False)
PRACTICE = specimens(True)


# --- what there is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [HIDDEN, PRACTICE], ids=["hidden", "practice"])
def test_each_has_an_id_of_its_own_and_the_right_ones_come_first(chosen: list[choosing.Specimen]) -> None:
    assert max(Counter(each.id for each in chosen).values()) == 1
    groups = [each.group for each in chosen]
    assert list(dict.fromkeys(groups)) == ["", *GROUPS]
    assert groups == sorted(groups, key=["", *GROUPS].index)


def test_a_hidden_exam_has_all_engines_and_as_many_mistakes_as_a_good_suite_can_catch() -> None:
    count = Counter(each.group for each in HIDDEN)
    assert count.pop("") == 1 + len(list(ENGINES.iterdir()))
    assert all(8 <= each <= 12 for each in count.values()), count
    assert 55 <= count.total() <= 65


def test_whole_packages_hold_all_that_tests_may_import() -> None:
    modules = {path.name for path in REFERENCE.glob("*.py")}
    for each in HIDDEN:
        assert set(each.files) >= modules, each.id
        for name, text in each.files.items():
            compile(text, name, "exec")


def test_no_two_packages_are_alike() -> None:
    texts = [json.dumps(dict(each.files), sort_keys=True) for each in HIDDEN]
    assert len(set(texts)) == len(texts)


def test_words_complete_their_sentences() -> None:
    for each in (*HIDDEN, *PRACTICE):
        assert each.words == each.words.strip() and not each.words.endswith("."), each.id
        if each.group:
            assert re.fullmatch(r"(whose|that|in which) [^:]+: no test .+", each.words), each.id
        else:
            assert not each.words.startswith(("whose", "that")), each.id


def test_nothing_is_asked_that_is_bonus_or_not_graded() -> None:
    items = load_items()
    for group in GROUPS:
        for mistake in getattr(words(), group).values():
            cost = choosing._form(mistake, load_mutations()).costs[0]
            assert items[cost].assignment not in ("stretch", "derivative"), mistake.id


# --- words, engines and pitfalls that do not fit each other ---------------------------------------------------


@pytest.mark.parametrize("pitfall, form", [
    ("relu-leaks", "engine-add"), ("relu-leaks", "2 of engine-relu"), ("overwrites-gradient", "backprop-mul"),
    ("overwrites-gradient", "4 of backprop-mul"), ("overwrites-gradient", "0 of backprop-mul"), ("relu-leaks", "?!"),
])  # fmt: skip
def test_a_form_that_there_is_not_is_told(pitfall: str, form: str) -> None:
    with pytest.raises(UserError, match=r"^mistakes\.toml, mine: of the pitfall .*: mend it$"):
        choosing._form(Mistake("mine", pitfall, form, "whose …"), load_mutations())


def test_engines_and_what_is_said_of_them_must_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = tmp_path / "tests" / "engines"
    for path in ENGINES.iterdir():
        (engines / path.name / "micrograd").mkdir(parents=True)
    monkeypatch.setattr(choosing, "project_root", lambda: tmp_path)
    assert len(specimens(False)) == len(HIDDEN)
    (engines / "another" / "micrograd").mkdir(parents=True)
    with pytest.raises(UserError, match="do not agree about another"):
        specimens(False)
    for folder in ("another", "kahn"):
        (engines / folder / "micrograd").rmdir()
        (engines / folder).rmdir()
    with pytest.raises(UserError, match="do not agree about kahn"):
        specimens(False)


# --- practice -----------------------------------------------------------------------------------------------

# What holds of every right package; the patch of this name, and only that, has it not hold any more.
CHECKS = {
    "relu_lets_through": "Value(-2.0).relu().data == 0",
    "minus_turned": "(3 - Value(2.0)).data == 1",
    "product_changes_its_operand": "a, b = Value(2.0), Value(3.0); a * b; a.data == 2",
    "right_factor_gets_nothing": "a, b = Value(2.0), Value(3.0); (a * b).backward(); b.grad == 2",
    "slope_of_powers": "a = Value(2.0); (a**3).backward(); a.grad == 12",
    "tanh_as_root_only": "a = Value(0.0); (a.tanh() * 3).backward(); a.grad == 3",
    "one_way_each": "a = Value(2.0); b = a.relu(); (b.relu() + b.exp() * 0).backward(); a.grad == 1",
    "left_operands_only": "a, b = Value(2.0), Value(3.0); (a + b.relu()).backward(); b.grad == 1",
    "by_distance": "a = Value(2.0); b = a.relu(); (b + b.relu().relu()).backward(); a.grad == 2",
    "sums_overwrite": "a, b = Value(2.0), Value(3.0); a.grad = 5.0; (a + b).backward(); a.grad == 6",
    "leaves_cleared": "a = Value(2.0); a.grad = 5.0; a.relu().backward(); a.grad == 6",
    "no_bias": "n = nn.Neuron(1); n.w[0].data, n.b.data = 2.0, 3.0; n([1.0]).data == 5",
    "last_layer_bent": "not nn.MLP(2, [2, 1]).layers[-1].neurons[0].nonlin",
    "copies_for_parameters": "n = nn.Neuron(2); list(n.parameters()) == [*n.w, n.b]",
    "sum_of_squares": "train.mse_loss([Value(1.0), Value(3.0)], [2.0, 0.0]).data == 5",
    "uphill": "p = Value(1.0); p.grad = 2.0; train.SGD([p], lr=0.5).step(); p.data == 0",
    "zero_is_positive": "train.accuracy([Value(0.0)], [-1]) == 1",
}
_SHOWS_TOO = {
    "product_changes_its_operand": {"right_factor_gets_nothing", "sum_of_squares"},
    "one_way_each": {"by_distance"},
    "left_operands_only": {"by_distance"},
    "leaves_cleared": {"sums_overwrite"},
}
TRIAL = """
import importlib, json, sys
folder, checks, names, patches = sys.argv[1], *map(json.loads, sys.argv[2:4]), sys.argv[4]
sys.path.insert(0, folder)
found = {}
for name in names:
    for module in [module for module in sys.modules if module.partition(".")[0] == "micrograd"]:
        del sys.modules[module]
    package = importlib.import_module("micrograd")
    if name:
        getattr(importlib.import_module(patches), name)(package)
    scope = {"nn": importlib.import_module("micrograd.nn"), "train": importlib.import_module("micrograd.train")}
    scope["Value"] = importlib.import_module("micrograd.engine").Value
    found[name] = []
    for check, text in checks.items():
        *steps, last = text.split("; ")
        exec("\\n".join(steps), scope)
        if not eval(last, scope):
            found[name].append(check)
print(json.dumps(found))
"""


def tried(folder: Path, names: list[str]) -> dict[str, list[str]]:
    """For each of these patches, the checks that do not hold any more."""
    command = [sys.executable, "-c", TRIAL, str(folder), json.dumps(CHECKS), json.dumps(names), choosing.PATCHES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def patch_of(each: choosing.Specimen) -> str:
    return each.patch.rpartition(":")[2]


def test_there_is_a_check_for_each_mistake() -> None:
    assert list(CHECKS) == [patch_of(each) for each in PRACTICE if each.group]
    assert all(inspect.isfunction(getattr(patches, patch_of(each))) for each in PRACTICE[1:])


@pytest.mark.parametrize(
    "folder", few([REFERENCE.parent, *sorted(ENGINES.iterdir())], 4), ids=lambda folder: folder.name
)
def test_each_mistake_can_be_planted_in_an_engine_of_any_make_and_no_more_than_that(folder: Path) -> None:
    right = [patch_of(each) for each in PRACTICE if not each.group]
    found = tried(folder, [*right, *CHECKS])
    assert {name: found.pop(name) for name in right} == {name: [] for name in right}
    for name, failed in found.items():
        assert name in failed, name
        assert {*failed} - {name} <= _SHOWS_TOO.get(name, set()), name


def test_who_practises_is_given_nothing_of_the_reference() -> None:
    assert not [each.id for each in PRACTICE if each.files]
    assert PRACTICE[0] == choosing.Specimen("own", words="is your own")
    hidden = set()
    for path in REFERENCE.glob("*.py"):
        lines = path.read_text("utf-8").split("\n")
        for region in regions("\n".join(lines), path.name, list(load_items())):
            hidden |= {line.strip() for line in lines[region.begin : region.end - 1]}
    telling = {line for line in hidden if len(line) > 12}
    assert len(telling) > 50
    for module in (patches, planting):
        assert {line.strip() for line in inspect.getsource(module).split("\n")} & telling == set()


def test_a_mistake_cannot_be_planted_where_nothing_is_written() -> None:
    class Value:
        grad = 0.0

    package = types.ModuleType("nothing_yet")
    package.__path__ = []  # type: ignore[attr-defined]
    engine = types.ModuleType("nothing_yet.engine")
    engine.Value = Value  # type: ignore[attr-defined]
    sys.modules |= {"nothing_yet": package, "nothing_yet.engine": engine}
    try:
        for each in PRACTICE:
            if each.group:
                with pytest.raises(LookupError, match="in which a mistake could be planted"):
                    getattr(patches, patch_of(each))(package)
    finally:
        del sys.modules["nothing_yet"], sys.modules["nothing_yet.engine"]
