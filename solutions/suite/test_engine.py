"""Tests of an engine: each operation forward and backward, the walk, and what adds up."""
import pytest
from micrograd.engine import Value

# At a = 2 and b = -0.5: what an operation gives, and its derivatives with respect to a and to b.
OPERATIONS = {
    'a + b': (lambda a, b: a + b, 1.5, 1, 1),
    'a - b': (lambda a, b: a - b, 2.5, 1, -1),
    'a * b': (lambda a, b: a * b, -1, -0.5, 2),
    'a / b': (lambda a, b: a / b, -4, -2, -8),
    '-a': (lambda a, b: -a, -2, -1, 0),
    'a + 3': (lambda a, b: a + 3, 5, 1, 0),
    'a - 3': (lambda a, b: a - 3, -1, 1, 0),
    'a * 3': (lambda a, b: a * 3, 6, 3, 0),
    'a / 4': (lambda a, b: a / 4, 0.5, 0.25, 0),
    '3 + a': (lambda a, b: 3 + a, 5, 1, 0),
    '3 - a': (lambda a, b: 3 - a, 1, -1, 0),
    '3 * a': (lambda a, b: 3 * a, 6, 3, 0),
    '3 / a': (lambda a, b: 3 / a, 1.5, -0.75, 0),
    'a ** 3': (lambda a, b: a**3, 8, 12, 0),
    'b ** 3': (lambda a, b: b**3, -0.125, 0, 0.75),
    'a ** -2': (lambda a, b: a**-2, 0.25, -0.25, 0),
    'a ** 0.5': (lambda a, b: a**0.5, 1.4142135623730951, 0.35355339059327373, 0),
    'a.relu()': (lambda a, b: a.relu(), 2, 1, 0),
    'b.relu()': (lambda a, b: b.relu(), 0, 0, 0),
    'a.exp()': (lambda a, b: a.exp(), 7.38905609893065, 7.38905609893065, 0),
    'a.log()': (lambda a, b: a.log(), 0.6931471805599453, 0.5, 0),
    'b.tanh()': (lambda a, b: b.tanh(), -0.46211715726000979, 0, 0.7864477329659274),
}
each_operation = pytest.mark.parametrize('name', OPERATIONS)


# Forward

@each_operation
def test_result_and_operands(name):
    function, number, _, _ = OPERATIONS[name]
    a, b = Value(2.0), Value(-0.5)
    out = function(a, b)
    assert out.data == pytest.approx(number)
    assert (a.data, b.data) == (2.0, -0.5)


def test_in_place_operators_make_new_nodes():
    a = total = product = Value(2.0)
    total += Value(3.0)
    product *= Value(3.0)
    assert (a.data, total.data, product.data) == (2.0, 5.0, 6.0)


@pytest.mark.parametrize('function, op, parents', [
    (lambda a, b: a + b, '+', 'ab'),
    (lambda a, b: a * b, '*', 'ab'),
    (lambda a, b: a**3, '**3', 'a'),
    (lambda a, b: a.relu(), 'ReLU', 'a'),
    (lambda a, b: a.tanh(), 'tanh', 'a'),
    (lambda a, b: a.exp(), 'exp', 'a'),
    (lambda a, b: a.log(), 'log', 'a'),
])
def test_operations_remember_where_they_come_from(function, op, parents):
    values = {'a': Value(2.0), 'b': Value(3.0)}
    out = function(values['a'], values['b'])
    assert out._op == op
    assert set(out._prev) == {values[name] for name in parents}


# The rule of each operation, below a node that asks for three times its gradient

@each_operation
def test_rule(name):
    function, _, da, db = OPERATIONS[name]
    a, b = Value(2.0), Value(-0.5)
    (function(a, b) * 3).backward()
    assert a.grad == pytest.approx(3 * da)
    assert b.grad == pytest.approx(3 * db)


def test_relu_stops_the_gradient_at_zero():
    a = Value(0.0)
    a.relu().backward()
    assert a.grad == 0


# The walk

def test_gradients_start_at_zero_and_the_root_gets_one():
    a = Value(2.0)
    out = a * 3
    assert (a.grad, out.grad) == (0, 0)
    out.backward()
    assert (a.grad, out.grad) == (3, 1)


def test_both_operands_lead_further():
    a, b, c, d = Value(2.0), Value(3.0), Value(5.0), Value(7.0)
    ((a * b) * (c * d)).backward()
    assert [a.grad, b.grad, c.grad, d.grad] == [105, 70, 42, 30]


@pytest.mark.parametrize('function', [lambda near, far: near * far, lambda near, far: far * near])
def test_a_node_waits_for_the_longer_way(function):
    a = Value(2.0)
    near = a * 3
    far = (near + 1) * 5
    function(near, far).backward()  # 15 * (9 * a**2 + 3 * a) / 3
    assert near.grad == 65
    assert a.grad == 195


def test_two_diamonds_one_upon_the_other():
    a = Value(2.0)
    b = a * 3
    c = b * (b + 1)
    d = (c + 4) * c
    d.backward()
    assert c.grad == 2 * 42 + 4
    assert b.grad == 88 * 13
    assert a.grad == 88 * 13 * 3


def test_equal_numbers_are_not_one_node():
    a, b = Value(2.0), Value(3.0)
    ((a * b) * (a + 4)).backward()
    assert (a.grad, b.grad) == (24, 12)


# What adds up

@each_operation
def test_gradients_add_to_what_is_there(name):
    function, _, da, db = OPERATIONS[name]
    a, b = Value(2.0), Value(-0.5)
    a.grad, b.grad = 10.0, 20.0
    function(a, b).backward()
    assert a.grad == pytest.approx(10 + da)
    assert b.grad == pytest.approx(20 + db)


def test_a_value_with_itself():
    a, b = Value(3.0), Value(3.0)
    (a + a).backward()
    (b * b).backward()
    assert (a.grad, b.grad) == (2, 6)


def test_a_second_backward_adds_as_much_again():
    a, b = Value(2.0), Value(3.0)
    out = a * b
    out.backward()
    out.backward()
    assert out.grad == 1
    assert (a.grad, b.grad) == (6, 4)


def test_two_graphs_share_their_leaves():
    a, b = Value(2.0), Value(3.0)
    (a * b).backward()
    (a * 5 + b).backward()
    assert (a.grad, b.grad) == (8, 3)
