"""What students put into notebooks and beside them, and what nbgrader then shows and copies of it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import time
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import grades, hand_in, released_course, sample
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.apps.api import NbGraderAPI
from nightly import WHOLE, few
from test_course import nbgrader

from autograder.exam.paper import Exam
from autograder.nbgrader.course_folder import Course
from autograder.nbgrader.plain_files import read_timestamp
from autograder.nbgrader.sanitizer import clean, highlighted, markdown, plain_notebook

# --- what is shown

# Elements, attributes and addresses that do nothing: all that may come of what a student wrote.
ELEMENTS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {"alt", "title", "src", "width", "height", "colspan", "rowspan", "start", "style", "class"}


class Inspector(HTMLParser):
    """Collects what acts in a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.acts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.acts.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.acts.append(f"{name}={value}")
            elif name == "src" and not re.match(r"data:image/[a-z+]+;base64,|[\w -]+\.png$", value or ""):
                self.acts.append(f"src={value}")
            elif name == "style" and re.search(r"position|url|expression|fixed|top|-\d|\d{3}", value or ""):
                self.acts.append(f"style={value}")
            elif name == "class" and re.search(r"nav|modal|score|panel|comment|tabbable|btn", value or ""):
                self.acts.append(f"class={value}")


def acts(text: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(text)
    inspector.close()
    return inspector.acts


def shown(text: str, attachments: Any = None) -> str:
    return markdown({"cell": {"attachments": attachments or {}}}, text)


HARM = {
    "script": "<script>alert(1)</script>",
    "script in capitals": "<ScRiPt src=//e.vil/x.js></sCrIpT >",
    "handler": "<img src=x onerror=alert(1)>",
    "handler without a space": "<img/src=x/onerror=alert(1)>",
    "javascript link": "[x](javascript:alert(1)) <a href='jav&#x09;ascript:alert(1)'>x</a>",
    "data link": "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "link of our own": "[my derivation](/formgrader?path=/srv/submitted/eve)",
    "picture of our own": "![x](/formgrader?path=/srv/submitted/eve) ![x](../../../formgrader?path=x.png)",
    "picture from elsewhere": "![x](https://e.vil/x.png) ![x](//e.vil/x.png) ![x](\\\\e.vil\\x.png)",
    "picture up": "![x](../x.png) ![x](%2e%2e/x.png) ![x](a/../../x.png)",
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "half an svg": "<svg onload=alert(1)><script>alert(1)</script>",
    "svg in an attribute": "<a title='<svg ></svg>' onclick=alert(1)>x</a>",
    "svg that ends early": "<svg ></svg><script>alert(1)</script><svg ></svg >",
    "math": "<math><mtext><table><mglyph><style><img src onerror=alert(1)></style></table></mtext></math>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "template": "<template><script>alert(1)</script></template><xmp><img src=x onerror=alert(1)></xmp>",
    "comment": "<!--><img src=x onerror=alert(1)>--> <![CDATA[<img src=x onerror=alert(1)>]]>",
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
    "form": "<form action=/x><input name=score value=9><button formaction=javascript:alert(1)>x</button></form>",
    "head": "<base href=//e.vil><meta http-equiv=refresh content='0;url=//e.vil'><link rel=stylesheet href=//e.vil>",
    "end of the page": "</div></div></div></body></html><script>alert(1)</script>",
    "style": "<style>* {display: none}</style><p style='position:fixed;top:0;left:0'>x</p>",
    "style with a picture": "<p style='background-color:red;background:url(//e.vil)'>x</p>",
    "id of a score": "<span id='backprop-why-accumulate' class='score tabbable'>x</span>",
    "class of formgrader": "<div class='navbar-fixed-top modal panel'>x</div>",
    "fence": "```x' onmouseover=alert(1)\n<b>\n```\n\n```mermaid\n<img src=x onerror=alert(1)>\n```",
    "title": "![x](x.png 'a\" onerror=\"alert(1)')",
    "alt": '![" onerror="alert(1)](x.png)',
    "heading": "# <img src=x onerror=alert(1)>",
    "formula": "$<img src=x onerror=alert(1)>$ $$<script>alert(1)</script>$$",
    "environment": "\\begin{a}<script>alert(1)</script>\\end{a}",
    "table": "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "reference": "[x]: javascript:alert(1)\n\n[x]",
    "autolink": "<javascript:alert(1)> <https://e.vil/?<script>>",
    "nul": "<scr\0ipt>alert(1)</scr\0ipt><img src=x o\0nerror=alert(1)>",
    "entities": "&lt;script&gt;alert(1)&lt;/script&gt;",
}


@pytest.mark.parametrize("how", HARM)
def test_nothing_acts_in_markdown(how: str) -> None:
    assert acts(shown(HARM[how])) == []
    assert acts(clean(HARM[how])) == []
    assert acts(clean(HARM[how].encode())) == []


@pytest.mark.parametrize("how", HARM)
def test_nothing_acts_in_code(how: str) -> None:
    assert acts(highlighted(HARM[how])) == []
    assert acts(highlighted(f"%%html\n{HARM[how]}")) == []


@pytest.mark.parametrize(
    "data",
    [{"image/png": '"><script>alert(1)</script>'}, {"text/html": "PHNjcmlwdD4="}, {"image/svg+xml": "x' onerror='"}],
)
def test_nothing_acts_in_attachments(data: Any) -> None:
    cell = {"cell_type": "markdown", "source": "![x](attachment:x)", "attachments": {"x": data, 1: "a", "b": None}}
    (made,) = plain_notebook({"cells": [cell]}).cells
    assert acts(shown(made.source, made.get("attachments"))) == []
    assert acts(shown("![x](attachment:x)", {"x": data})) == []


def test_what_a_lesson_needs_is_shown() -> None:
    text = shown(
        "# Title\n\n*a* **b** `x < y` ~~c~~ $a < b$, $$\\int_0^1 x$$\n\n|a|b|\n|-:|-|\n|1|2|\n\n- x\n\n1. y\n\n> z\n\n"
        "```python\nfor x in y: pass\n```\n\n![p](attachment:p.png) ![plot](plot.png)\n\nx<sub>1</sub>\n\n"
        "[docs](https://docs.python.org)",
        {"p.png": {"image/png": "iVBORw0KGgo="}},
    )
    for part in (
        "<h1>Title</h1>", "<em>a</em>", "<strong>b</strong>", "<code>x &lt; y</code>", "<del>c</del>", "$a &lt; b$",
        "$$\\int_0^1 x$$", '<th style="text-align:right;">a</th>', "<td>2</td>", "<li>x</li>", "<ol>", "<blockquote>",
        '<span class="k">for</span>', '<img src="data:image/png;base64,iVBORw0KGgo=" alt="p">', "<sub>1</sub>",
        '<img src="plot.png" alt="plot">', "docs (https://docs.python.org)",
    ):  # fmt: skip
        assert part in text, part
    assert acts(text) == []
    assert '<span class="k">for</span>' in highlighted("for x in y: pass")


# Markup that makes a parser walk back and forth. By day one for each: of Markdown, of nested elements, of tables, of an
# element that does not end, and of an attribute.
MUCH = 30_000 if WHOLE else 15_000
LONG = [
    "[" * MUCH, "<b><i>" * 490 + "</b>" * 15, "<table>" * 999, "<svg " * (MUCH // 5) + "</svg>",
    "<b style='" + "color:red " * (MUCH // 11) + "!'>",
    "<" * MUCH, "<b>" * (MUCH // 3), "<a><p>" * 499, "> " * (MUCH // 2), "\\begin{a}" * (MUCH // 10), "&" * MUCH,
    "a." * (MUCH // 2),
]  # fmt: skip


@pytest.mark.parametrize("text", few(LONG, 5), ids=range(12))
def test_nothing_takes_long_to_show(text: str) -> None:
    started = time.process_time()
    assert acts(shown(text)) == []
    assert acts(highlighted(text)) == [] and acts(highlighted(f"%%perl\n{text}")) == []
    assert time.process_time() - started < 10 * (MUCH / 30_000) ** 2  # a quarter for who walks back and forth


def test_nothing_but_cells_of_the_right_form_is_left_of_a_notebook() -> None:
    odd: Any = [
        {"cell_type": "zzz", "type": "<script>", "source": "a"},
        {"cell_type": "code", "source": ["x", " = 1", 3], "execution_count": "<script>", "outputs": [
            {"output_type": "execute_result", "execution_count": "<script>", "data": {
                "text/plain": "4", "application/javascript": "alert(1)", "application/x": {}, "image/png": 3},
             "metadata": {"image/png": {"width": "1 onload=alert(1)"}}},
            {"output_type": "stream", "name": "x", "text": ["a"]}, {"output_type": "error", "traceback": ["<b>", 3]},
            {"output_type": "widget"}, 3]},
        {"cell_type": "markdown", "source": {"a": 1}, "id": "a b", "metadata": {"tags": ["<script>"], "nbgrader": []}},
        {"cell_type": "markdown", "source": "b", "id": "same", "metadata": {"nbgrader": {
            "grade_id": "ok", "points": "<b>", "grade": True, "comment": "<script>", "schema_version": 99}}},
        {"cell_type": "markdown", "source": "c", "id": "same", "metadata": {"nbgrader": {"grade_id": "<script>"}}},
        None, "x", 3,
    ]  # fmt: skip
    metadata = {"language_info": {"name": "x><script>"}, "widgets": {"a": 1}, "title": "<script>"}
    made = plain_notebook({"cells": odd, "metadata": metadata})
    nbformat.validate(made)
    assert "<script>" not in json.dumps(made)
    assert [cell.cell_type for cell in made.cells] == ["raw", "code", "markdown", "markdown", "markdown", *["raw"] * 3]
    assert made.cells[1].source == "x = 1" and made.cells[1].outputs[0].data == {"text/plain": "4", "image/png": ""}
    assert made.cells[3].metadata.nbgrader == {"grade_id": "ok", "grade": True, "schema_version": 99}
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    for nothing in (None, 3, [], {}, {"cells": None}):
        assert plain_notebook(nothing).cells == []
    long = plain_notebook({"cells": [{"cell_type": "markdown", "source": "x" * 40_000}] * 3_000})
    assert sum(len(cell.source) for cell in long.cells) < 400_000 and "characters more" in long.cells[0].source


# --- times


@pytest.mark.parametrize("text", [
    b"", b"   \n", b"\xff\xfe\x00", b"yesterday", b"<script>alert(1)</script>", b"2026-13-45 99:99:99", b"9" * 90,
    b"9" * 10**6, b"2026-01-01 00:00:00 /etc/passwd", b"2026-01-01 00:00:00 ../../../etc/shadow", b"1e999",
    b"0001-01-01 00:00:00 +9999", b"2026-01-01 00:00:00 " + b"A" * 90, "२०२६".encode(),
], ids=range(14))  # fmt: skip
def test_what_is_no_time_is_left_aside(text: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "timestamp.txt").write_bytes(text)
    with caplog.at_level(logging.WARNING):
        assert read_timestamp(tmp_path, logging.getLogger()) is None
    assert "left aside" in caplog.text and "<script>" not in caplog.text


def test_what_is_no_file_is_no_time(tmp_path: Path) -> None:
    path, log = tmp_path / "timestamp.txt", logging.getLogger()
    assert read_timestamp(tmp_path, log) is None
    path.mkdir()
    assert read_timestamp(tmp_path, log) is None
    path.rmdir()
    os.mkfifo(path)
    assert read_timestamp(tmp_path, log) is None
    path.unlink()
    (tmp_path / "real").write_text("2026-01-01 00:00:00 UTC")
    path.symlink_to("real")
    assert read_timestamp(tmp_path, log) is None
    path.unlink()
    path.symlink_to("/dev/zero")
    assert read_timestamp(tmp_path, log) is None
    path.unlink()
    path.symlink_to("nowhere")
    assert read_timestamp(tmp_path, log) is None


@pytest.mark.parametrize("text", [
    "2026-02-03 04:05:06 UTC", "2026-02-03 04:05:06.000000 UTC\n", "2026-02-03T04:05:06",
])  # fmt: skip
def test_nbgraders_own_times_count(text: str, tmp_path: Path) -> None:
    (tmp_path / "timestamp.txt").write_text(text)
    assert read_timestamp(tmp_path, logging.getLogger()) == datetime(2026, 2, 3, 4, 5, 6)


# --- a class with attackers in it

SECRET = "the secret of the instructor"
ATTACKERS = [
    "answers",
    "bomb",
    "crowd",
    "fifo",
    "files",
    "folder",
    "links",
    "notebook-link",
    "schema",
    "stamp",
    "whole-link",
]


def attack(course: Course, secret: Path) -> None:
    """Each attacker's submission of `derivative`, all with ada's package."""
    students = [*ATTACKERS, "honest", "late"]
    folder = {name: hand_in(course, name, "derivative", sample("ada")) for name in students}
    for kind in (new_markdown_cell, new_raw_cell, new_code_cell):
        edit(folder["answers"], [kind(text) for text in HARM.values()])
    loaded = json.loads((folder["answers"] / "derivative.ipynb").read_text())
    loaded["metadata"]["language_info"] = {"name": 'x"><script>alert(1)</script>', "pygments_lexer": "<script>"}
    loaded["cells"][-1]["execution_count"] = "<script>alert(1)</script>"
    loaded["cells"].append({"cell_type": "zzz", "type": "<script>alert(1)</script>", "source": "x", "metadata": {}})
    (folder["answers"] / "derivative.ipynb").write_text(json.dumps(loaded))
    (folder["bomb"] / "derivative.ipynb").write_text('{"a":' * 100_000)
    (folder["crowd"] / "many").mkdir()
    for number in range(1_000):
        (folder["crowd"] / "many" / f"{number}.txt").touch()
    os.mkfifo(folder["fifo"] / "data.csv")
    os.mkfifo(folder["fifo"] / "timestamp.txt")
    (folder["fifo"] / "derivative.ipynb").unlink()
    os.mkfifo(folder["fifo"] / "derivative.ipynb")
    for name in ("page.html", "drawing.svg", "code.js", "x.XHTML", "plot.png", "data.csv"):
        (folder["files"] / name).write_text("<script>alert(1)</script>")
    with (folder["files"] / "huge.csv").open("wb") as file:
        file.truncate(10**10)
    (folder["folder"] / "derivative.ipynb").unlink()
    (folder["folder"] / "derivative.ipynb").mkdir()
    (folder["folder"] / "timestamp.txt").mkdir()
    (folder["links"] / "notes.txt").symlink_to(secret)
    (folder["links"] / "zeros.txt").symlink_to("/dev/zero")
    (folder["links"] / "all").symlink_to(secret.parent)
    (folder["links"] / "timestamp.txt").symlink_to(secret)
    (folder["links"] / "micrograd" / "notes.txt").symlink_to(secret)
    (folder["notebook-link"] / "derivative.ipynb").unlink()
    (folder["notebook-link"] / "derivative.ipynb").symlink_to(folder["honest"] / "derivative.ipynb")
    old = json.loads((folder["schema"] / "derivative.ipynb").read_text())
    for number, cell in enumerate(old["cells"]):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = (1, 99)[number % 2]
    (folder["schema"] / "derivative.ipynb").write_text(json.dumps(old))
    (folder["stamp"] / "timestamp.txt").write_bytes(b"\xff<script>")
    (folder["late"] / "timestamp.txt").write_text("2026-02-03 04:05:06 UTC")
    edit(folder["honest"], [new_markdown_cell(SECRET)])
    shutil.rmtree(folder["whole-link"])
    folder["whole-link"].symlink_to(folder["honest"])


def edit(folder: Path, cells: list[Any]) -> None:
    notebook = nbformat.read(folder / "derivative.ipynb", as_version=4)
    notebook.cells += cells
    nbformat.write(notebook, folder / "derivative.ipynb")


@pytest.fixture(scope="module")
def attacked(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("attacked")
    course = released_course(folder)
    secret = folder / "private" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text(SECRET)
    attack(course, secret)
    return course


@pytest.fixture(scope="module")
def autograded(attacked: Course) -> str:
    """What nbgrader says as it grades them all, one after the other, and makes feedback of it."""
    return nbgrader(attacked, "autograde", "derivative").stderr


@pytest.fixture(scope="module")
def feedback(attacked: Course, autograded: str) -> dict[str, str]:
    done = nbgrader(attacked, "generate_feedback", "derivative")
    assert "error" not in done.stderr.lower(), done.stderr
    return {path.parts[-3]: path.read_text() for path in attacked.root.glob("feedback/*/derivative/derivative.html")}


def test_nobody_but_the_attacker_is_harmed(attacked: Course, autograded: str) -> None:
    found = grades(f"sqlite:///{attacked.root / 'gradebook.db'}")
    for student in {*ATTACKERS, "honest", "late"} - {"whole-link"}:
        rows = found[student]
        assert sum(row["auto_score"] or 0 for row in rows.values()) == 4, (student, autograded)
    assert all(row["auto_score"] is None for row in found.get("whole-link", {}).values())
    assert "whole-link/derivative is a link" in autograded


def test_no_link_is_followed(attacked: Course, autograded: str, feedback: dict[str, str]) -> None:
    for step in ("autograded", "feedback"):
        for path in (attacked.root / step).rglob("*"):
            assert not path.is_symlink() and (path.is_dir() or path.is_file())
            if path.is_file() and path.parts[-3] != "honest":
                assert SECRET.encode() not in path.read_bytes(), path
        names = {path.relative_to(attacked.root / step).as_posix() for path in (attacked.root / step).rglob("*.*")}
        assert {"files/derivative/plot.png", "files/derivative/data.csv", "late/derivative/timestamp.txt"} <= names
        assert not [name for name in names if name.endswith((".svg", ".js", ".XHTML", "huge.csv", "notes.txt"))]
        assert not [name for name in names if name.endswith(".html") and not name.endswith("derivative.html")]
        assert len(names) < 200
    for said in (
        "notes.txt is not copied: it is a link", "data.csv is not copied: it is no plain file", "page.html is not",
        "huge.csv is not copied", "crowd/derivative is not copied: it is more than 500 files",
    ):  # fmt: skip
        assert said in autograded, said
    for student in ("fifo", "folder", "notebook-link", "bomb"):
        assert f"submitted/{student}/derivative/derivative.ipynb cannot be read" in autograded


def test_no_page_of_feedback_acts(feedback: dict[str, str]) -> None:
    assert set(feedback) == {*ATTACKERS, "honest", "late"} - {"whole-link"}
    page, body, honest = feedback["answers"], *(_body(feedback[name]) for name in ("answers", "honest"))
    assert acts(body) and set(acts(body)) == set(acts(honest))  # the template's own
    assert page.lower().count("<script") == feedback["honest"].lower().count("<script")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert "2.0 / 2.0" in page and "Grade cell" in page and 'class="k"' in page


def _body(page: str) -> str:
    return re.sub(' id="cell-id=[A-Za-z0-9_-]+"', "", page[page.index('id="notebook"') :])


def test_a_time_that_is_none_stops_no_list_of_formgraders(attacked: Course, autograded: str) -> None:
    api = NbGraderAPI(config=attacked.settings())
    listed = {each["student"]: each for each in api.get_submissions("derivative")}
    assert set(listed) >= {*ATTACKERS, "honest", "late"}
    assert listed["stamp"]["timestamp"] is None and listed["late"]["timestamp"].startswith("2026-02-03T04:05:06")
    assert api.get_submitted_timestamp("derivative", "fifo") is None
