from .engine import Value


def as_row(x):
    """A single Value counts as a row of one."""
    return [x] if isinstance(x, Value) else x


def total(values):
    return sum(values, start=Value(0.0))


def mean(values):
    values = list(values)
    return total(values) / len(values)
