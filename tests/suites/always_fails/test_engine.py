from micrograd.engine import Value


def test_nothing_is_ever_right():
    assert Value(2.0).data == 3.0


def test_it_raises():
    Value(1.0).backwards()
