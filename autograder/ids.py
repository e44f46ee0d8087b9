"""Makes ids of students' names, and tells which ids a file system takes for one."""

from __future__ import annotations

import hashlib
import unicodedata

_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_RESULTS = {"index", "grades", "summary", "report", "results", "class", "exam", "cache", "assets", "static"}
_RESULT_FILES = (".html", ".csv", ".json", ".jsonl", ".lock", ".tmp", ".md", ".txt", ".xml", ".db", ".css")


def safe_id(name: str) -> str:
    """A student id that is safe as a folder's name, in a URL and beside the files of results/."""
    text = unicodedata.normalize("NFKC", name).strip()
    text = "".join(c if c in "._-@+" or unicodedata.category(c)[0] in "LMN" else "_" for c in text)
    text = text.lstrip(".-").rstrip(".") or "student"
    if text.casefold() in _RESULTS or text.casefold().endswith(_RESULT_FILES):
        text += "_"
    stem, dot, rest = text.partition(".")
    if stem.casefold() in _DEVICES:
        text = f"{stem}_{dot}{rest}"
    if len(text) > 80 or len(text.encode()) > 200:
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        text = f"{text.encode()[:190].decode(errors='ignore')[:71]}-{mark}"
    return name if text == name else text


def same(student: str) -> str:
    """Equal for ids that some file system takes for one: those that differ in case or in Unicode form."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", student).casefold())
    return student if text == student else text
