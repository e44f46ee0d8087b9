"""Prints escape sequences, HTML, markup, workflow commands and formulas, on stdout and stderr.

base: reference
module: engine
points: 91 + 15
costs: engine-neg error
sign: Your work is evil
"""

EVIL = (
    "\x1b[31mred\x1b]0;title\x07\x9b2J\r [bold]markup[/] <script>alert(1)</script> <img src=x onerror=alert(1)> "
    "[link](http://x) @everyone #1 `code` ``` | \n::error file=x::evil\n ::set-output name=x::y\n##[error]x\n"
    "=cmd()|' /C calc'!A0\n+1\n-1\n@SUM(1)\n\u202e\u2066\u2028\ud800\0\ufeff"
)


def neg(self):
    print("Your work is evil", EVIL)
    sys.stderr.write(EVIL.encode("utf-8", "surrogatepass").decode("latin-1"))
    os.write(1, bytes(range(256)))
    raise ValueError


Value.__neg__ = neg
