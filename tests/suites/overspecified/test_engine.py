"""Every test here asks for more than is promised, and fails on some engine that is right."""
from micrograd.engine import Value


def test_a_difference_is_a_sum():
    c = Value(2.0) - Value(3.0)
    assert c._op == "+"
    assert c.data == -1.0


def test_a_difference_has_two_parents():
    a, b = Value(2.0), Value(3.0)
    assert set((a - b)._prev) == {a, b}


def test_parents_are_a_set():
    a, b = Value(2.0), Value(3.0)
    assert (a * b)._prev == {a, b}


def test_parents_have_an_order():
    a, b = Value(2.0), Value(3.0)
    assert (a * b)._prev == (a, b)


def test_twins_are_one_parent():
    a = Value(2.0)
    assert len((a + a)._prev) == 1
    assert len((a + a)._prev) == len({a, a})


def test_minus_is_a_product():
    a = Value(2.0)
    assert (-a)._op == "*"
    assert (-a).data == -2.0


def test_repr_to_the_last_digit():
    a = Value(2.0)
    b = a / 3
    b.backward()
    assert repr(a) == "Value(data=2.0, grad=0.3333333333333333)"
    assert repr(b) == "Value(data=0.6666666666666666, grad=1.0)"


def test_quotient_to_the_last_bit():
    assert (Value(5.0) / Value(49.0)).data == 5.0 / 49.0


def test_rules_are_closures():
    out = Value(2.0) * Value(3.0)
    assert out._backward.__closure__ is not None


def test_results_are_of_the_very_class():
    assert type(Value(2.0) * Value(3.0)) is Value


def test_values_take_attributes():
    a = Value(2.0)
    a.label = "a"
    assert a.label == "a"


def test_interior_gradients_are_kept():
    a = Value(2.0)
    out = (a * 3) * 5
    out.backward()
    out.backward()
    assert a.grad == 30.0
