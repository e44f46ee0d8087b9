"""What all pages have in common: the templates, the policy, and texts made fit for them.

Everything goes through Jinja's escaping. What is put in as it is: the style, the script, and drawings of `graph`,
whose text is escaped where they are drawn. The policy in the page lets no script run but ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.course import in_use
from autograder.report.html.policy import policy, script, source
from autograder.report.text import MARKS, plain, shortened
from autograder.settings.in_force import in_force
from autograder.texts import ENGLISH, _

_CODE = re.compile(r"`([^`\n]+)`")


def page(name: str, stamp: str, **about: Any) -> str:
    runs = script(name)
    shared = {"stamp": stamp, "script": Markup(runs), "policy": policy(runs)}
    about = {"language": ENGLISH, "course": course_title(), **shared, **about}
    page: str = _environment().get_template(name).render(**about)
    return page


def course_title() -> str:
    """What pages call the course."""
    return ", ".join(filter(None, [in_use().title, in_force().term]))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(source), autoescape=True, undefined=StrictUndefined, auto_reload=False, trim_blocks=True,
    )  # fmt: skip
    environment.globals.update(style=Markup(source("page.css")), marks=MARKS, _=spoken)
    environment.filters["prose"] = _prose
    return environment


def _prose(said: str | Markup) -> Markup:
    """A sentence in which `code` is marked as such."""
    if isinstance(said, Markup):
        return said
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(said))))


def layers_line(layers: Sequence[str]) -> str:
    return plain(", ".join(layers)) or _("no sandbox")


def spoken(sentence: str, /, **values: object) -> Markup:
    """A sentence of a template in the language in force; marked up are those of the values alone that are that."""
    said = escape(_(sentence))
    return said.format(**values) if values else said


def block(message: str) -> str:
    return shortened(plain(message), lines=40, width=1000).strip()


def line(message: str) -> str:
    """The beginning of a text, on one line."""
    return shortened(" ".join(plain(message).split()), lines=1, width=240)


def anchor(id: str) -> str:
    return re.sub(r"[^\w-]", "-", plain(id))
