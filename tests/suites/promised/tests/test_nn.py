"""What the API reference promises of nets and training, as students like to ask for it: no right engine may fail a test of these."""

import random

import pytest

from micrograd.engine import Value
from micrograd.nn import MLP, Layer, Module, Neuron
from micrograd.train import SGD, accuracy, mse_loss, hinge_loss, l2_penalty, linear_decay, train_step, fit
from micrograd.data import make_moons


def test_number():
    assert len(MLP(2, [16, 16, 1]).parameters()) == 337


def test_module_empty():
    assert Module().parameters() == []


def test_all_values():
    assert all(isinstance(p, Value) for p in MLP(2, [3, 1]).parameters())


def test_neuron_list_weights():
    n = Neuron(2)
    n.w = [Value(1.0), Value(-2.0)]
    n.b = Value(0.5)
    assert n([3.0, 1.0]).data == 1.5
    assert n([Value(0.0), Value(1.0)]).data == 0.0


def test_neuron_params_equal():
    n = Neuron(3)
    assert n.parameters() == n.w + [n.b]


def test_neuron_params_index():
    n = Neuron(3)
    assert n.parameters()[-1] is n.b
    assert n.parameters()[0] is n.w[0]


def test_weights_range():
    assert all(-1 <= w.data <= 1 for w in Neuron(10).w)


def test_bias_zero():
    assert Neuron(10).b.data == 0


def test_weights_seed():
    random.seed(3)
    n = Neuron(2)
    random.seed(3)
    assert [w.data for w in n.w] == [random.uniform(-1, 1), random.uniform(-1, 1)]


def test_layer_out():
    l = Layer(2, 3)
    out = l([1.0, 2.0])
    assert isinstance(out, list)
    assert len(out) == 3


def test_layer_one():
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)


def test_layer_neurons():
    assert len(Layer(2, 3).neurons) == 3


def test_mlp_layers():
    m = MLP(2, [3, 1])
    assert len(m.layers) == 2
    assert m.layers[-1].neurons[0].nonlin is False or not m.layers[-1].neurons[0].nonlin


def test_zero():
    m = MLP(2, [3, 1])
    m([1.0, 2.0]).backward()
    m.zero_grad()
    for p in m.parameters():
        assert p.grad == 0


def test_train_eval():
    m = MLP(2, [3, 1], dropout=0.5)
    assert m.training
    assert m.eval() is m
    assert not m.training and not m.layers[0].training and not m.layers[0].neurons[0].training
    m.train()
    assert m.layers[0].neurons[0].training is True


def test_repr():
    assert repr(Neuron(2)) == 'ReLUNeuron(2)'


def test_repr_mlp():
    assert 'MLP of [' in repr(MLP(2, [3, 1]))


def test_mse():
    assert mse_loss([Value(1.0), Value(2.0)], [0.0, 4.0]).data == 2.5


def test_hinge():
    assert hinge_loss([Value(0.5), Value(-2.0)], [1, 1]).data == pytest.approx(1.75)


def test_l2():
    assert l2_penalty([Value(1.0), Value(2.0)], 0.1).data == pytest.approx(0.5)


def test_accuracy():
    assert accuracy([Value(1.0), Value(-1.0)], [1, 1]) == 0.5


def test_decay():
    assert linear_decay(0, 100) == 1.0
    assert linear_decay(50, 100) == pytest.approx(0.55)


def test_sgd():
    p = Value(1.0)
    p.grad = 2.0
    SGD([p], lr=0.1).step()
    assert p.data == pytest.approx(0.8)


def test_sgd_attr():
    o = SGD([Value(1.0)], lr=0.1)
    assert o.lr == 0.1


def test_sgd_params_attr():
    p = Value(1.0)
    o = SGD([p], lr=0.1)
    assert list(o.parameters) == [p]


def test_train_step():
    random.seed(0)
    m = MLP(1, [1])
    o = SGD(m.parameters(), lr=0.1)
    first = train_step(m, [[1.0], [2.0]], [1.0, 2.0], mse_loss, o)
    second = train_step(m, [[1.0], [2.0]], [1.0, 2.0], mse_loss, o)
    assert isinstance(first, float) and second < first


def test_fit():
    random.seed(0)
    m = MLP(1, [1])
    losses = fit(m, [[1.0]], [2.0], mse_loss, SGD(m.parameters(), lr=0.1), 10)
    assert len(losses) == 10 and losses[-1] < losses[0]


def test_moons():
    points, labels = make_moons(10)
    assert len(points) == len(labels) == 10


def test_dropout_zero():
    random.seed(1)
    n = Neuron(1, nonlin=False, dropout=0.5)
    n.w[0].data = 1.0
    got = {n([1.0]).data for _ in range(50)}
    assert got == {0.0, 2.0}


def test_modules():
    assert issubclass(MLP, Module) and issubclass(Layer, Module)


def test_children():
    m = MLP(2, [3, 1])
    assert list(m.children()) == list(m.layers)
