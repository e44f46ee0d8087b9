"""The mistakes that are planted in a student's own package for practice, and what does no harm to it.

Each function is given the package and changes it in place, of whatever make it is. It raises LookupError where there is
nothing yet to be changed. Each spoils what the student's own code does, so that none tells how to do it right.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

from autograder.courses.micrograd.testing.planting import (
    OPERATIONS,
    Rule,
    in_place_of_rules,
    part,
    replace,
    set_for_now,
    shares,
)  # fmt: skip

Original = Callable[..., Any]

# --- no mistakes --------------------------------------------------------------------------------------------


def parents_in_lists(package: ModuleType) -> None:
    def changed(original: Original, self: Any, *operands: Any) -> Any:
        out = original(self, *operands)
        with suppress(AttributeError):  # a property stays as it is
            out._prev = list(out._prev)
        return out

    for name in OPERATIONS[:7]:
        replace(package, f"engine.Value.{name}", changed)


def data_as_floats(package: ModuleType) -> None:
    def changed(original: Original, self: Any, data: Any, *rest: Any, **more: Any) -> None:
        original(self, float(data) if isinstance(data, int) else data, *rest, **more)

    replace(package, "engine.Value.__init__", changed)


def longer_derivations(package: ModuleType) -> None:
    def changed(original: Original, *operands: Any) -> Any:
        out = original(*operands)
        try:
            return out * 1
        except NotImplementedError:  # products are still to do
            return out

    for name in ("__neg__", "__sub__", "__truediv__", "__rsub__", "__rtruediv__"):
        replace(package, f"engine.Value.{name}", changed)


# --- forward ------------------------------------------------------------------------------------------------


def relu_lets_through(package: ModuleType) -> None:
    def changed(original: Original, self: Any) -> Any:
        out = original(self)
        if self.data < 0:
            out.data = self.data
        return out

    replace(package, "engine.Value.relu", changed)


def minus_turned(package: ModuleType) -> None:
    def changed(original: Original, *operands: Any) -> Any:
        out = original(*operands)
        out.data = -out.data
        return out

    replace(package, "engine.Value.__rsub__", changed)


def product_changes_its_operand(package: ModuleType) -> None:
    def changed(original: Original, self: Any, other: Any) -> Any:
        out = original(self, other)
        self.data = out.data
        return out

    replace(package, "engine.Value.__mul__", changed)


# --- rules --------------------------------------------------------------------------------------------------


def right_factor_gets_nothing(package: ModuleType) -> None:
    def run(rule: Rule) -> None:
        before = shares(rule)
        for operand, grad in before[1:]:
            operand.grad = grad

    in_place_of_rules(package, run, "__mul__")


def slope_of_powers(package: ModuleType) -> None:
    def run(rule: Rule) -> None:
        for operand, grad in shares(rule):
            operand.grad = grad + (operand.grad - grad) * operand.data

    in_place_of_rules(package, run, "__pow__")


def tanh_as_root_only(package: ModuleType) -> None:
    def run(rule: Rule) -> None:
        above, rule.node.grad = rule.node.grad, 1.0
        rule.own()
        rule.node.grad = above

    in_place_of_rules(package, run, "tanh")


# --- the walk -----------------------------------------------------------------------------------------------


def one_way_each(package: ModuleType) -> None:
    def run(rule: Rule) -> None:
        for _ in range(max(1, rule.uses)):
            rule.own()

    in_place_of_rules(package, run, *OPERATIONS)


def left_operands_only(package: ModuleType) -> None:
    reached: set[int] | None = None  # while a walk lasts

    def run(rule: Rule) -> None:
        if reached is None:
            rule.own()
        elif id(rule.node) in reached:
            reached.update(id(each) for each in rule.operands[:1])
            rule.own()

    def backward(original: Original, self: Any) -> None:
        nonlocal reached
        reached = {id(self)}
        original(self)
        reached = None

    replace(package, "engine.Value.backward", backward)
    in_place_of_rules(package, run, *OPERATIONS)


def by_distance(package: ModuleType) -> None:
    found: list[Rule] | None = None  # while a walk lasts

    def run(rule: Rule) -> None:
        if found is None:
            rule.own()
        else:
            found.append(rule)

    def backward(original: Original, self: Any) -> None:
        nonlocal found
        rules: list[Rule] = []
        found = rules
        original(self)
        found = None
        distance = {id(self): 0}
        for rule in rules:
            further = distance.setdefault(id(rule.node), len(rules)) + 1
            for operand in rule.operands:
                distance[id(operand)] = min(further, distance.get(id(operand), further))
        for rule in sorted(rules, key=lambda rule: distance[id(rule.node)]):
            rule.own()

    replace(package, "engine.Value.backward", backward)
    in_place_of_rules(package, run, *OPERATIONS)


# --- what adds up -------------------------------------------------------------------------------------------


def sums_overwrite(package: ModuleType) -> None:
    def run(rule: Rule) -> None:
        for operand, grad in shares(rule):
            operand.grad -= grad

    in_place_of_rules(package, run, "__add__")


def leaves_cleared(package: ModuleType) -> None:
    met: set[int] | None = None  # while a walk lasts

    def run(rule: Rule) -> None:
        for operand in rule.operands:
            if met is not None and id(operand) not in met:
                met.add(id(operand))
                operand.grad = 0.0
        rule.own()

    def backward(original: Original, self: Any) -> None:
        nonlocal met
        met = set()
        original(self)
        met = None

    replace(package, "engine.Value.backward", backward)
    in_place_of_rules(package, run, *OPERATIONS)


# --- nets ---------------------------------------------------------------------------------------------------


def no_bias(package: ModuleType) -> None:
    value = part(package, "engine.Value")

    def changed(original: Original, self: Any, x: Any) -> Any:
        with set_for_now(self, "b", value(0.0)):
            return original(self, x)

    replace(package, "nn.Neuron.__call__", changed)


def last_layer_bent(package: ModuleType) -> None:
    def changed(original: Original, self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for neuron in self.layers[-1].neurons:
            neuron.nonlin = True

    replace(package, "nn.MLP.__init__", changed)


def copies_for_parameters(package: ModuleType) -> None:
    value = part(package, "engine.Value")

    def changed(original: Original, self: Any) -> Any:
        found = original(self)
        copies = [value(each.data) for each in found]
        return tuple(copies) if isinstance(found, tuple) else copies

    replace(package, "nn.Neuron.parameters", changed)


# --- training -----------------------------------------------------------------------------------------------


def sum_of_squares(package: ModuleType) -> None:
    def changed(original: Original, predictions: Any, targets: Any) -> Any:
        out = original(predictions, targets)
        out.data *= len(targets)
        return out

    replace(package, "train.mse_loss", changed)


def uphill(package: ModuleType) -> None:
    def changed(original: Original, self: Any) -> None:
        before = [each.data for each in self.parameters]
        original(self)
        for each, data in zip(self.parameters, before, strict=True):
            each.data = data + (data - each.data)

    replace(package, "train.SGD.step", changed)


def zero_is_positive(package: ModuleType) -> None:
    value = part(package, "engine.Value")

    def changed(original: Original, scores: Any, labels: Any) -> Any:
        moved = [value(1.0) if each.data == 0 else each for each in scores]
        return original(moved, labels)

    replace(package, "train.accuracy", changed)
