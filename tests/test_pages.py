"""The pages of students and of the class: what they say, that nothing in them comes alive, and that they work.

The browser is Chromium, driven by Playwright; `make test` installs it where that takes no password.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import browser
from hypothesis import given
from nightly import WHOLE, nightly, only
from playwright.sync_api import Browser, Page
from reports import many_reports, rubric, sample_reports
from test_report import HOSTILE, WIDE, report, reports, verdict

from autograder.courses.micrograd import load_items
from autograder.explanation import Explanation, Part
from autograder.report import Report
from autograder.report.files import write_report
from autograder.report.html.class_page import class_page
from autograder.report.html.drawings import Drawings
from autograder.report.html.insight import clusters, insight
from autograder.report.html.pages import Pages
from autograder.report.html.student_page import student_page
from autograder.report.needs import needs

# Names that a folder may have, and a report with them.
NAMES = (
    "<img src=x onerror=alert(1)>",
    'a"onmouseover="alert(1)',
    "javascript:alert(1)",
    "100%",
    "a#b?c&d",
    "ünï ☃",
    "=1+1",
)
NONE = "\N{EN DASH}"  # stands for a number that there is not
PRINTED = "</pre></script><script>document.title = 'pwned'</script><svg onload=alert(1)>"


def write(folder: Path, found: list[Report], items: list[Any] | None = None) -> Pages:
    """Write reports, pictures and pages as grading does."""
    drawings, pages = Drawings(folder, load_items()), Pages(folder)
    for each in found:
        write_report(folder, each)
        drawings.complete(each)
        pages.replace(each, f"key {each.student}")
    drawings.draw()
    pages.write()
    pages.write_class(found, items or rubric(), [f"key {each.student}" for each in found])
    assert pages.trouble == drawings.trouble == ""
    return pages


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the sample class, and of some with names that are hard on pages."""
    folder = tmp_path_factory.mktemp("class")
    found = sample_reports()
    hostile = [replace(found[4], student=name, items=[_hostile(item) for item in found[4].items]) for name in NAMES]
    lost = report(
        verdict("engine-add", "ungraded", message="the grader failed"), student="zoe", message="the grader failed"
    )
    write(folder, [*found, *hostile, lost])
    return folder


def _hostile(item: Any) -> Any:
    said = item.explanation.map(lambda words: words and f"{words}\n{PRINTED}")
    return replace(item, stdout=PRINTED, explanation=said, hint=PRINTED)


# --- what pages hold ----------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:  # neither style nor script
            self._said.append(data)

    @property
    def text(self) -> str:
        """All that can be read, with single spaces."""
        return re.sub(r" (?=[,.:])", "", " ".join(" ".join(self._said).split()))

    def attributes(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.found if name in attributes]


def shape(page: str) -> set[str]:
    return {tag for tag, _ in Elements(page).found}


@cache
def tags() -> set[str]:
    """All that a page may hold: whatever a student writes, it adds no element of another kind."""
    samples = sample_reports()
    found = shape(class_page([*samples, replace(samples[0], student="copy")], rubric()))
    return found.union(*(shape(student_page(each, {})) for each in samples))


def assert_inert(page: str) -> None:
    elements = Elements(page)
    assert {tag for tag, _ in elements.found} <= tags()
    assert [tag for tag, _ in elements.found].count("script") == 1 and "src" not in {
        name for tag, attributes in elements.found for name in attributes if tag != "svg"
    }
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    for link in elements.attributes("href"):
        assert re.fullmatch(r"#[\w-]*|\./[^/:]*/index\.html(#[\w%-]*)?|data:,", link), link
    ids = elements.attributes("id")
    assert len(ids) == len(set(ids))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


@WIDE
@given(reports())
def test_student_pages_are_inert(found: Report) -> None:
    assert_inert(student_page(found, {}))


@WIDE
@given(reports(), reports())
def test_the_class_page_is_inert(one: Report, other: Report) -> None:
    assert_inert(class_page([one, replace(other, student=f"{one.student}2")], [*one.items]))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_student_page_says_what_was_said_in_letters(text: str) -> None:
    found = report(verdict(message=text, stdout=text, hint=text, reproduce=text, file=text, line=3), student=text)
    assert_inert(student_page(replace(found, message=text), {}))


def test_a_student_page_tells_all() -> None:
    found = next(each for each in sample_reports() if each.student == "emil")
    page = student_page(found, {"backprop-mul": '<svg class="drawn"></svg>'})
    text = Elements(page).text
    for part in (
        "What to do next engine-rsub Subtract from a plain number micrograd/engine.py:109",
        "In your code, a reflected operation does self - other (or self / other) where other - self",
        "After that: engine-rtruediv, trace-nodes, trace-dot and 16 more.",
        "Asked Value(4.0) * 2, a.grad already 10.0, upstream gradient 3.0",
        "what should be yours is a.grad 16.0 6.0",
        "Where a.grad comes from: 10 was there, and 2·3 comes back from out: 16.",
        "all your answers are those of code in which a rule overwrites the gradient that an operand has already",
        "at micrograd/engine.py:34",
        "Hint: Suppose another result has used a before",
        "To see it, paste this into Python",
        "waits for trace-nodes",
        "47 of 100",
    ):
        assert part in text, part
    assert page.count('<svg class="drawn"></svg>') == 1
    links = {link for link in Elements(page).attributes("href") if link.startswith("#")}
    assert {"#backprop-mul", "#trace-nodes", "#assignment-nn"} <= links
    assert {link[1:] for link in links} <= set(Elements(page).attributes("id"))


def test_every_wrong_answer_of_the_sample_class_is_shown() -> None:
    """Expected stands beside got wherever parts of an answer are compared."""
    for found in sample_reports():
        page = student_page(found, {})
        compared = [
            item
            for item in found.items
            if item.explanation.parts and not any(part.words for part in item.explanation.shown)
        ]
        same = page.count("The same as at")
        assert page.count('<table class="compare">') + same >= len(compared), found.student
        for item in found.items:
            assert f'id="{item.id}"' in page


def test_what_an_exception_says_is_shown_with_the_students_own_frames() -> None:
    found = next(each for each in sample_reports() if each.student == "ivan")
    text = Elements(student_page(found, {})).text
    assert "-Value(3.0) raised RecursionError: maximum recursion depth exceeded" in text
    assert "the last call first micrograd/engine.py:93 in __neg__ micrograd/engine.py:96 in neg" in text
    assert "What your code printed log is not finished" in text


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([verdict(status="passed")], "All 2 points of the core"),
        ([verdict(status="todo", message="is still to be written")], "This one is still to be written."),
        ([verdict(status="ungraded")], "this is to be graded again"),
        ([], "this is to be graded again"),
    ],
)
def test_what_to_do_next(items: list[Any], says: str) -> None:
    text = Elements(student_page(report(*items), {})).text
    assert says in text.partition("What to do next")[2]


def test_what_is_wrong_with_a_submission_comes_first() -> None:
    found = next(each for each in sample_reports() if each.student == "marek")
    text = Elements(student_page(found, {})).text
    advice = text.index("There was nothing to grade: mend what is said above")
    assert text.index("marek.tar.gz is not a readable archive") < advice
    assert "After that" not in text


def test_no_page_says_more_than_the_report() -> None:
    """What the exam asks and what is right stands in no report, and in no page either, but for the counterexample."""
    for found in sample_reports():
        if found.score + found.bonus == 0 or found.student == "ada":
            text = Elements(student_page(found, {})).text
            assert ("should be" in text) == any("should be" in item.message for item in found.items)


# --- the class ----------------------------------------------------------------------------------------------


def wrong(student: str, item: str, got: float, **changes: Any) -> Report:
    example = {"inputs": {"x": 1.0}, "expected": [2.0], "got": [got]}
    why = Explanation(asked="`x`", parts=(Part("a", "2.0", str(got)),))
    return report(verdict(item, counterexample=example, explanation=why, **changes), student=student)


def test_clusters_are_of_one_mistake() -> None:
    does = Explanation(mistake="it is set")
    named = [
        report(verdict("engine-add"), verdict("engine-mul", diagnosis="sets", explanation=does), student=s)
        for s in "abc"
    ]
    named[0].items[0] = replace(named[0].items[0], diagnosis="sets", explanation=does)
    found = clusters([*named, *(wrong(s, "engine-pow", 5.0) for s in "de"), wrong("f", "engine-pow", 6.0)])
    assert [(c.diagnosis, c.items, "".join(r.student for r, _ in c.people)) for c in found] == [
        ("sets", ("engine-mul", "engine-add"), "abc"),
        ("", ("engine-add",), "bc"),
        ("", ("engine-pow",), "de"),
    ]
    assert found[0].about == "It is set" and found[2].about == "`x`: a should be 2.0, yours is 5.0"
    assert [item for _, item in found[0].people] == ["engine-add", "engine-mul", "engine-mul"]


def test_what_the_same_students_share_is_one_cluster() -> None:
    everywhere = [verdict(id, "error", message="nn.py cannot be imported") for id in ("nn-neuron", "nn-layer")]
    (found,) = clusters([report(*everywhere, student=student) for student in "ab"])
    assert found.items == ("nn-neuron", "nn-layer") and len(found.people) == 2


def test_the_class_as_a_whole() -> None:
    view = insight(sample_reports(), rubric())
    assert sum(view.histogram) == 17 and view.histogram[10] == 2
    assert {each.student for each in view.unread} == {"marek", "rosa"}
    assert [each.score for each in view.risk] == sorted(each.score for each in view.risk)
    assert {each.student for each in view.risk} == {
        each.student for each in view.reports if each.score < 40 and not each.unread
    }
    core = [not row["bonus"] for row in view.items]
    assert core == sorted(core, reverse=True) and view.items[0]["passed"] < view.items[45]["passed"]
    sizes = [len(cluster.people) for cluster in view.clusters]
    assert sizes == sorted(sizes, reverse=True) and min(sizes) > 1
    copy = replace(view.reports[0], student="copy")
    (group,) = insight([*view.reports, copy], rubric()).copies
    assert [each.student for each in group] == [view.reports[0].student, "copy"]
    untouched = next(each for each in view.reports if each.student == "lena")
    assert insight([untouched, replace(untouched, student="copy")], rubric()).copies == []


def test_mistakes_of_the_bonus_stand_apart() -> None:
    both = [report(verdict("engine-add", diagnosis="sets"), verdict("stretch-deep", diagnosis="deep"), student=s)
            for s in "ab"]  # fmt: skip
    view = insight(both, both[0].items)
    assert [each.items for each in view.clusters] == [("engine-add",)]
    assert [each.items for each in view.bonus] == [("stretch-deep",)]
    text = Elements(class_page(both, both[0].items)).text
    assert text.index("engine-add") < text.index("In the bonus alone") < text.index("stretch-deep")


def test_what_cannot_be_imported_is_told_first() -> None:
    lost = Explanation("micrograd/engine.py cannot be imported: SyntaxError: invalid syntax", unimported=True)
    found = report(
        verdict("derivative-central", "todo"), verdict("engine-add", "error", explanation=lost), message="some remark"
    )
    text = Elements(student_page(found, {})).text.partition("What to do next")[2]
    assert text.startswith(" engine-add The product") or text.index("cannot be imported") < text.index("derivative")
    risk = Elements(class_page([found], found.items)).text.partition("what is wrong")[2]
    assert risk.partition("Students")[0].count("First of all: micrograd/engine.py cannot be imported") == 1


def test_who_handed_in_nothing_to_read_is_not_at_risk_and_names_stand_beside_ids() -> None:
    unread = replace(report(student="eva"), unread="empty", message="no micrograd/ folder", out_of=2.0)
    named = replace(report(verdict()), student="lovelaceada", who={"name": "Lovelace, Ada", "email": "a@x.org"})
    assert [each.student for each in insight([unread, named], named.items).risk] == ["lovelaceada"]
    assert "lovelaceada Lovelace, Ada a@x.org" in Elements(class_page([unread, named], named.items)).text
    assert "Lovelace, Ada" in Elements(student_page(named, {})).text


def test_a_class_of_nobody_and_one_of_ungraded_ones() -> None:
    assert "0 submissions" in Elements(class_page([], rubric())).text
    lost = report(verdict(status="ungraded", message="out of memory"), student="s")
    text = Elements(class_page([lost], [verdict()])).text
    assert "out of memory" in text and "NaN" not in text and "mean" not in text


# --- files --------------------------------------------------------------------------------------------------


def test_a_page_is_written_again_only_when_it_has_to(tmp_path: Path) -> None:
    (found,) = [each for each in sample_reports() if each.student == "emil"]
    pages = write(tmp_path, [found])
    page, whole = tmp_path / "emil" / "index.html", tmp_path / "index.html"

    def written(key: str, each: Report = found) -> tuple[bool, bool]:
        for path in (page, whole):
            if path.is_file():
                path.write_text(path.read_text() + "old")
        pages.complete(each, key)
        pages.write()
        pages.write_class([each], rubric(), [key])
        return tuple(not path.read_text().endswith("old") for path in (page, whole))

    assert written("key emil") == (False, False)
    assert written("another key") == (True, True)
    (tmp_path / "emil" / "backprop-mul.svg").unlink()
    assert written("another key") == (True, False)  # text stands in for the picture
    page.unlink()
    whole.unlink()
    assert written("another key") == (True, True)
    assert written("", found) == (True, True)  # what is ungraded has no key
    pages.replace(found, "new")
    assert not page.exists()


def test_a_page_that_cannot_be_written_costs_no_report(tmp_path: Path) -> None:
    found = sample_reports()[:2]
    pages = write(tmp_path, found)
    (tmp_path / found[0].student / "index.html").unlink()
    (tmp_path / found[0].student / "index.html").mkdir()
    for each in found:
        pages.complete(each, "new")
    pages.write()
    assert pages.trouble.startswith(f"the page of {found[0].student} cannot be written (IsADirectoryError")
    assert "new" not in pages.trouble and (tmp_path / found[1].student / "index.html").is_file()


def test_without_jinja_a_class_is_graded_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("page", "student_page", "class_page"):
        monkeypatch.delitem(sys.modules, f"autograder.report.html.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    found, pages = sample_reports()[:1], Pages(tmp_path)
    pages.replace(found[0], "key")
    pages.write()
    pages.write_class(found, rubric(), ["key"])
    assert pages.trouble == (
        "pages are not written, for Jinja2 is not installed: "
        "in the checkout of gradschool, pip install -e '.[grade]' -c constraints.txt"
    )


# --- in the browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """Open a page in a window of its own. At the end none may have said anything on the console, or asked for anything
    but itself."""
    said: list[str] = []
    contexts = []

    def open_page(path: Path, anchor: str = "", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request", lambda asked: None if asked.is_navigation_request() else said.append(f"asks for {asked.url}")
        )
        page.goto(path.as_uri() + anchor)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def names(page: Page) -> list[str]:
    return page.locator("#roll tbody tr:visible th a").all_inner_texts()


def test_links_lead_to_the_item_in_the_students_page(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "index.html")
    cluster = page.locator(".clusters > li").first
    assert not cluster.locator("a").first.is_visible()
    cluster.locator("summary").click()
    link = cluster.locator("a").first
    student, item = link.inner_text(), str(link.get_attribute("href")).partition("#")[2]
    link.click()
    assert page.locator("h1").inner_text() == student
    assert page.locator(f"#{item} > details").get_attribute("open") is not None
    page.wait_for_function("document.querySelector(location.hash).getBoundingClientRect().top < innerHeight")


@pytest.mark.parametrize("keyboard", only([False, True], False.__eq__))
def test_tables_sort(open_page: Open, class_folder: Path, keyboard: bool) -> None:
    page = open_page(class_folder / "index.html")
    heading = page.locator("#roll th", has_text="score")
    button = heading.locator("button")

    def press() -> list[float]:
        if keyboard:
            button.focus()
            page.keyboard.press("Enter")
        else:
            button.click()
        cells = page.locator("#roll tbody tr td:nth-child(2)").all_inner_texts()
        return [-1.0 if cell in ("?", "-") else float(cell) for cell in cells]

    assert names(page) == sorted(names(page)) and heading.get_attribute("aria-sort") == "none"
    assert (down := press()) == sorted(down, reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"
    assert (up := press()) == sorted(up) and set(up) == set(down)
    assert heading.get_attribute("aria-sort") == "ascending"
    assert page.locator("#roll th[aria-sort=none]").count() == page.locator("#roll th[aria-sort]").count() - 1


@nightly
def test_items_sort_by_what_they_show(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "index.html")
    page.get_by_role("button", name="discrimination").click()
    shown = page.locator("section[aria-labelledby=items] tbody td:last-child").all_inner_texts()
    numbers = [float(text) for text in shown if text != NONE]
    assert len(numbers) > 40 and numbers == sorted(numbers, reverse=True)
    assert all(text == NONE for text in shown[len(numbers) :])


def test_students_are_found(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "index.html")
    everybody = names(page)
    page.get_by_label("Search").fill("EMI")
    assert names(page) == ["emil"] and "1 of" in page.locator("#found").inner_text()
    page.get_by_label("Search").fill("not a readable archive")
    assert names(page) == ["marek"]
    page.get_by_label("Search").fill("nobody")
    assert names(page) == []
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    assert names(page) == everybody


@nightly
def test_items_fold(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "emil" / "index.html")
    body = page.locator("#backprop-mul .body")
    assert body.is_visible()
    page.locator("#backprop-mul summary.head").focus()
    page.keyboard.press("Space")
    assert not body.is_visible()
    page.get_by_role("button", name="Unfold all").click()
    assert body.is_visible()
    page.get_by_role("button", name="Fold all", exact=True).click()
    assert page.locator(".item .body:visible").count() == 0
    page.locator(".next a").first.click()
    page.locator("#engine-rsub .body").wait_for()  # the address has changed by then, and the page looks at that


@nightly
def test_the_keyboard_gets_to_the_content_at_once(open_page: Open, class_folder: Path) -> None:
    for path in (class_folder / "index.html", class_folder / "emil" / "index.html"):
        page = open_page(path)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_lines_are_copied(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "emil" / "index.html", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#backprop-mul [data-copy]").click()
    page.locator("#backprop-mul [data-copy]", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#backprop-mul .paste code").inner_text()


@pytest.mark.parametrize("scheme", only(["light", "dark"], "dark".__eq__))
@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        *only([f"{name}/index.html" for name in ("emil", "ada", "marek", "ivan")], lambda _: False),
    ],
)
def test_axe_finds_nothing(open_page: Open, class_folder: Path, name: str, scheme: str) -> None:
    page = open_page(class_folder / name, color_scheme=scheme)
    assert_accessible(page, None if WHOLE else 2)


def assert_accessible(page: Page, rows: int | None, within: str | None = None) -> None:
    """All of it unfolded; of tables and lists so many rows and the last one, for they are all alike."""
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    alike = f"main :is(tbody tr, li):nth-child(n + {(rows or 0) + 1}):not(:last-child)"
    if rows:
        page.evaluate("alike => document.querySelectorAll(alike).forEach(each => each.remove())", alike)
    found = Axe().run(page, within, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found] == []


@pytest.mark.parametrize("name", only(["index.html", "emil/index.html", "ivan/index.html"], "index.html".__eq__))
def test_a_phone_is_wide_enough(open_page: Open, class_folder: Path, name: str) -> None:
    page = open_page(class_folder / name, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    hints = page.evaluate("""[...document.querySelectorAll('.scroll:has(> .sortable)')].map(
        scroll => getComputedStyle(scroll, '::before').content)""")
    assert all("scroll sideways" in hint for hint in hints) and bool(hints) == (name == "index.html")
    cut = page.evaluate("""[...document.querySelectorAll('section > details .scroll:not(:has(> .sortable))')].filter(
        scroll => scroll.scrollWidth > scroll.clientWidth).length""")
    assert cut == 0  # what does not say that it can be scrolled fits


def test_all_is_printed(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "emil" / "index.html")
    folded = page.locator("details:not([open])").count()
    assert folded > 3
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.emulate_media(media="print")
    assert not page.locator(".tools").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded


def test_pages_work_without_script(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "index.html", java_script_enabled=False)
    assert len(page.locator("#roll tbody th a").all()) == 19 + len(NAMES) + 1 and page.locator("#search").is_disabled()
    page.locator(".clusters summary").first.click()
    assert page.locator(".clusters a").first.is_visible()


def test_hostile_names_and_prints_stay_inert(open_page: Open, class_folder: Path) -> None:
    page = open_page(class_folder / "index.html")
    assert set(NAMES) <= set(names(page))
    for name in NAMES:
        link = page.locator("#roll tbody a", has_text=name).first
        assert unquote(str(link.get_attribute("href"))) == f"./{name}/index.html"
        if not WHOLE and name != NAMES[0]:  # by day only the name that could become markup is followed
            continue
        link.click()
        assert page.locator("h1").inner_text() == name and page.title().startswith(name)
        if WHOLE or name == NAMES[0]:  # what was printed is the same in all
            page.get_by_role("button", name="Unfold all").click()
            page.locator(".minor summary").last.click()
            assert PRINTED in page.locator(".minor pre").last.inner_text()
        page.go_back()


def test_an_injected_script_would_not_run(chromium: Browser, class_folder: Path, tmp_path: Path) -> None:
    """Even if escaping failed, the policy in the page lets no other script run, and nothing be asked for."""
    source = (class_folder / "emil" / "index.html").read_text()
    injected = """
        <script>document.title = 'pwned'</script><b onclick="document.title = 'pwned'">b</b>
        <img src="https://example.org/x.png"><iframe src="https://example.org"></iframe>
    """
    (tmp_path / "page.html").write_text(source.replace("<main", f"{injected}<main", 1))
    context = chromium.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    page.locator("b").first.click()
    page.wait_for_function("document.readyState === 'complete'")
    assert page.title().startswith("emil")
    context.close()
    refused = [text for text in said if "Content Security Policy" in text]
    for directive in ("script-src", "img-src", "default-src"):
        assert any(f"'{directive}" in text or f'"{directive}' in text for text in refused), (directive, said)


# --- a large class ------------------------------------------------------------------------------------------

DRAWN = 300  # rows of a table that holds more
SIZE = 800  # which is more, too, and more than any list of names
ALL = SIZE + len(NAMES) + SIZE // 4


@cache
def large(size: int) -> list[Report]:
    """A class of many, all of whom share mistakes, need something or are at risk; with names that are hard on pages,
    which come last."""
    found = [
        replace(each, who={"name": f"Number {place}, Student", "email": f"{each.student}@example.org"},
                message="look at this" if place % 2 else "")
        for place, each in enumerate(many_reports(size))
    ]  # fmt: skip
    hard = [replace(each, student=f"~{name}", message=PRINTED) for name, each in zip(NAMES, found, strict=False)]
    lost = [report(verdict(status="ungraded"), student=f"lost{place}") for place in range(size // 4)]
    return [*found, *hard, *lost]


def write_large(folder: Path, found: list[Report]) -> Path:
    path = folder / f"{len(found)}.html"
    path.write_text(class_page(found, rubric(), found=needs(found)))
    return path


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_large(tmp_path_factory.mktemp("large"), large(SIZE))


@nightly
def test_a_class_of_two_thousand(open_page: Open, tmp_path: Path) -> None:
    """Its page is one file without requests; sorting and searching it works as in a small one, over all of it."""
    found = many_reports(2000)
    (tmp_path / "index.html").write_text(class_page(found, rubric()))
    page = open_page(tmp_path / "index.html")
    assert page.locator("#roll tbody tr").count() == DRAWN
    page.locator("#roll th button", has_text="score").click()
    best = max(found, key=lambda each: each.score).score
    assert float(page.locator("#roll tbody tr td:nth-child(2)").first.inner_text()) == best
    page.get_by_label("Search").fill("s199")
    assert names(page) == sorted(names(page), key=names(page).index) and len(names(page)) == 10
    assert (tmp_path / "index.html").stat().st_size < 2_000_000


@nightly
def test_a_page_does_not_grow_with_the_class(open_page: Open, tmp_path: Path) -> None:
    """Lists of names, and rows that are drawn, are as long in a class of five thousand as in one of two thousand."""

    def elements(written: Path) -> int:
        page = open_page(written)
        count = page.evaluate("document.querySelectorAll('*').length")
        assert count < 13_000
        page.get_by_label("Search").fill("s")
        page.locator("#roll th button", has_text="score").click()
        assert page.evaluate("document.querySelectorAll('*').length") < 13_000
        return int(count)

    large_page, larger = (write_large(tmp_path, large(size)) for size in (2000, 5000))
    assert elements(larger) <= elements(large_page) * 1.03  # a mistake that few share, more or less


def test_what_is_left_out_of_a_list_is_said(large_page: Path) -> None:
    text = Elements(large_page.read_text()).text
    shared = text.partition("shares a misconception")[2].partition("most trouble of their own")[0]
    assert re.search(r"and \d\d+ more", shared)
    assert re.search(r"and [\d,]+ more: needs-you.csv has all", text.partition("Needs you")[2])
    assert re.search(r"of whom these are the lowest 100; the table of students has all, by score", text)
    assert "and 100 more: needs-you.csv has all" in text.partition("Ungraded For")[2]


def test_who_is_not_drawn_is_found_and_drawn_alike(open_page: Open, large_page: Path, tmp_path: Path) -> None:
    """A row that the script draws of data is the one that stands in the page of a class that has no other."""
    hard = [each for each in large(SIZE) if each.student.startswith("~")]
    few = open_page(write_large(tmp_path, hard))
    many = open_page(large_page)
    assert not set(names(many)) & {each.student for each in hard}
    many.get_by_label("Search").fill("~")
    assert names(many) == names(few) == [f"~{name}" for name in sorted(NAMES)]
    assert many.locator("#found").inner_text() == f"{len(NAMES)} of {ALL:,} students"
    row = "rows => rows.map(row => [row.innerText, row.querySelector('a').pathname.split('/').slice(-2).join('/')])"
    drawn = [page.locator("#roll tbody tr").evaluate_all(row) for page in (few, many)]
    drawn = [[(text, unquote(link)) for text, link in each] for each in drawn]
    assert drawn[0] == drawn[1]
    assert many.locator("#roll a[href^='javascript'], #roll img, #roll [onmouseover]").count() == 0


def test_a_large_table_is_walked_by_the_keyboard(open_page: Open, large_page: Path) -> None:
    page = open_page(large_page)
    table, found = page.locator("#roll"), page.locator("#found")
    assert (
        found.inner_text() == f"1 to 300 of {ALL:,} students" and table.get_attribute("aria-rowcount") == f"{ALL + 1}"
    )
    page.keyboard.press("Control+f")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("student") if WHOLE else page.keyboard.insert_text("student")  # by day all letters at once
    assert found.inner_text() == f"1 to 300 of 807 of {ALL:,} students"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # there is nothing before
    assert found.inner_text().startswith("1 to 300") and table.get_attribute("aria-rowcount") == "808"
    page.keyboard.press("Tab")
    for _ in range(5 if WHOLE else 3):  # once more than there are others
        page.keyboard.press("Enter")
    assert found.inner_text() == f"601 to 807 of 807 of {ALL:,} students"
    assert page.evaluate("document.activeElement.textContent") == "Next 300"
    rows = table.locator("tbody tr")
    assert [rows.nth(place).get_attribute("aria-rowindex") for place in (0, 206)] == ["602", "808"]
    assert rows.count() == 207 and rows.nth(199).locator("a").inner_text() == "s0799"
    page.locator("#roll th button", has_text="student").click()
    assert names(page)[-1] == "s0500" and found.inner_text().startswith("1 to 300")


@pytest.mark.parametrize("rows", only([2, DRAWN], {2}.__contains__))
def test_axe_finds_nothing_in_a_large_class(open_page: Open, large_page: Path, rows: int) -> None:
    """By day of the table of students alone, with its first and last rows: they are all alike."""
    whole = None if rows == DRAWN else "section[aria-labelledby=students]"  # the rest is that of a small class
    assert_accessible(open_page(large_page), rows, whole)


def test_a_large_class_without_script_is_told_where_the_rest_is(open_page: Open, large_page: Path) -> None:
    page = open_page(large_page, java_script_enabled=False)
    assert page.locator("#roll tbody tr").count() == DRAWN
    assert "grades.csv has those who are not drawn" in page.locator("section[aria-labelledby=students]").inner_text()


def test_data_of_students_stays_data(large_page: Path) -> None:
    """Nothing that a student wrote ends the element with the data, or is one."""
    text = large_page.read_text()
    (data,) = re.findall(r'<script type="application/json" id="rest">(.*?)</script>', text, re.S)
    assert data.isascii() and not re.search("[<>&]", data)
    told = json.loads(data)
    assert len(told) == ALL - DRAWN and sum(PRINTED in str(row) for row in told) == len(NAMES)
    assert {tag for tag, _ in Elements(text).found} <= {*tags(), "noscript"}
    assert text.count("<script") == 2
