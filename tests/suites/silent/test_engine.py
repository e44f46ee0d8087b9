from micrograd.engine import Value


def test_add():
    Value(2.0) + Value(3.0)


def test_walk():
    a, b = Value(2.0), Value(3.0)
    print(a * b + a)


def test_backward():
    try:
        (Value(2.0) * Value(3.0)).backward()
    except Exception:
        pass
