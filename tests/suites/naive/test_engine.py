from micrograd.engine import Value


def test_add():
    assert (Value(2.0) + Value(2.0)).data == 4.0


def test_mul():
    assert (Value(2.0) * Value(3.0)).data == 6.0


def test_pow():
    assert (Value(2.0) ** 2).data == 4.0


def test_relu():
    assert Value(3.0).relu().data == 3.0
    assert Value(-3.0).relu().data == 0.0


def test_backward():
    a = Value(2.0)
    b = Value(3.0)
    (a * b).backward()
    assert a.grad == 3.0
    assert b.grad == 2.0
