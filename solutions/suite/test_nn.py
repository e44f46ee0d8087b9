"""Tests of nets and their training, with weights that are written down."""
import random

import pytest
from micrograd.engine import Value
from micrograd.nn import MLP, Layer, Neuron
from micrograd.train import SGD, accuracy, hinge_loss, l2_penalty, linear_decay, mse_loss, train_step


def neuron(weights, bias, **options):
    made = Neuron(len(weights), **options)
    for w, number in zip(made.w, weights):
        w.data = number
    made.b.data = bias
    return made


# Nets

def test_neuron():
    assert neuron([2.0, -3.0], 0.5)([4.0, 1.0]).data == 5.5
    assert neuron([2.0, -3.0], 0.5)([1.0, 1.0]).data == 0  # -0.5 before relu
    assert neuron([2.0, -3.0], 0.5, nonlin=False)([1.0, 1.0]).data == -0.5
    assert neuron([2.0, -3.0], 4.0)([0.0, 1.0]).data == 1  # -3 before the bias


def test_gradient_reaches_weights_bias_and_inputs():
    n = neuron([2.0, -3.0], 0.5)
    x = [Value(4.0), Value(1.0)]
    n(x).backward()
    assert [w.grad for w in n.w] == [4, 1]
    assert n.b.grad == 1
    assert [xi.grad for xi in x] == [2, -3]


def test_parameters_are_the_weights_then_the_bias():
    n, layer, net = Neuron(3), Layer(3, 2), MLP(3, [2, 1])
    assert list(n.parameters()) == [*n.w, n.b]
    assert list(layer.parameters()) == [p for n in layer.neurons for p in [*n.w, n.b]]
    assert list(net.parameters()) == [p for layer in net.layers for n in layer.neurons for p in [*n.w, n.b]]


def test_layer_gives_what_each_neuron_gives():
    layer = Layer(2, 3, nonlin=False)
    outputs = layer([1.0, 2.0])
    assert [out.data for out in outputs] == [n([1.0, 2.0]).data for n in layer.neurons]
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)


def test_mlp_has_layers_of_these_sizes_and_the_last_is_linear():
    net = MLP(3, [4, 5, 2], dropout=0.25)
    assert [len(layer.neurons) for layer in net.layers] == [4, 5, 2]
    assert [len(layer.neurons[0].w) for layer in net.layers] == [3, 4, 5]
    assert [layer.neurons[-1].nonlin for layer in net.layers] == [True, True, False]
    assert [layer.neurons[-1].dropout for layer in net.layers] == [0.25, 0.25, 0]
    assert len({id(p) for p in net.parameters()}) == 16 + 25 + 12


def test_gradient_reaches_the_first_layer():
    net = MLP(1, [2, 2])
    for p in net.parameters():
        p.data = 1.0
    first, second = net([3.0])
    (first + 10 * second).backward()
    assert [p.grad for p in net.layers[0].parameters()] == [33, 11, 33, 11]


def test_zero_grad_clears_gradients_alone():
    net = MLP(2, [2, 1])
    before = [p.data for p in net.parameters()]
    for p in net.parameters():
        p.grad = 3.0
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [0] * 9
    assert [p.data for p in net.parameters()] == before


def test_dropout_is_for_training_and_keeps_the_mean():
    random.seed(1)
    n = neuron([3.0], 0.0, dropout=0.25)
    outputs = [n([1.0]).data for _ in range(80)]
    kept = [out for out in outputs if out]
    assert kept == pytest.approx([4.0] * len(kept))
    assert 48 < len(kept) < 72
    n.eval()
    assert [n([1.0]).data for _ in range(30)] == [3.0] * 30


# Training

def test_mse():
    p = [Value(1.0), Value(4.0)]
    loss = mse_loss(p, [2.0, 1.0])
    loss.backward()
    assert loss.data == 5
    assert [each.grad for each in p] == [-1, 3]


def test_hinge():
    s = [Value(0.5), Value(-0.5), Value(3.0), Value(0.25)]
    loss = hinge_loss(s, [1, -1, 1, -1])
    loss.backward()
    assert loss.data == (0.5 + 0.5 + 0 + 1.25) / 4
    assert [each.grad for each in s] == [-0.25, 0.25, 0, 0.25]


def test_l2():
    p = [Value(1.0), Value(-2.0)]
    loss = l2_penalty(p, alpha=0.5)
    loss.backward()
    assert loss.data == 2.5
    assert [each.grad for each in p] == [1, -2]


def test_accuracy():
    scores = [Value(0.25), Value(-2.0), Value(3.0), Value(0.0), Value(0.0)]
    assert accuracy(scores, [1, -1, -1, -1, -1]) == pytest.approx(0.8)


def test_sgd_steps_downhill_by_the_rate_of_now():
    p, q = Value(1.0), Value(2.0)
    optimizer = SGD([p, q], lr=0.1)
    p.grad, q.grad = 5.0, -10.0
    optimizer.step()
    assert [p.data, q.data] == pytest.approx([0.5, 3.0])
    optimizer.lr = 0.2
    optimizer.step()
    assert [p.data, q.data] == pytest.approx([-0.5, 5.0])
    assert [p.grad, q.grad] == [5, -10]
    optimizer.zero_grad()
    assert [p.grad, q.grad, q.data] == [0, 0, pytest.approx(5.0)]


def test_linear_decay():
    assert [linear_decay(k, 10) for k in (0, 5, 10)] == pytest.approx([1.0, 0.55, 0.1])
    assert [linear_decay(k, 4, start=3.0, end=1.0) for k in (0, 1, 4)] == pytest.approx([3.0, 2.5, 1.0])


def test_train_step_moves_once_and_tells_the_loss_before():
    n = neuron([1.0], 0.0, nonlin=False)
    optimizer = SGD(n.parameters(), lr=0.1)
    n.w[0].grad = 100.0  # left over
    loss = train_step(n, [[1.0], [3.0]], [0.0, 1.0], mse_loss, optimizer)
    assert isinstance(loss, float) and loss == pytest.approx(2.5)
    assert [n.w[0].data, n.b.data] == pytest.approx([0.3, -0.3])
    again = train_step(n, [[1.0], [3.0]], [0.0, 1.0], mse_loss, optimizer)
    assert again == pytest.approx(0.08)
    assert [n.w[0].data, n.b.data] == pytest.approx([0.42, -0.26])
