"""Words of ours that are said elsewhere than where they are made, perhaps in another language. Standard library alone:
a sandbox has them, and an exam keeps them."""

from __future__ import annotations

from typing import Any, Self

_TEMPLATE, _VALUES = "phrase", "with"


def N_(sentence: str) -> str:
    """Mark a sentence that is translated where it is said."""
    return sentence


class Phrase(str):
    """English words, and what they are made of: a `template` with named places, and the `values` in these, which may be
    phrases themselves. Whoever knows nothing of that takes it for a text."""

    template: str
    values: dict[str, str]

    def __new__(cls, template: str, /, **values: object) -> Self:
        texts = {name: value if isinstance(value, Phrase) else str(value) for name, value in values.items()}
        made = super().__new__(cls, template.format(**texts) if texts else template)
        made.template, made.values = template, texts
        return made

    @classmethod
    def row(cls, between: str, parts: list[str]) -> str:
        """Texts in a row, with something between them."""
        if len(parts) < 2 or not any(isinstance(part, Phrase) for part in (between, *parts)):
            return parts[0] if len(parts) == 1 else between.join(parts)
        named = {f"part{place}": part for place, part in enumerate(parts)}
        return cls("{between}".join(f"{{{name}}}" for name in named), between=between, **named)


def data(text: str) -> Any:
    """A text as plain data: a phrase as its template and values."""
    if not isinstance(text, Phrase):
        return str(text)
    return {_TEMPLATE: text.template, _VALUES: {name: data(value) for name, value in text.values.items()}}


def read(data: Any) -> str:
    """The inverse of `data`."""
    if isinstance(data, str):
        return data
    return Phrase(data[_TEMPLATE], **{name: read(value) for name, value in data[_VALUES].items()})


def parts(data: Any) -> tuple[str, dict[str, Any]] | None:
    """Template and values of a phrase, by its data; None for what is none."""
    if not (isinstance(data, dict) and data.keys() == {_TEMPLATE, _VALUES}):
        return None
    template, values = data[_TEMPLATE], data[_VALUES]
    return (template, values) if isinstance(template, str) and isinstance(values, dict) else None


def in_english(tree: Any) -> Any:
    """Plain data in which phrases are the texts that they are in English."""
    if parts(tree):
        return str(read(tree))
    if isinstance(tree, dict):
        return {name: in_english(value) for name, value in tree.items()}
    return [in_english(part) for part in tree] if isinstance(tree, list) else tree
