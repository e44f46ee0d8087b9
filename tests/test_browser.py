"""The course as one page, in a real browser: what a student does there, and that verdicts are those of a desk.

The page is built once, by Node, and opened as a file. Where there is no Node nothing here is tested; `.ci/run` sees to
it that there is.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import browser, picture
from click.testing import CliRunner
from conftest import HOSTILE, ROOT, SAMPLES
from nightly import nightly
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from test_kit import filled, telling

from autograder.cli import main
from autograder.course import in_use
from autograder.exam.mutants import load_mutations
from autograder.exam.paper import PRACTICE_SEED, Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.kit.browser import bundle
from autograder.report import Report
from autograder.sandbox.layers import NO_SANDBOX
from autograder.submissions.unpacking import Own

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="the page is built by Node, which is not here")

PATIENCE = 90_000  # milliseconds
WIDTHS = (1400, 1000, 390)
REFERENCE = ROOT / "solutions" / "micrograd"
STUBS = ROOT / "student" / "micrograd"
NUMPY = ("farah", "priya")  # import numpy themselves, which no browser has


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def practice() -> Exam:
    return exams.get(PRACTICE_SEED)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, as the command writes it."""
    target = tmp_path_factory.mktemp("page") / "micrograd.html"
    done = CliRunner().invoke(main, ["release", "--html", str(target)])
    assert done.exit_code == 0, done.output
    assert re.search(r"micrograd\.html written, \d+\.\d MB: open it in a browser", done.output)
    return target


Open = Callable[..., Page]


class Student:
    """Somebody with a browser of their own. At the end no page of theirs may have said anything on the console, or
    asked for anything but itself."""

    def __init__(self, context: BrowserContext, address: str):
        self.context, self.address = context, address
        self.said: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda message: self.said.append(f"console: {message.text}"))
        context.on("weberror", lambda error: self.said.append(f"error: {error.error}"))
        context.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        inside = request.url.startswith(("data:", "blob:", "about:"))
        if not inside and not (request.is_navigation_request() and request.url == self.address):
            self.said.append(f"asks for {request.url}")

    def open(self, ready: str = "python") -> Page:
        page = self.context.new_page()
        page.goto(self.address)
        page.wait_for_selector(f"html[data-ready={ready}]")
        return page


@pytest.fixture
def student(chromium: Browser, file: Path) -> Iterator[Callable[..., Student]]:
    found = []

    def student(**options: Any) -> Student:
        context = chromium.new_context(**{"viewport": {"width": 1400, "height": 900}, **options})
        found.append(Student(context, file.as_uri()))
        return found[-1]

    yield student
    said = [line for each in found for line in each.said]
    for each in found:
        each.context.close()
    assert said == []


def editor(page: Page) -> Locator:
    return page.locator("#code .cm-content")


def show(page: Page, name: str) -> Locator:
    """Open a module, and put the cursor at its end."""
    page.get_by_role("tab", name=name).click()
    editor(page).click()
    page.keyboard.press("Control+End")
    return editor(page)


def bring(page: Page, name: str, content: bytes | Mapping[str, str]) -> None:
    """Bring a file in, or a zip of a package."""
    data = content if isinstance(content, bytes) else packed(content)
    page.set_input_files("#bring-files", {"name": name, "mimeType": "application/octet-stream", "buffer": data})


def packed(files: Mapping[str, str], folder: str = "micrograd") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{folder}/{name}", text)
    return target.getvalue()


def check(page: Page) -> dict[str, Any]:
    """Check, and wait for what comes of it: what the page keeps of it."""
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#check")).to_have_text("Check", timeout=PATIENCE)
    expect(page.locator("#said")).to_contain_text("Checked at")
    kept: dict[str, Any] = json.loads(page.evaluate("localStorage.getItem('gradschool:micrograd:checked')"))
    return kept["checked"]  # type: ignore[no-any-return]


def work(page: Page) -> dict[str, str]:
    """The files, as the browser keeps them: those that were written."""
    prefix = "gradschool:micrograd:file:"
    stored: dict[str, str] = page.evaluate("({...localStorage})")
    return {
        key.removeprefix(prefix): json.loads(text)["text"] for key, text in stored.items() if key.startswith(prefix)
    }


def stubs() -> dict[str, str]:
    return {path.name: path.read_text() for path in STUBS.glob("*.py")}


def solved(*ids: str) -> dict[str, str]:
    """The stubs, with these items done."""
    return {**stubs(), **filled(ids)}


def verdicts(report: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    return {item["id"]: (item["status"], item["earned"]) for item in report["items"]}


# --- the file -------------------------------------------------------------------------------------------------


def test_nothing_in_the_page_gives_an_answer(file: Path) -> None:
    """Not in what is packed into it either; nor does it hold anything of the hidden exam."""
    public = {line.strip() for text in filled(()).values() for line in text.split("\n")}
    secret = {line.strip() for path in REFERENCE.glob("*.py") for line in path.read_text().split("\n")}
    solutions = {line for line in secret - public if telling(line) and "SOLUTION" not in line}
    planted = {line.strip() for m in load_mutations() for _, _, new in m.changes for line in new.split("\n")}
    mutated = {line for line in planted - public if telling(line)}
    assert len(solutions) > 30 and len(mutated) > 30
    assert all(line.isascii() and line.isprintable() and len(line) >= 8 for line in solutions | mutated)
    found = unpacked(file)
    assert {"page", "part-worker", "part-memory", "part-course:autograder/kit/browser/desk.py"} <= set(found)
    for name, content in found.items():
        if name.startswith("part-library:"):
            continue  # Python's own
        if name == "part-memory":  # most of which is no text
            content = b"\n".join(re.findall(rb"[\x20-\x7e]{8,}", content))
        text = content.decode("utf-8", "replace")
        # Memory is no text of lines: there a line is looked for wherever it may stand.
        known = {line for line in solutions | mutated if line in text} if name == "part-memory" else (
            {line.strip() for line in text.split("\n")} & (solutions | mutated)
        )  # fmt: skip
        assert known <= {"nodes, edges = trace(root)"}, name
    assert not [name for name in found if re.search(r"solutions|submitted|pitfalls_page|oracle", name)]


def unpacked(file: Path) -> dict[str, bytes]:
    """The page without its parts, each part, and each file of those that are archives."""
    import base64
    import gzip

    text = file.read_text()
    parts = dict(re.findall(r'<script type="text/plain" id="(part-\w+)">([^<]*)</script>', text))
    assert len(parts) == 6
    found = {"page": re.sub(r'<script type="text/plain".*', "", text, flags=re.S).encode()}
    for name, content in parts.items():
        found[name] = gzip.decompress(base64.b64decode(content))
        if found[name].startswith(b"PK"):
            archive = zipfile.ZipFile(io.BytesIO(found.pop(name)))
            found |= {f"{name}:{each}": archive.read(each) for each in archive.namelist()}
    return found


@nightly
def test_the_page_lists_the_licences_of_all_that_is_in_it(student: Callable[..., Student]) -> None:
    page = student().open("edit")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="About this page").click()
    about = page.get_by_role("dialog").inner_text()
    for part in (
        "pyodide",
        "@codemirror/view",
        "@viz-js/viz",
        "fflate",
        "@lezer/python",
        "Jinja2",
        "MarkupSafe",
        "graphviz",
    ):
        assert re.search(rf"^{re.escape(part)} \d", about, re.M), part
    assert "esbuild" not in about and "marked" not in about  # they make the page, and are not in it


def test_without_node_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(bundle, "_inputs", lambda course: {})  # which take longer than what is said
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(main, ["release", "--html", str(tmp_path / "page.html")])
    assert done.exit_code == 2 and not (tmp_path / "page.html").exists()
    assert "Node, which is missing here: install Node" in done.output and "\n" not in done.output.strip()


@pytest.mark.parametrize("more", ["--check", "--notebooks", "--kit=kit"])
def test_a_page_is_written_alone(tmp_path: Path, more: str) -> None:
    done = CliRunner().invoke(main, ["release", "--html", str(tmp_path / "page.html"), more])
    assert done.exit_code == 2 and "leave out the other options" in done.output


@nightly
def test_the_scripts_have_their_types(tmp_path: Path) -> None:
    """TypeScript reads the comments of the page's scripts, and finds nothing."""
    web = tmp_path / "web"
    shutil.copytree(ROOT / "autograder" / "kit" / "browser" / "web", web)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=web, check=True, capture_output=True
    )
    done = subprocess.run(["npm", "run", "--silent", "types"], cwd=web, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@nightly
def test_a_check_may_be_asked_for_before_python_is_there(student: Callable[..., Student]) -> None:
    someone = student()
    page = someone.context.new_page()
    page.goto(someone.address, wait_until="commit")
    page.wait_for_selector("html[data-ready=edit]")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#said")).to_have_text("Stopped.", timeout=PATIENCE)
    assert check(page)["report"]["score"] == 0


# --- verdicts -------------------------------------------------------------------------------------------------


def submissions(folder: Path) -> dict[str, dict[str, str]]:
    """The package of everybody who handed in one and means no harm: what they lack is as in the stubs."""
    found = {"reference": {path.name: path.read_text() for path in REFERENCE.glob("*.py")}, "stubs": stubs()}
    for place in sorted(SAMPLES.iterdir()):
        if place.suffix == ".zip":
            shutil.unpack_archive(place, folder / place.stem)
            place = folder / place.stem
        packages = [path for path in place.rglob("micrograd") if path.is_dir()] if place.is_dir() else []
        if packages and place.name not in HOSTILE:
            files = {path.name: path.read_text() for path in packages[0].glob("*.py")}
            found[place.name] = {**stubs(), **files}
    return found


def on_a_desk(practice: Exam, folder: Path, files: Mapping[str, str]) -> Report:
    package = folder / "micrograd"
    package.mkdir(parents=True)
    for name, text in files.items():
        (package / name).write_text(text)
    with Grader(practice, NO_SANDBOX) as grader:
        return grader.grade("you", Own(package))


@nightly
def test_verdicts_are_those_of_a_desk(student: Callable[..., Student], practice: Exam, tmp_path: Path) -> None:
    """Item by item, for the reference, the stubs and the sample class. Who imports numpy is told of it."""
    handed_in = submissions(tmp_path / "unpacked")
    assert len(handed_in) > 12
    page = student().open()
    for name, files in handed_in.items():
        bring(page, f"{name}.zip", files)
        expect(page.locator("#notice")).to_contain_text("brought in")
        found = check(page)
        got = found["report"]
        if name in NUMPY:
            assert any("numpy is not here" in note and "import" in note for note in found["notes"]), name
            continue
        want = on_a_desk(practice, tmp_path / name, files)
        tests = {item.id for item in in_use().suites}  # which the page leaves out
        assert verdicts(got) == {i.id: (i.status, i.earned) for i in want.items if i.id not in tests}, name
        shown = f"{want.score:g} of 100 points" + (f" + {want.bonus:g} bonus" if want.bonus else "")
        expect(page.locator("#score")).to_have_text(shown)


ENDLESS_LINES = {
    "engine-mul": "while True: pass",  # which Python's own clock ends
    "engine-exp": "sum(iter(int, 1))",  # a loop in C
    "engine-neg": "import os; os._exit(3)",
}


@nightly
def test_what_does_not_end_costs_its_item(student: Callable[..., Student]) -> None:
    """And the page goes on meanwhile."""
    files = solved("engine-add", "engine-log", "derivative-central")
    for id, line in ENDLESS_LINES.items():
        files["engine.py"] = files["engine.py"].replace(f'raise NotImplementedError("{id}")', line)
    page = student().open()
    bring(page, "micrograd.zip", files)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#said")).to_contain_text(re.compile(r"Checking engine-exp \(\d+ of 52\)"), timeout=PATIENCE)
    show(page, "nn.py")
    page.keyboard.insert_text("# written meanwhile\n")
    expect(page.locator("#said")).to_have_text("Changed since the last check.", timeout=PATIENCE)
    assert work(page)["nn.py"].endswith("# written meanwhile\n")
    statuses = {id: page.locator(f"#item-{id} .status").inner_text().split()[-1] for id in
                (*ENDLESS_LINES, "engine-add", "engine-log", "derivative-central", "engine-sub")}  # fmt: skip
    assert statuses == {
        "engine-mul": "timeout", "engine-exp": "timeout", "engine-neg": "crashed", "engine-add": "passed",
        "engine-log": "passed", "derivative-central": "passed", "engine-sub": "todo",
    }  # fmt: skip
    expect(page.locator("#score")).to_have_text("5 of 100 points")


@nightly
def test_a_check_can_be_stopped(student: Callable[..., Student]) -> None:
    files = stubs()
    files["derivative.py"] = files["derivative.py"].replace(
        'raise NotImplementedError("derivative-central")', "sum(iter(int, 1))"
    )
    page = student().open()
    bring(page, "derivative.py", files["derivative.py"].encode())
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Checking derivative-central")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#said")).to_have_text("Stopped.")


# --- work is never lost ---------------------------------------------------------------------------------------


@nightly
def test_work_is_there_again_and_tabs_agree(student: Callable[..., Student]) -> None:
    someone = student()
    page = someone.open("edit")
    show(page, "engine.py")
    page.keyboard.type("# first")
    page.reload()
    expect(show(page, "engine.py")).to_contain_text("# first")
    other = someone.open("edit")
    expect(show(other, "engine.py")).to_contain_text("# first")
    other.keyboard.type(" and second, letter by letter")
    expect(editor(page)).to_contain_text("# first and second, letter by letter")
    page.keyboard.press("Control+End")
    page.keyboard.type(" and third")
    expect(editor(other)).to_contain_text("letter by letter and third")
    assert work(page)["engine.py"].endswith("# first and second, letter by letter and third")
    assert page.get_by_role("button", name="Take back").count() == 0
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Copies …").click()
    expect(page.locator("#copies-list")).to_have_text("There are none yet.")


@nightly
def test_two_tabs_that_write_at_once_lose_nothing(student: Callable[..., Student]) -> None:
    """As where one of them was asleep: what the other wrote meanwhile is neither overwritten nor forgotten."""
    someone = student()
    page = someone.open("edit")
    show(page, "engine.py")
    page.keyboard.type("# here")
    page.evaluate("""() => {
        const key = "gradschool:micrograd:file:engine.py";
        const kept = JSON.parse(localStorage[key]);
        localStorage[key] = JSON.stringify({ text: "# there", version: { ...kept.version, elsewhere: 1 } });
    }""")  # of which this tab is not told
    page.keyboard.type("!")
    expect(page.locator("#notice")).to_contain_text("engine.py was changed in another tab at the same time")
    assert work(page)["engine.py"].endswith("# here!")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Copies …").click()
    expect(page.locator("#copies-list")).to_contain_text("engine.py from another tab")
    page.get_by_role("button", name="Take back").click()
    assert work(page)["engine.py"] == "# there"


@nightly
def test_what_is_handed_in_is_graded_as_it_was_checked(student: Callable[..., Student], tmp_path: Path) -> None:
    page = student().open()
    bring(page, "mine.zip", packed({"notes.py": "x = 1"}, "other"))
    expect(page.locator("#notice")).to_contain_text("There is no micrograd/ in mine.zip")
    bring(page, "mine.zip", {**solved("engine-add", "backprop-add"), "helpers.py": "ten = 10\n"})
    expect(page.get_by_role("tab", name="helpers.py")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("What was there before is among the copies")
    assert check(page)["report"]["score"] == handed_in(page, tmp_path, [*stubs(), "helpers.py"]) == 5


def handed_in(page: Page, folder: Path, files: Iterable[str]) -> float:
    """The score of what is handed in, which holds these files."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Hand in").first.click()
    assert download.value.suggested_filename == "micrograd.zip"
    download.value.save_as(folder / "kim.zip")
    page.close()
    assert zipfile.ZipFile(folder / "kim.zip").namelist() == sorted(f"micrograd/{name}" for name in files)
    arguments = ["grade", folder / "kim.zip", "--seed", "2026", "--out", folder / "results", "--jobs", "1"]
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return float(json.loads((folder / "results" / "kim" / "report.json").read_text())["score"])


@nightly
def test_a_file_can_be_begun_anew_and_that_undone(student: Callable[..., Student]) -> None:
    page = student().open("edit")
    show(page, "engine.py")
    page.keyboard.type("# mine")
    anew = page.get_by_role("button", name="Begin this file anew")
    for undo in ("button", "key"):
        page.get_by_role("button", name="More", exact=True).click()
        anew.click()
        expect(page.locator("#notice")).to_contain_text("engine.py is as it was at the beginning")
        assert work(page)["engine.py"] == stubs()["engine.py"]
        if undo == "button":
            page.get_by_role("button", name="Undo").click()
        else:
            editor(page).click()
            page.keyboard.press("Control+z")
        assert work(page)["engine.py"].endswith("# mine")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Copies …").click()
    expect(page.locator("#copies-list")).to_contain_text("before engine.py was begun anew")


BROUGHT = [
    ("notes.txt", b"", "Notes.txt is no file of this course: bring micrograd.zip, or one of derivative.py"),
    ("work.zip", b"PK nonsense", "Work.zip cannot be read as a zip"),
    ("engine.py", "# é".encode("latin-1"), "Engine.py is not UTF-8"),
]


@nightly
def test_what_is_brought_in(student: Callable[..., Student]) -> None:
    page = student().open("edit")
    for name, content, says in BROUGHT:
        bring(page, name, content)
        expect(page.locator("#notice")).to_contain_text(says)
        assert work(page) == {}
    bring(page, "engine (1).py", b"\xef\xbb\xbf# brought\r\n")  # as Windows has it
    expect(page.locator("#notice")).to_contain_text("engine.py brought in. What was there before is among the copies.")
    assert work(page) == {"engine.py": "# brought\n"}


@nightly
def test_a_browser_that_keeps_nothing_is_told_of(student: Callable[..., Student]) -> None:
    someone = student()
    someone.context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    page = someone.open("edit")
    show(page, "engine.py")
    page.keyboard.type("# kept as long as the page is open")
    expect(page.get_by_role("alert")).to_contain_text("This browser keeps nothing for this page")
    show(page, "nn.py")
    expect(show(page, "engine.py")).to_contain_text("# kept as long")


# --- working --------------------------------------------------------------------------------------------------


def test_a_students_hour(student: Callable[..., Student], tmp_path: Path) -> None:
    """From the stubs on, with the keyboard alone where there is one: write, check, follow a mark, hints, an example.
    At last what was checked is handed in."""
    page = student().open()
    show(page, "derivative.py")
    page.keyboard.press("Control+Home")
    check(page)
    expect(page.locator("#item-derivative-central .status")).to_have_text("○ todo")
    assert page.locator("#code .sign.todo:visible").count() == 2
    page.locator("#items .next button").click()  # leads to the first TODO
    expect(editor(page)).to_be_focused()
    expect(page.locator("#line")).to_contain_text("derivative-central")
    page.keyboard.press("Control+f")
    page.keyboard.type('raise NotImplementedError("derivative-central")')
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.insert_text("print('asked at', x)\n    return (f(x + h) - f(x)) / h")
    page.keyboard.press("Control+Enter")
    item = page.locator("#item-derivative-central")
    expect(item.locator(".status")).to_have_text("✗ failed", timeout=PATIENCE)
    expect(page.get_by_role("tab", name="derivative.py")).to_have_class(re.compile("wrong"))
    page.keyboard.press("Control+Home")
    page.keyboard.press("F8")
    expect(page.locator("#line")).to_contain_text("derivative-central: ")
    page.locator("#code .sign.error:visible").click()
    expect(item.locator("details")).to_have_attribute("open", "")
    expect(item).to_contain_text("asked at")  # what the code printed
    for count in (1, 2):
        item.get_by_role("button", name="int").click()
        expect(item.locator(".hint")).to_contain_text(f"Hint {count} of")
    item.get_by_role("button", name="measuring a derivative").click()
    expect(page.locator("#lecture h3").first).to_be_in_viewport()
    page.get_by_role("tab", name="Items").click()
    item.get_by_role("button", name="Run the example").click()
    expect(page.locator("#try-out pre").first).to_contain_text("asked at")
    page.get_by_role("tab", name="Your page").click()
    frame = page.frame_locator("#page-frame")
    expect(frame.locator("h1")).to_have_text("you")
    frame.get_by_role("button", name=re.compile(r"derivative\.py:\d+")).first.click()
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Control+Home")
    bring(page, "derivative.py", solved("derivative-central")["derivative.py"].encode())
    check(page)
    expect(item.locator(".status")).to_have_text("✓ passed")
    expect(page.locator("#score")).to_have_text("2 of 100 points")
    page.reload()
    expect(page.locator("#score")).to_have_text("2 of 100 points")
    expect(page.locator("#said")).to_contain_text("Checked at")
    assert handed_in(page, tmp_path, stubs()) == 2


def reach(page: Page, target: Locator, key: str = "Tab") -> Locator:
    """Go on with the keyboard until this has the focus: out of an editor as its help says."""
    for _ in range(120):
        if target.evaluate("each => each === document.activeElement"):
            return target
        if page.evaluate("document.activeElement.matches('.cm-content')"):
            page.keyboard.press("Escape")
        page.keyboard.press(key)
    pytest.fail("no key leads there")


@nightly
def test_the_keyboard_is_enough(student: Callable[..., Student]) -> None:
    """From the first file to a verdict, a hint, the lecture, the menu and own lines, without a pointer."""
    page = student().open()
    reach(page, page.get_by_role("tab", name="derivative.py"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="engine.py")).to_have_attribute("aria-selected", "true")
    reach(page, editor(page))
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(solved("engine-add")["engine.py"])
    page.keyboard.press("Tab")  # indents
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor(page)).not_to_be_focused()
    reach(page, page.locator("#check"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Checked at", timeout=PATIENCE)
    expect(page.locator("#item-engine-add .status")).to_have_text("✓ passed")
    item = page.locator("#item-engine-mul")
    reach(page, item.locator("summary"))
    page.keyboard.press("Enter")
    expect(item.locator("details")).to_have_attribute("open", "")
    reach(page, item.get_by_role("button", name="Hint"))
    page.keyboard.press("Enter")
    expect(item.locator(".hint")).to_contain_text("Hint 1 of")
    reach(page, page.get_by_role("tab", name="Items"), "Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lecture h3").first).to_be_in_viewport()
    reach(page, page.locator("#more"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    reach(page, page.locator("#try-code .cm-content"))
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print(20 + 1)")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#try-out pre").first).to_have_text("21", timeout=PATIENCE)


def typed(page: Page, *lines: str) -> str:
    """What is in derivative.py when these lines have been typed there, with Enter behind each."""
    for line in lines:
        page.keyboard.type(line)
        page.keyboard.press("Enter")
    return work(page)["derivative.py"]


@nightly
def test_a_line_is_indented_on_a_machine_that_is_busy(student: Callable[..., Student]) -> None:
    """There the editor has not read the lines above by then: it must, whatever is typed next."""
    page = student().open()
    show(page, "derivative.py")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 60})
    written = typed(page, "def sign(x):", "if x > 0:", "for each in [x]:", "while x:", "x -= 1")
    assert (
        "def sign(x):\n    if x > 0:\n        for each in [x]:\n            while x:\n                x -= 1\n"
        in written
    )


@nightly
def test_what_a_new_student_stumbles_over(student: Callable[..., Student]) -> None:
    """Where to write at all, a file that is no Python, Enter after a body on one line, and an example in the place of
    own lines."""
    page = student().open()
    following = page.locator("#items .next")
    expect(following).to_contain_text("in the place of the line that raises NotImplementedError")
    solved_lines = solved("derivative-central", "engine-add")
    bring(page, "micrograd.zip", {**solved_lines, "engine.py": solved_lines["engine.py"] + "def (\n"})
    check(page)
    expect(page.locator("#said")).to_have_text(
        re.compile(r": \d+ not checked, as their file is not valid Python, \d+ to do\.$")
    )
    expect(following).to_contain_text("is not valid Python")
    following.get_by_role("button").click()
    expect(page.locator("#line")).to_contain_text(re.compile(r"engine-add and \d+ more: .* is not valid Python"))
    page.locator("#item-engine-add summary").click()
    page.locator("#item-engine-add").get_by_role("button", name="Hint", exact=True).click()
    expect(page.locator("#item-engine-add .hint")).to_contain_text("begin at the line that is shown")
    show(page, "derivative.py")
    written = typed(page, "def visit(node):", "for each in node: visit(each)", "seen = [", "1]", "if seen:", "pass")
    assert "\n    for each in node: visit(each)\n    seen = [\n        1]\n    if seen:\n        pass\n" in written
    page.get_by_role("tab", name="derivative.py").click()
    page.get_by_role("tab", name="Lecture").click()
    run = page.locator("#lecture .run")
    run.first.click()
    expect(page.locator("#notice")).not_to_contain_text("in the place of your own lines")
    own = page.get_by_label("Your own lines")
    own.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print('mine')")
    run.first.click()
    page.locator("#notice").get_by_role("button", name="Undo").click()
    expect(own).to_have_text("print('mine')")


@nightly
def test_graphs_are_drawn(student: Callable[..., Student], tmp_path: Path) -> None:
    """Of a wrong answer on the student's page, and of what is drawn in lines of one's own."""
    files = solved(
        "engine-add", "engine-mul", "backprop-add", "backprop-mul", "backprop-order", "trace-nodes", "trace-dot"
    )
    files["engine.py"] = files["engine.py"].replace("self.grad += other.data", "self.grad = other.data")
    page = student().open()
    bring(page, "micrograd.zip", files)
    page.locator("#notice .close").click()  # it goes by itself after a while
    assert verdicts(check(page)["report"])["backprop-mul"] == ("failed", 0)
    page.get_by_role("tab", name="Your page").click()
    drawn = page.frame_locator("#page-frame").locator("#backprop-mul figure svg")
    expect(drawn).to_have_attribute("role", "img")
    assert drawn.locator(".wrong").count() == 1
    page.get_by_role("tab", name="engine.py").click()
    page.get_by_role("tab", name="Items").click()
    page.locator("#item-backprop-mul summary").click()
    page.locator("#item-backprop-mul").get_by_role("button", name="Go to the code").click()
    own = page.get_by_label("Your own lines")
    own.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        "from micrograd.engine import Value\nfrom micrograd.trace import draw_dot\n"
        "c = Value(2.0) * Value(3.0)\nc.backward()\nprint(c)\ndraw_dot(c)\n"
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator("#try-out pre")).to_contain_text("Value(data=6.0, grad=1.0)", timeout=PATIENCE)
    expect(page.locator("#try-out svg")).to_contain_text("data 6.0000")
    size = page.locator("#try-out svg text").first.evaluate("(text) => text.getBoundingClientRect().height")
    assert size > 9  # legible, in a picture that is wider than its place
    page.screenshot(path=picture("browser-light.png", tmp_path))


OWN_LINES = [
    ("print(1)\nprint(2)", "1\n2"),
    ("1 + 1", "2"),
    ("x = 1", "It ran, and printed nothing."),
    ("1 / 0", "ZeroDivisionError: division by zero"),
    ("x = 1\nprint(y)", "In line 2:NameError: name 'y' is not defined"),
    (
        "from micrograd.engine import Value\nValue(1) + 1",
        "engine-add is still to be written (engine.py, line 38)",
    ),
]


@nightly
def test_own_lines(student: Callable[..., Student]) -> None:
    page = student().open()
    for code, says in OWN_LINES:
        page.get_by_label("Your own lines").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(code)
        page.locator("#run").click()
        expect(page.locator("#try-out")).to_contain_text(says, timeout=PATIENCE)
    page.get_by_label("Your own lines").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("sum(iter(int, 1))")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#run")).to_have_text("Stop")
    page.locator("#run").click()
    expect(page.locator("#try-out")).to_have_text("Stopped.")
    page.get_by_label("Your own lines").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print('goes on')")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#try-out")).to_contain_text("goes on", timeout=PATIENCE)


@nightly
def test_examples_of_the_lecture_run(student: Callable[..., Student]) -> None:
    page = student().open()
    bring(page, "derivative.py", solved("derivative-central")["derivative.py"].encode())
    page.get_by_role("tab", name="Lecture").click()
    assert page.locator("#lecture img").count() == 5
    page.locator("#lecture").get_by_role("button", name="Run").first.click()
    expect(page.locator("#try-out")).to_contain_text("one-sided", timeout=PATIENCE)
    page.locator("#lecture").get_by_role("link", name="The training loop").first.click()
    expect(page.locator("#lecture-the-training-loop")).to_be_in_viewport()


# --- how it looks ---------------------------------------------------------------------------------------------


def parts(page: Page) -> Iterator[str]:
    """Go through all that can be seen, part by part."""
    for tab in page.locator("#views [role=tab]:visible").all():
        tab.click()
        yield tab.inner_text()
    page.get_by_role("button", name="More", exact=True).click()
    yield "menu"
    for name in ("Copies …", "Keys and help", "About this page"):
        if not page.locator("#menu").is_visible():
            page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name=name).click()
        yield name
        page.get_by_role("dialog").get_by_role("button", name="Close").click()


@nightly
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_all_and_fits(student: Callable[..., Student], scheme: str, tmp_path: Path) -> None:
    page = student(color_scheme=scheme).open()
    files = solved("engine-add", "engine-mul", "backprop-add", "backprop-mul")
    files["engine.py"] = files["engine.py"].replace("self.grad += other.data", "self.grad = other.data")
    bring(page, "micrograd.zip", files)
    check(page)
    page.locator("#item-backprop-mul summary").click()
    page.locator("#item-backprop-mul").get_by_role("button", name="Hint", exact=True).click()
    page.locator("#item-backprop-mul").get_by_role("button", name="Run the example").click()
    expect(page.locator("#try-out pre")).to_be_visible()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900 if width > 400 else 800})
        for part in parts(page):
            if width != WIDTHS[1]:  # where it is as on the widest
                found = (
                    Axe().run(page, options={"resultTypes": ["violations"], "iframes": False}).response["violations"]
                )
                assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == [], (part, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (part, width)
            shown = part.lower().replace(" ", "-")
            page.screenshot(path=picture(f"page-{shown}-{width}-{scheme}.png", tmp_path))


@nightly
def test_colours_can_be_chosen(student: Callable[..., Student]) -> None:
    page = student(color_scheme="light").open()
    check(page)
    page.get_by_role("button", name="More", exact=True).click()
    for chosen in ("light", "dark"):
        page.locator("#theme").click()
        expect(page.locator("#theme")).to_have_text(f"Colours: {chosen}")
        if not page.locator("#menu").is_visible():
            page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("tab", name="Your page").click()
    colour = "getComputedStyle(document.body).backgroundColor"
    frame = next(each for each in page.frames if each != page.main_frame)
    assert page.evaluate(colour) == frame.evaluate(colour) == "rgb(18, 22, 28)"
    page.reload()
    assert page.evaluate(colour) == "rgb(18, 22, 28)"


# --- on a server ----------------------------------------------------------------------------------------------


@nightly
def test_a_second_visit_needs_no_network(chromium: Browser, file: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["release", "--html", str(tmp_path / "site")])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == ["index.html", "service-worker.js"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_selector("html[data-ready=python]", timeout=PATIENCE)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        server.shutdown()
        server.server_close()
        page.reload()
        page.wait_for_selector("html[data-ready=python]", timeout=PATIENCE)
        assert check(page)["report"]["score"] == 0
    finally:
        context.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
