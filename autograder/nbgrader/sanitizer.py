"""A student's notebook, harmless to whoever looks at it: in nbgrader's feedback and in formgrader alike.

What is shown is put together anew from the parts of the notebook that have a meaning, and all HTML that comes of it is
cleaned once more, by nbconvert's own means, with what a lesson needs: headings, lists, tables, code, pictures. Nothing
in it runs, and nothing is fetched from elsewhere or sent anywhere, also not by a click: whatever address a student
writes would be opened with the rights of the one who reads it.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from mistune import import_plugin
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from pygments.token import STANDARD_TYPES
from traitlets import Bool

from autograder.nbgrader.plain_files import copying_plainly

_CELLS = 1_000
_LONGEST, _ALL = 30_000, 300_000  # characters of a cell, and of all cells, beyond which they are cut
_TAGS_SHOWN = 1_000  # in a cell or output, beyond which its source is shown
_PYTHON = {"name": "python", "pygments_lexer": "python3", "file_extension": ".py"}
_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
_SHOWN = ("text/plain", "text/html", "text/latex", "text/markdown", *_PICTURES)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_TAGS = frozenset(
    {"a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3",
     "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table",
     "tbody", "td", "th", "thead", "tr", "u", "ul"}
)  # fmt: skip
_CLASSES = frozenset({*STANDARD_TYPES.values(), "highlight", "hl-python3"})
_DATA = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
_FILE = re.compile(r"\w[\w -]*(/\w[\w -]*)*\.(png|jpe?g|gif|webp)", re.I | re.A)
_LENGTH = r"(\d{1,2}(\.\d{1,2})?(px|em)?)"
_COLOUR = r"(#[0-9a-fA-F]{3,8}|[a-z]{1,20})"
_STYLE = re.compile(
    rf"(background-)?color:\s*{_COLOUR}|text-align:\s*[a-z]+|font-(weight|style|family):\s*[a-z]+"
    rf"|(margin|padding):(\s*{_LENGTH}){{1,4}}|border-left:\s*\dpx solid {_COLOUR}|white-space:\s*pre(-wrap)?"
)
_STYLES = ["color", "background-color", "text-align", "font-weight", "font-style", "font-family", "margin", "padding",
           "border-left", "white-space"]  # fmt: skip
_DRAWING, _DRAWN = "<svg ", "</svg>"
_MARK_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_MARKS: dict[str, Any] = {
    "schema_version": int,
    "grade": bool,
    "locked": bool,
    "points": (int, float),
    "solution": bool,
    "task": bool,
}


class Feedback(HTMLExporter):
    """Exports feedback, and has nothing but plain files copied beside it."""

    def __init__(self, config: Any = None, **options: Any):
        super().__init__(config=config, **options)
        copying_plainly(self.parent)


class Harmless(Preprocessor):
    """Puts a notebook together anew before it is shown."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook without what has no meaning, or one that harms."""
        return plain_notebook(nb), resources


def plain_notebook(nb: Any) -> Any:
    """A notebook of nothing but cells, their sources, marks, pictures and outputs, all of the right form."""
    cells = []
    seen: set[str] = set()
    left = _ALL
    for given in list(_dict(nb).get("cells") or ())[:_CELLS]:
        cell = _plain_cell(_dict(given), min(left, _LONGEST))
        left -= min(left, len(cell.source))
        if _ID.fullmatch(name := _text(_dict(given).get("id"))) and name not in seen:
            cell.id = name
        seen.add(cell.id)
        if marks := _plain_marks(_dict(_dict(_dict(given).get("metadata")).get("nbgrader"))):
            cell.metadata["nbgrader"] = marks
        cells.append(cell)
    return new_notebook(cells=cells, metadata={"kernelspec": dict(_KERNEL), "language_info": dict(_PYTHON)})


def _plain_marks(given: Any) -> dict[str, Any]:
    """What nbgrader has to know of a cell, empty where it is none of nbgrader's."""
    if not _MARK_ID.fullmatch(id := _text(given.get("grade_id"))):
        return {}
    plain = {name: given[name] for name, kind in _MARKS.items() if isinstance(given.get(name), kind)}
    words = {name: word for name in ("cell_type", "checksum") if _MARK_ID.fullmatch(word := _text(given.get(name)))}
    return {**plain, **words, "grade_id": id}


def _plain_cell(given: Any, most: int) -> Any:
    kind, source = given.get("cell_type"), _text(given.get("source"))
    if len(source) > most:
        source = f"{source[:most]}\n… and {len(source) - most:,} characters more"
    if kind == "code":
        outputs = [_plain_output(_dict(each)) for each in list(given.get("outputs") or ())[:_CELLS]]
        return new_code_cell(source, outputs=outputs, execution_count=_count(given))
    if kind != "markdown":
        return new_raw_cell(source)
    cell = new_markdown_cell(source)
    attached = {
        str(name): pictures
        for name, each in _dict(given.get("attachments")).items()
        if (pictures := {kind: _text(data) for kind, data in _dict(each).items() if kind in _PICTURES})
    }
    if attached:
        cell["attachments"] = attached
    return cell


def _plain_output(given: Any) -> Any:
    kind = given.get("output_type")
    if kind == "stream":
        return new_output("stream", name="stdout", text=_text(given.get("text")))
    if kind == "error":
        lines = [_text(line) for line in list(given.get("traceback") or ())[:_CELLS]]
        return new_output("error", ename=_text(given.get("ename")), evalue=_text(given.get("evalue")), traceback=lines)
    data = {kind: _text(part) for kind, part in _dict(given.get("data")).items() if kind in _SHOWN}
    if kind == "execute_result":
        return new_output(kind, data, execution_count=_count(given))
    return new_output("display_data", data)


def _count(given: Any) -> int | None:
    count = given.get("execution_count")
    return count if type(count) is int else None


def _dict(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


# --- nbconvert's filters, which the templates of feedback and formgrader call


@pass_context
def markdown(context: Any, source: str) -> str:
    """Markdown as clean HTML, with formulas left to MathJax."""
    attachments = _dict(_dict(context.get("cell")).get("attachments"))
    return _shown(source, lambda text: _clean(_Markdown(attachments).render(text)))


def highlighted(source: str, language: str | None = None, metadata: Any = None) -> str:
    """Code as HTML, with its colours: Python's, whatever the notebook says, for IPython's take quadratic time."""
    return _shown(source, lambda text: str(Highlight2HTML("python3")(text)))


def clean(text: Any) -> str:
    """HTML with nothing in it that acts; what is not allowed shows as text. Drawings become pictures, where no script
    runs and nothing is fetched."""
    return _shown(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text), _clean)


def _clean(text: str) -> str:
    text = _with_pictures(text)
    if len(re.findall("<[a-zA-Z]", text)) > _TAGS_SHOWN:
        raise ValueError("more than there is in any answer")
    return str(_cleaner().clean(text))


def _shown(source: str, show: Callable[[str], str]) -> str:
    """`source` as `show` makes it, or as it is where that cannot be."""
    try:
        return show(source)
    except Exception:  # parsers of hostile text
        return f"<pre>{html.escape(source[: 2 * _LONGEST])}</pre>"


def _with_pictures(text: str) -> str:
    """HTML with each drawing in it as a picture."""
    parts = []
    done = 0
    while (start := text.find(_DRAWING, done)) >= 0 and (end := text.find(_DRAWN, start)) >= 0:
        drawing = text[start : end + len(_DRAWN)]
        data = base64.b64encode(drawing.encode("utf-8", "replace")).decode("ascii")
        parts += [text[done:start], f'<img alt="a drawing" src="data:image/svg+xml;base64,{data}">']
        done = start + len(drawing)
    return "".join([*parts, text[done:]])


@cache
def _cleaner() -> Any:
    styles = CSSSanitizer(allowed_css_properties=_STYLES)
    return Cleaner(tags=_TAGS, attributes=_is_allowed, protocols=["data", "https"], css_sanitizer=styles)


def _is_allowed(tag: str, name: str, value: str) -> bool:
    """Whether an element may keep an attribute. Ids are formgrader's, and so are all classes but those of colours."""
    if name == "class":
        return tag in ("div", "span", "pre", "code") and set(value.split()) <= _CLASSES
    if name == "style":
        return all(_STYLE.fullmatch(part.strip()) for part in value.split(";") if part.strip())
    if tag == "img" and name == "src":
        return bool(_DATA.fullmatch(value) or _FILE.fullmatch(value))
    if tag == "img":
        return name in ("alt", "title") or (name in ("width", "height") and value.isascii() and value.isdigit())
    if tag in ("td", "th"):
        return name in ("colspan", "rowspan") and value.isascii() and value.isdigit() and len(value) < 3
    return tag == "ol" and name == "start" and value.isascii() and value.isdigit()


class _Renderer(IPythonRenderer):
    """Shows addresses as text, for nobody should follow a student's link; and Python alone in colours."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = html.escape(url[:300])
        return text if address in text else f"{text} ({address})"

    def block_code(self, code: str, info: str | None = None) -> str:
        words = (info or "").split()
        return str(super().block_code(code, "python" if words and words[0] in ("python", "py") else None))

    def _embed_image_or_attachment(self, src: str) -> str:
        name = src.removeprefix("attachment:")
        return str(super()._embed_image_or_attachment(src)) if src == name or name in self.attachments else ""


class _Markdown(MarkdownWithMath):
    def __init__(self, attachments: Any):
        plugins: Iterator[Any] = map(import_plugin, ("strikethrough", "table", "def_list"))
        renderer = _Renderer(escape=False, attachments=attachments, exclude_anchor_links=True)
        super().__init__(renderer, plugins=plugins)
