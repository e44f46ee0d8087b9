"""Gives graphs labels that are markup for graphviz and for browsers.

base: reference
module: trace
points: 98 + 20
costs: trace-dot failed
tried: 1
"""

EVIL = (
    "\x1b[31mred\x1b]0;title\x07\x9b2J\r [bold]markup[/] <script>alert(1)</script> <img src=x onerror=alert(1)> "
    "[link](http://x) @everyone #1 `code` ``` | \n::error file=x::evil\n ::set-output name=x::y\n##[error]x\n"
    "=cmd()|' /C calc'!A0\n+1\n-1\n@SUM(1)\n\u202e\u2066\u2028\ud800\0\ufeff"
)


def draw_dot(root, format="svg", rankdir="LR"):
    from graphviz import Digraph

    tried("labels")
    dot = Digraph()
    dot.node("<script>", EVIL.replace("\0", "").replace("\ud800", ""))
    dot.body.append('subgraph { URL="javascript:alert(1)" image="/etc/passwd" }')
    return dot
