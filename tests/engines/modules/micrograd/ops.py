"""Each function gives a number, and for each operand what a change of it does to that number."""

import math


def add(x, y):
    return x + y, (1.0, 1.0)


def mul(x, y):
    return x * y, (y, x)


def div(x, y):
    return x / y, (1 / y, -x / (y * y))


def relu(x):
    return (x, (1.0,)) if x > 0 else (0.0, (0.0,))


def tanh(x):
    t = math.tanh(x)
    return t, (1 - t * t,)


def exp(x):
    y = math.exp(x)
    return y, (y,)


def log(x):
    return math.log(x), (1 / x,)


def power(n):
    return lambda x: (x**n, (n * x ** (n - 1) if n else 0.0,))
