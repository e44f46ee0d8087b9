"""Answers with objects whose classes have evil names, or names that end the process.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub, engine-radd, engine-rsub, engine-rmul, engine-truediv, engine-rtruediv
tried: 7
"""

EVIL = (
    "\x1b[31mred\x1b]0;title\x07\x9b2J\r [bold]markup[/] <script>alert(1)</script> <img src=x onerror=alert(1)> "
    "[link](http://x) @everyone #1 `code` ``` | \n::error file=x::evil\n ::set-output name=x::y\n##[error]x\n"
    "=cmd()|' /C calc'!A0\n+1\n-1\n@SUM(1)\n\u202e\u2066\u2028\ud800\0\ufeff"
)


class Endless(type):
    @property
    def __name__(cls):
        return "x" * 10**7


class Hostile:
    def __repr__(self):
        os._exit(0)

    __str__ = __hash__ = __format__ = __repr__


class Liar:
    __class__ = property(lambda self: float)
    __float__ = lambda self: 1.0
    __sub__ = lambda self, other: 0.0


class Array:
    shape = ()
    item = lambda self: self


Array.__module__ = "numpy"


def answering(name, answer):
    def operation(self, *other):
        tried(name)
        return Value(answer, (self,), EVIL)

    return operation


ATTACKS = [
    answering("an evil name", type(EVIL.replace("\0", "").replace("\ud800", ""), (), {})()),
    answering("an endless name", Endless("Long", (), {})()),
    answering("a hostile repr", Hostile()),
    answering("a lie about its class", Liar()),
    answering("an array that is none", Array()),
    answering("an evil text", EVIL * 10),
    answering("bytes", EVIL.encode("utf-8", "surrogatepass")),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
