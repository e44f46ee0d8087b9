"""A good suite of twenty tests of an engine and its nets, as a student may write it."""

import math
import random

import pytest
from micrograd.engine import Value
from micrograd.nn import MLP, Layer, Neuron

H = 1e-6


def slope(f, x):
    return (f(x + H) - f(x - H)) / (2 * H)


@pytest.mark.parametrize(
    "f, expected",
    [
        (lambda a, b: a + b, 5.0),
        (lambda a, b: a - b, -1.0),
        (lambda a, b: a * b, 6.0),
        (lambda a, b: a / b, 2 / 3),
        (lambda a, b: 10 - a, 8.0),
        (lambda a, b: 10 / a, 5.0),
        (lambda a, b: 10 + a, 12.0),
        (lambda a, b: 10 * a, 20.0),
        (lambda a, b: a**3, 8.0),
        (lambda a, b: -a, -2.0),
    ],
)
def test_forward(f, expected):
    assert f(Value(2.0), Value(3.0)).data == pytest.approx(expected)


@pytest.mark.parametrize("name, f", [("tanh", math.tanh), ("exp", math.exp), ("log", math.log)])
@pytest.mark.parametrize("x", [0.3, 1.7])
def test_functions(name, f, x):
    v = Value(x)
    out = getattr(v, name)()
    assert out.data == pytest.approx(f(x))
    out.backward()
    assert v.grad == pytest.approx(slope(f, x), rel=1e-4)


@pytest.mark.parametrize("x, data, grad", [(-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (3.0, 3.0, 1.0)])
def test_relu(x, data, grad):
    v = Value(x)
    out = v.relu()
    out.backward()
    assert out.data == data
    assert v.grad == grad


def test_gradients_of_two_operands():
    a, b = Value(2.0), Value(-3.0)
    (a * b + a / b - b).backward()
    assert a.grad == pytest.approx(-3 - 1 / 3)
    assert b.grad == pytest.approx(2 - 2 / 9 - 1)


def test_upstream_gradient():
    a = Value(2.0)
    (3 * (a * a).tanh() + 2 * a.exp()).backward()
    assert a.grad == pytest.approx(slope(lambda x: 3 * math.tanh(x * x) + 2 * math.exp(x), 2.0), rel=1e-4)


def test_power():
    a = Value(3.0)
    (2 * a**3).backward()
    assert a.grad == pytest.approx(54.0)


def test_used_twice():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0


def test_product_with_itself():
    a = Value(3.0)
    (a * a).backward()
    assert a.grad == 6.0


def test_diamond():
    a = Value(2.0)
    b = a + 1
    c = b * b
    d = c * b + a
    d.backward()
    assert a.grad == pytest.approx(28.0)


def test_long_diamond():
    a = Value(1.0)
    x = a
    for _ in range(6):
        x = x + x
    x.backward()
    assert a.grad == 64.0


def test_leaves_add_up():
    a = Value(2.0)
    (a * 3).backward()
    (a * 4).backward()
    assert a.grad == 7.0


def test_operands_stay():
    a, b = Value(2.0), Value(3.0)
    _ = a + b, a * b, a - b, a / b, a**2
    assert (a.data, b.data) == (2.0, 3.0)
    assert (a.grad, b.grad) == (0.0, 0.0)


@pytest.fixture
def net():
    random.seed(1)
    return MLP(2, [3, 1])


def test_parameters(net):
    assert len(net.parameters()) == 3 * 3 + 4
    assert len(Layer(2, 3).parameters()) == 9
    assert len({id(p) for p in net.parameters()}) == 13


def test_zero_grad(net):
    net([1.0, 2.0]).backward()
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [0.0] * 13


def test_neuron():
    n = Neuron(2, nonlin=False)
    w1, w2, b = n.parameters()
    w1.data, w2.data, b.data = 2.0, -3.0, 0.5
    assert n([1.0, 2.0]).data == pytest.approx(-3.5)


def test_neuron_is_cut_off():
    n = Neuron(1)
    w, b = n.parameters()
    w.data, b.data = -1.0, 0.0
    assert n([2.0]).data == 0.0


def test_last_layer_is_linear():
    net = MLP(1, [1])
    w, b = net.parameters()
    w.data, b.data = -1.0, 0.0
    assert net([2.0]).data == -2.0


def test_training_lowers_the_loss(net):
    xs, ys = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1.0, -1.0, 0.5]

    def loss():
        return sum((net(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))

    first = loss().data
    for _ in range(20):
        net.zero_grad()
        loss().backward()
        for p in net.parameters():
            p.data -= 0.02 * p.grad
    assert loss().data < first
