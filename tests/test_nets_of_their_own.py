"""Nets that are built otherwise than the kit's: what is right in them counts, and what is wrong is told as it is seen
there, and not as the lab's own pieces show it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from nightly import few
from planting import REFERENCE

from autograder.courses.micrograd import load_items
from autograder.exam.paper import Exam
from autograder.grading.grader import Grader
from autograder.report import ItemResult
from autograder.sandbox.launcher import choose

_CHANGES = Mapping[str, Sequence[tuple[str, str]]]
_LAYERS = "        self.layers = [Layer(i, o, **kwargs) for i, o in zip(sizes, sizes[1:-1])]\n"
_LAST = "        self.layers.append(Layer(*sizes[-2:], nonlin=False))\n"
_NEURON = "def __init__(self, nin, nonlin=True, dropout=0.0)"
_NEURONS = "[Neuron(nin, **kwargs) for _ in range(nout)]"
_RELU = "        if self.nonlin:\n            out = out.relu()\n"
_NN = [id for id in load_items() if id.startswith("nn-")]


@pytest.fixture(scope="module")
def grader(exam: Exam) -> Iterator[Grader]:
    with Grader(exam, choose("auto")) as grader:
        yield grader


def graded(grader: Grader, folder: Path, changes: _CHANGES, only: Sequence[str] = tuple(_NN)) -> dict[str, ItemResult]:
    """What the reference gets when each text is put in another's place."""
    shutil.copytree(REFERENCE, folder / "micrograd")
    for module, pairs in changes.items():
        path = folder / "micrograd" / f"{module}.py"
        text = path.read_text("utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
    return {item.id: item for item in grader.grade("ada", folder, only=only).items}


def lost(results: Mapping[str, ItemResult]) -> set[str]:
    return {id for id, item in results.items() if item.status in ("failed", "error")}


def pasted(item: ItemResult, folder: Path) -> str:
    """What the lines of a message print, or how they end."""
    done = subprocess.run(
        [sys.executable, "-c", item.reproduce], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("of, right", [
    ("neuron", "self.w + [self.b]"),
    ("layer", "[p for n in self.neurons for p in n.parameters()]"),
    ("mlp", "[p for layer in self.layers for p in layer.parameters()]"),
])  # fmt: skip
@pytest.mark.parametrize("how", few(["self.parameters = {}\n        return self.parameters",
                                 "self.ps = [*getattr(self, 'ps', []), *{}]\n        return self.ps"], 1))  # fmt: skip
def test_parameters_can_be_asked_for_again(grader: Grader, tmp_path: Path, of: str, right: str, how: str) -> None:
    results = graded(grader, tmp_path, {"nn": [(f"return {right}", how.format(right))]})
    assert lost(results) == {f"nn-{of}-parameters"}
    item = results[f"nn-{of}-parameters"]
    if "self.parameters" in how:
        assert "`parameters()` works only once" in item.message
        assert "'list' object is not callable" in pasted(item, tmp_path)


@pytest.mark.parametrize("classes, said", [
    (("MLP",), "MLP has no zero_grad: should it be a Module?"),
    (("Layer", "MLP"), "Layer and MLP have no zero_grad: should they be Modules?"),
    (("Neuron",), "Neuron has no zero_grad: should it be a Module?"),
])  # fmt: skip
def test_a_net_should_be_a_module(grader: Grader, tmp_path: Path, classes: Sequence[str], said: str) -> None:
    changes = [(f"class {name}(Module):", f"class {name}:\n    training = True") for name in classes]
    results = graded(grader, tmp_path, {"nn": changes})
    assert lost(results) == {"nn-zero-grad"}
    assert results["nn-zero-grad"].message.endswith(said)
    assert pasted(results["nn-zero-grad"], tmp_path) == f"{list(classes)}\n"


def test_a_net_of_its_own_zero_grad_is_asked(grader: Grader, tmp_path: Path) -> None:
    own = "class MLP(Module):\n    def zero_grad(self):\n        {}\n\n"
    results = graded(grader, tmp_path / "wrong", {"nn": [("class MLP(Module):\n", own.format("pass"))]})
    assert lost(results) == {"nn-zero-grad"}
    assert "MLP has a zero_grad of its own" in results["nn-zero-grad"].message
    right = own.format("for layer in self.layers:\n            layer.zero_grad()")
    assert lost(graded(grader, tmp_path / "right", {"nn": [("class MLP(Module):\n", right)]})) == set()


def test_zero_grad_does_not_wait_for_the_net(grader: Grader, tmp_path: Path) -> None:
    todo = [(_LAYERS + _LAST, "        raise NotImplementedError('nn-mlp')\n")]
    results = graded(grader, tmp_path, {"nn": todo})
    assert results["nn-zero-grad"].status == "passed" and results["nn-mlp"].status == "todo"


_OTHERWISE: dict[str, Sequence[tuple[str, str]]] = {
    "neurons with numbers": [
        (_NEURON, _NEURON.replace(")", ", nid=0)")),
        (_NEURONS, "[Neuron(nin, nid=nid, **kwargs) for nid in range(nout)]"),
    ],
    "an activation by its name": [
        (_NEURON, _NEURON.replace(")", ", act='relu')")),
        (_RELU, "        if self.nonlin and self.act == 'relu':\n            out = out.relu()\n"),
        ("self.nonlin = nonlin\n", "self.nonlin = nonlin and act == 'relu'\n        self.act = act\n"),
        (_LAST, "        self.layers.append(Layer(*sizes[-2:], act=None))\n"),
    ],
    "an activation in its place, which neurons alone know": [
        ("self.nonlin = nonlin\n", "self.bent = nonlin\n"),
        (_RELU, _RELU.replace("nonlin", "bent")),
        ("if self.nonlin else 'Linear'", "if self.bent else 'Linear'"),
        ("def __init__(self, nin, nout, **kwargs)", "def __init__(self, nin, nout, act='relu', **kwargs)"),
        (_NEURONS, "[Neuron(nin, **{'nonlin': act == 'relu', **kwargs}) for _ in range(nout)]"),
        (_LAST, "        self.layers.append(Layer(*sizes[-2:], 'none'))\n"),
    ],
    "other names for the sizes": [
        ("def __init__(self, nin, nout, **kwargs):\n",
         "def __init__(self, n_in, n_out, **kwargs):\n        nin, nout = n_in, n_out\n"),
        (_LAYERS, "        self.layers = [Layer(n_in=i, n_out=o, **kwargs) for i, o in zip(sizes, sizes[1:-1])]\n"),
    ],
    "a tuple of layers": [
        ("def __init__(self, nin, nout, **kwargs)", "def __init__(self, nin, nout, name='', **kwargs)"),
        (_LAST, "        self.layers = (*self.layers, Layer(*sizes[-2:], name='last', nonlin=False))\n"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("how", few(_OTHERWISE, 3))
def test_what_is_built_otherwise_costs_nothing(grader: Grader, tmp_path: Path, how: str) -> None:
    results = graded(grader, tmp_path, {"nn": _OTHERWISE[how]})
    assert {id: item.message for id, item in results.items() if item.status != "passed"} == {}


@pytest.mark.parametrize("name", ["Layers", "Linear"])
def test_a_class_of_another_name_is_missed_where_it_is_the_topic(grader: Grader, tmp_path: Path, name: str) -> None:
    results = graded(grader, tmp_path, {"nn": [("Layer(", f"{name}(")]})
    missed = {"nn-layer", "nn-layer-parameters"}
    assert {id for id, item in results.items() if item.status != "passed"} == missed
    for id in missed:
        assert results[id].status == "todo" and results[id].message.startswith("micrograd/nn.py should define Layer\n")
        assert f"defines `{name}`: is that the `Layer` that is asked for?" in results[id].message


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("options", few([True, False], 1))
def test_a_last_layer_like_the_others_is_told_with_its_own_numbers(
    grader: Grader, tmp_path: Path, activation: str, options: bool
) -> None:
    changes = [(_LAST, "        self.layers.append(Layer(*sizes[-2:]))\n"), ("out.relu()", f"out.{activation}()")]
    if not options:
        changes += [("if self.nonlin:", "if True:"), ("self.nonlin = nonlin\n", "pass\n"),
                    ("'ReLU' if self.nonlin else 'Linear'", "'Bent'")]  # fmt: skip
    item = graded(grader, tmp_path, {"nn": changes})["nn-mlp"]
    said = "the last layer should be linear (nonlin=False); out.data should be -3.25, yours is "
    assert item.status == "failed" and said in item.message
    assert round(float(item.message.split(said)[1].split()[0]), 9) == round(
        float(pasted(item, tmp_path).split("\n")[-2]), 9
    )


def test_an_output_in_a_list_is_shown_as_it_is(grader: Grader, tmp_path: Path) -> None:
    item = graded(grader, tmp_path, {"nn": [("return out[0] if len(out) == 1 else out", "return out")]})["nn-layer"]
    assert item.diagnosis == "list-of-one" and "out should be 7.0, yours is [7.0]" in item.message
    assert pasted(item, tmp_path).startswith("[Value(data=7.0")


@pytest.mark.parametrize("constructor", ["data, _children=(), _op=''", "data, _children=()"])
def test_a_gradient_behind_a_property_can_be_cleared_there(grader: Grader, tmp_path: Path, constructor: str) -> None:
    engine = [
        (".grad", "._grad"),
        ("def __init__(self, data, _children=(), _op='')", f"def __init__(self, {constructor})"),
        ("self._op = _op", "self._op = ''"),
        ("    def __repr__", "    @property\n    def grad(self):\n        return self._grad\n\n    def __repr__"),
    ]
    results = graded(grader, tmp_path, {"engine": engine, "nn": [("p.grad = 0.0", "p._grad = 0.0")]})
    assert results["nn-zero-grad"].status == "passed"


def test_a_number_within_something_else_stays_there(grader: Grader, tmp_path: Path) -> None:
    engine = [
        ("        self.data = data\n", "        self.array = numpy.array(data)\n"),
        ("import math\n", "import math\nimport numpy\n"),
        (
            "    def __repr__",
            "    @property\n    def data(self):\n        return self.array.data[()]\n\n    def __repr__",
        ),
    ]
    assert lost(graded(grader, tmp_path, {"engine": engine})) == set()


@pytest.mark.parametrize("method", few(["parameters", "forward"], 1))
def test_an_abstract_module_is_as_good(grader: Grader, tmp_path: Path, method: str) -> None:
    abstract = f"class Module(ABC):\n    @abstractmethod\n    def {method}(self):\n        pass\n"
    own = [("class Module:\n", f"from abc import ABC, abstractmethod\n\n\n{abstract}\n"),
           ("    def __repr__", "    def forward(self, x):\n        return self(x)\n\n    def __repr__")]  # fmt: skip
    if method == "parameters":
        start, given = "    def parameters(self):\n", '        """The Values that training changes, each once."""\n'
        own.append((f"{start}{given}        return []\n", ""))
    results = graded(grader, tmp_path, {"nn": own})
    assert {id: item.message for id, item in results.items() if item.status != "passed"} == {}


def test_weights_under_other_names_are_told(grader: Grader, tmp_path: Path) -> None:
    results = graded(grader, tmp_path, {"nn": [("self.w", "self.weights"), ("self.b", "self.bias")]})
    assert lost(results) == {"nn-neuron", "nn-neuron-parameters"}
    said = "a Neuron should have its weights in .w and its bias in .b; yours has weights, bias, nonlin, dropout"
    assert results["nn-neuron"].message.endswith(said)


def test_forward_alone_is_told(grader: Grader, tmp_path: Path) -> None:
    changes = [("def __call__", "def forward"), ("n(x)", "n.forward(x)"), ("layer(x)", "layer.forward(x)")]
    results = graded(grader, tmp_path, {"nn": changes})
    assert lost(results) == {"nn-mlp"}
    for id, name in {"nn-neuron": "Neuron", "nn-layer": "Layer"}.items():
        assert results[id].status == "todo" and f"{name} has no method __call__" in results[id].message
    assert results["nn-mlp"].message.endswith("MLP has no __call__ (it has forward)")


@pytest.mark.parametrize("module", few(["derivative", "trace", "nn", "train"], 2))
def test_what_is_not_there_is_still_to_be_written(grader: Grader, tmp_path: Path, module: str) -> None:
    shutil.copytree(REFERENCE, tmp_path / "micrograd")
    (tmp_path / "micrograd" / f"{module}.py").write_text("def learn():\n    pass\n")
    ids = [id for id, item in load_items().items() if item.uses == (module,) or item.target.startswith(f"{module}:")]
    results = {item.id: item for item in grader.grade("ada", tmp_path, only=ids).items}
    assert len(ids) >= 2
    assert {item.status for item in results.values()} <= {"todo", "blocked"}
    for item in results.values():
        if item.status == "todo":
            assert item.message.startswith((f"micrograd/{module}.py has no ", f"micrograd/{module}.py should define "))


def test_a_method_that_is_not_there_is_still_to_be_written(grader: Grader, tmp_path: Path) -> None:
    changes = {"train": [("def step(self)", "def update(self)")], "nn": [("def zero_grad(self)", "def forget(self)")]}
    ids = ["training-sgd-step", "nn-zero-grad"]
    results = graded(grader, tmp_path, changes, ids)
    assert {id: (item.status, item.message) for id, item in results.items()} == {
        "training-sgd-step": ("todo", "SGD has no method step"),
        "nn-zero-grad": ("todo", "Module has no method zero_grad"),
    }
