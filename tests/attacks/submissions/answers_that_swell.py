"""Answers of as many parts and as wide letters as one may have, which take most memory where they are read.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central
tried: 1
"""

WIDE = '["' + chr(0x1F600) + "a" * 3_900 + '"]'
MANY = "[" + "1.2345678, " * 300 + "{}" + "]"


def central_difference(f, x, h=1e-6):
    tried("swelling")
    harness("sandbox.inside.sitting").plain = lambda value, texts=[WIDE, MANY]: texts[len(NOTES) % 2]
    return x
