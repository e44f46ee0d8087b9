"""Raises exceptions with evil texts, names, functions, files and syntax.

base: reference
module: engine
points: 82 + 11
costs: engine-neg error, engine-sub error, engine-radd error, engine-rsub error, engine-rmul error, engine-truediv error, engine-rtruediv error
tried: 7
"""

EVIL = (
    "\x1b[31mred\x1b]0;title\x07\x9b2J\r [bold]markup[/] <script>alert(1)</script> <img src=x onerror=alert(1)> "
    "[link](http://x) @everyone #1 `code` ``` | \n::error file=x::evil\n ::set-output name=x::y\n##[error]x\n"
    "=cmd()|' /C calc'!A0\n+1\n-1\n@SUM(1)\n\u202e\u2066\u2028\ud800\0\ufeff"
)


def raising(name, act):
    def operation(self, *other):
        tried(name)
        act()
        raise ValueError

    return operation


def throw(error):
    raise error


def from_function():
    f = lambda: 1 / 0
    f.__code__ = f.__code__.replace(co_name=EVIL)
    f()


def from_file():
    exec(compile("def f(): raise ValueError", __file__ + "/../" + EVIL.replace("\0", ""), "exec"), globals())
    f()


ATTACKS = [
    raising("text", lambda: throw(ValueError(EVIL))),
    raising("name", lambda: throw(type(EVIL.replace("\0", "").replace("\ud800", ""), (Exception,), {})("x"))),
    raising("function", from_function),
    raising("file", from_file),
    raising("syntax", lambda: throw(SyntaxError(EVIL, ("/etc/shadow", 10**400, 1, EVIL)))),
    raising("its own words", lambda: throw(KeyError("passed", EVIL))),
    raising("the harness's exception", lambda: throw(type("WrongKinds", (Exception,), {})(EVIL * 99))),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
