"""The parts of a student's nets: where they are, and how they get their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.phrase import N_, Phrase
from autograder.sandbox.inside.sitting import WrongKind, describe

_kind = type  # student code may rebind builtins; this was bound before it ran


class Weights:
    """Stands for all weights of a neuron, a layer or a net, whose numbers can be read, and gradients asked for."""

    def __init__(self, net: Any):
        self.net = net

    def numbers(self, Value: Any) -> list[Any]:
        """Neuron by neuron, the bias last."""
        layers = getattr(self.net, "layers", [self.net])
        neurons = [neuron for layer in layers for neuron in getattr(layer, "neurons", [layer])]
        return [number_in(value, Value) for neuron in neurons for value in (*neuron.w, neuron.b)]


def number_in(value: Any, Value: Any) -> Any:
    if not isinstance(value, Value):
        raise WrongKind(Phrase("where a Value should be, yours is {what}", what=describe(value)))
    return value.data


def layers_of(net: Any) -> Any:
    if not hasattr(net, "layers"):
        raise WrongKind(Phrase("an MLP should have its layers in .layers; {has}", has=_has(net)))
    return net.layers


def neurons_of(layer: Any) -> Any:
    if not hasattr(layer, "neurons"):
        said, name = N_("a {name} should have its neurons in .neurons; {has}"), _kind(layer).__name__
        raise WrongKind(Phrase(said, name=name, has=_has(layer)))
    return layer.neurons


def _has(thing: Any) -> str:
    """What attributes an object has, in words."""
    names = [str(name) for name in getattr(thing, "__dict__", ())]
    return Phrase("yours has {names}", names=", ".join(names[:6])) if names else Phrase("yours has none")


def holds(parts: list[Any], cls: Any) -> bool:
    return any(isinstance(part, cls) for part in parts)


def exchange(whole: Any, name: str, parts: list[Any]) -> None:
    """Put other parts in the place of those that a net or a layer has, in whatever holds them."""
    held = getattr(whole, name)
    if isinstance(held, list):
        held[:] = parts
    else:
        setattr(whole, name, _kind(held)(parts))


def in_use(net: Any) -> Any:
    """A net with dropout switched off, where it can be."""
    if hasattr(net, "eval"):
        net.eval()
    return net


def weigh(neuron: Any, weights: Sequence[float]) -> None:
    """Give a neuron its weights and, last, its bias."""
    if not (hasattr(neuron, "w") and hasattr(neuron, "b")):
        name = _kind(neuron).__name__
        said = N_("a {name} should have its weights in .w and its bias in .b; {has}")
        raise WrongKind(Phrase(said, name=name, has=_has(neuron)))
    for value, number in zip((*neuron.w, neuron.b), weights):  # noqa: B905 - the answer will show what is missing
        value.data = number


def weigh_all(net: Any, layers: Sequence[Sequence[Sequence[float]]]) -> None:
    """Give all neurons of a net their weights, as far as there are any."""
    for layer, neurons in zip(layers_of(net), layers):  # noqa: B905 - the answer will show what is missing
        for neuron, weights in zip(neurons_of(layer), neurons):  # noqa: B905
            weigh(neuron, weights)


def options_of(nonlin: bool = True, dropout: float = 0.0) -> dict[str, Any]:
    """Those that are not as they are anyway: a student's class need not know the others."""
    return ({} if nonlin else {"nonlin": nonlin}) | ({"dropout": dropout} if dropout else {})
