"""formgrader on the course, in a browser: the Autograde button, the scores, and a question that a human grades."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import browser, picture
from courses import auto_scores, grades, hand_in, released_course, sample
from forks import Forked
from nightly import WHOLE
from test_samples import LOST

from autograder.courses.micrograd import load_items
from autograder.nbgrader.course_folder import Course

ITEMS = [item for item in load_items().values() if item.assignment == "backprop"]
TOKEN = "for-tests"
STUDENTS = ("ada", "emil", "hana") if WHOLE else ("emil",)  # whose code comes to an end
EVIL = """
<script>window.taken = 1</script><img src=x onerror="window.taken = 2"><svg onload="window.taken = 3"></svg>
<span id="backprop-why-accumulate" class="score tabbable">7</span>
<p style="position:fixed;top:0;left:0;width:9999px;height:9999px">over all</p>
![x](/formgrader?path=PATH) ![y](../../../formgrader?path=PATH) <img src="/formgrader?path=PATH">
[my derivation](/formgrader?path=PATH)

|share|of|
|-:|-|
|1|a|

A *sum* of $a + a$, see ![plot](attachment:plot.png)

```python
for x in y: pass
```
"""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ANSWER = "If a rule set the gradient, a + a would give 1: only the last of the two shares would be left."


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = released_course(tmp_path_factory.mktemp("course"))
    for student in STUDENTS:
        hand_in(course, student, "backprop", sample(student), {"backprop-why-accumulate": ANSWER})
    folder = course.root / "submitted" / "eve" / "backprop"
    text = EVIL.replace("PATH", str(folder))
    hand_in(course, "eve", "backprop", sample("ada"), {"backprop-why-accumulate": text})
    notebook = nbformat.read(folder / "backprop.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.source == text:
            cell["attachments"] = {"plot.png": {"image/png": PIXEL}}
    nbformat.write(notebook, folder / "backprop.ipynb")
    (folder / "nbgrader_config.py").write_text(f"open({str(course.root.parent / 'witness')!r}, 'w')")
    (folder / "timestamp.txt").write_bytes(b"\xff<script>window.taken = 4</script>")
    return course


@pytest.fixture(scope="module")
def address(course: Course) -> Iterator[str]:
    """A server for the course: by night as `make formgrader` starts it, by day with nbgrader's extensions alone."""
    from jupyter_server import serverapp

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
               f"--IdentityProvider.token={TOKEN}", "--ServerApp.default_url=/formgrader"]  # fmt: skip
    own = {"JUPYTER_CONFIG_DIR": str(course.root.parent / "jupyter"), "PYTHONPATH": os.pathsep.join(sys.path)}
    log = (course.root.parent / "log").open("w")

    def run() -> None:
        os.environ.update(own)
        others = dict.fromkeys(("jupyterlab", "jupyter_lsp", "jupytext", "notebook", "notebook_shim"), False)
        serverapp.main([*options, f"--ServerApp.jpserver_extensions={others}"])

    server: Any
    if WHOLE:
        command = [sys.executable, "-m", "notebook", *options]
        server = subprocess.Popen(command, cwd=course.root, env={**os.environ, **own}, stdout=log, stderr=log)
    else:
        server = Forked(run, course.root, (log.fileno(), log.fileno()))
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert server.poll() is None, (course.root.parent / "log").read_text()
            try:
                urllib.request.urlopen(f"{url}/api", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Any]:
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1100, "height": 760})
        page.goto(f"{address}/formgrader?token={TOKEN}")
        yield page


def give(answer: Any, points: str) -> None:
    """Type the points of an answer, once the page saves what is typed."""
    answer.locator("input.extra-credit[placeholder]").first.wait_for(state="attached")
    score = answer.locator("input.score").first
    score.fill(points)
    score.press("Tab")


def url_of(course: Course) -> str:
    return f"sqlite:///{course.root / 'gradebook.db'}"


def test_the_autograde_button_grades_in_the_sandbox(page: Any, address: str, course: Course) -> None:
    page.goto(f"{address}/formgrader/manage_submissions/backprop")
    for student in (*STUDENTS, "eve"):
        row = page.locator("tr", has_text=student)
        row.locator(".autograde a").click()
        page.get_by_text("Successfully autograded").wait_for(timeout=60_000)
        page.get_by_role("button", name="OK").click()
        page.locator(".modal").wait_for(state="hidden")
    for student, rows in grades(url_of(course)).items():
        scores = auto_scores(rows)
        student = {"eve": "ada"}.get(student, student)
        assert {id for id, score in scores.items() if score == 0} == {i.id for i in ITEMS if i.id in LOST[student]}


def test_the_scores_are_there_to_be_seen(page: Any, address: str, course: Course, tmp_path: Path) -> None:
    page.goto(f"{address}/formgrader/gradebook/backprop/backprop")
    page.locator("#DataTables_Table_0, table.dataTable").first.wait_for()
    page.get_by_text("Submission #1").wait_for()
    shown = page.locator("tbody").inner_text()
    for student in STUDENTS:
        earned = sum(score or 0 for score in auto_scores(grades(url_of(course))[student]).values())
        assert f"{earned:g} / 32" in " ".join(shown.split())
    page.screenshot(path=picture("formgrader-scores.png", tmp_path))


def test_a_human_grades_the_answer_beside_our_verdicts(page: Any, address: str, course: Course, tmp_path: Path) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(url_of(course)) as book:
        id = book.find_submission_notebook("backprop", "backprop", "emil").id
    page.goto(f"{address}/formgrader/submissions/{id}")
    page.get_by_text(ANSWER).wait_for()
    text = page.locator("body").inner_text()
    assert "All your answers are those of code in which" in text
    answer = page.locator("div.nbgrader_cell", has=page.get_by_text(ANSWER)).last
    answer.scroll_into_view_if_needed()
    give(answer, "1.5")
    page.evaluate("window.scrollBy(0, -420)")
    page.wait_for_timeout(500)
    page.screenshot(path=picture("formgrader-manual.png", tmp_path))
    for _ in range(100):
        row = grades(url_of(course))["emil"]["backprop", "backprop-why-accumulate"]
        if row["manual_score"] is not None:
            break
        time.sleep(0.1)
    assert (row["manual_score"], row["score"], row["needs_manual_grade"]) == (1.5, 1.5, False)


def test_nothing_that_a_student_wrote_acts(page: Any, address: str, course: Course) -> None:
    """Neither a script, nor an address that would be opened with the instructor's rights; the rest is there."""
    from nbgrader.api import Gradebook

    with Gradebook(url_of(course)) as book:
        id = book.find_submission_notebook("backprop", "backprop", "eve").id
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/formgrader/submissions/{id}")
    answer = page.locator("div.nbgrader_cell", has=page.get_by_text("my derivation")).last
    answer.scroll_into_view_if_needed()
    assert page.evaluate("window.taken") is None and not (course.root.parent / "witness").exists()
    assert not [url for url in asked if "path=" in url or url.endswith("/x")]
    assert answer.locator("a").count() == 0 and "/formgrader?path=" in answer.inner_text()
    assert answer.locator("td").all_inner_texts() == ["1", "a"] and answer.locator("em").inner_text() == "sum"
    assert answer.locator("img[alt=plot]").evaluate("picture => picture.naturalWidth") == 1
    assert answer.locator("span.k").first.inner_text() == "for" and "$a + a$" in answer.inner_text()
    assert page.locator("[id=backprop-why-accumulate]").count() == 1
    give(answer, "1")
    for _ in range(100):
        row = grades(url_of(course))["eve"]["backprop", "backprop-why-accumulate"]
        if row["manual_score"] is not None:
            break
        time.sleep(0.1)
    assert row["manual_score"] == 1
    assert (
        page.locator("img[src^='data:image/svg']").count() > 3 or page.locator("code", has_text="backprop-mul").count()
    )
