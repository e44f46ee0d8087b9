"""Decides what of a submission is graded where it holds several packages, or one in pieces; and says what was decided.

Where there is no doubt it picks; where there is, it picks as well, and names what else there was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path

from autograder.course import in_use
from autograder.phrase import N_
from autograder.project import PACKAGE
from autograder.scratch import Scratch
from autograder.submissions.sources.archives import is_archive
from autograder.submissions.sources.contents import Listing, copy, listing
from autograder.submissions.sources.files import NoPackage, Original, Refused, advice, printable
from autograder.submissions.sources.limits import NESTED, STUDENT, Parts
from autograder.texts import _, some

_FLAT = {f"{name}.py" for name in in_use().telling_modules}
# What browsers and students make of a module's name: `engine (1).py`, `Copy of engine.py`, `engine.py.txt`.
_RENAMED = re.compile(
    rf"(?:copy of )?(?P<module>{'|'.join(name.removesuffix('.py') for name in sorted(in_use().files))})"
    r"(?:[ _-]*(?:\(\d+\)|\d+|copy|final|new|fixed|updated|done|v\d+))*\.py(?:\.txt|\.py)?",
    re.I,
)
_SET_ASIDE = re.compile(
    r"(?<![a-z])(old|backup|bak|copy|previous|before|orig|original|archive|tmp|temp|trash)(?![a-z])", re.I
)
_TODO = re.compile(rb"^\s*raise NotImplementedError\(['\"]([\w-]+)['\"]\)", re.M)
_DEFINED = re.compile(rb"^(?:class|def|async def)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]+)?=", re.M)
_COMPARED = 8  # packages, or archives, of one submission
_NESTING = 2  # archives in archives


class Candidate:
    """A folder that may be the package: in the submission, or in an archive that lies in it.

    `parts` is its name from the submission's top, archives included; `source` and `top` say where it really is, and
    `files` what lies there.
    """

    def __init__(self, prefix: Parts, source: Original, top: Parts, files: Mapping[Parts, Collection[str]]):
        names = files[top]
        self.parts = (*prefix, *top)
        self.packed = bool(prefix)
        self.source, self.top, self.files = source, top, files
        self.holds = bool(_modules(names))
        self._flat = is_flat(names)
        self._called = top[-1] if top else source.name if source.is_dir() else ""
        self.named = self._called.casefold() == PACKAGE

    @property
    def shown(self) -> str:
        return printable("/".join(self.parts))

    def counts(self) -> bool:
        """Whether it can be the package at all."""
        return len(self.top) <= STUDENT.depth and (self.named or self._flat)

    @cached_property
    def texts(self) -> dict[str, bytes]:
        """Its modules, whatever their line endings."""
        with Scratch() as folder:
            with suppress(Refused):
                copy(self.source, self.top, Path(folder), STUDENT)
            return texts_in(Path(folder))

    def rank(self) -> tuple[bool, bool, bool, bool, bool, bool, int, Parts]:
        """What is taken before what, the least first. A repository is often called so too, so a folder that
        holds modules goes before one that does not."""
        aside = any(_SET_ASIDE.search(part) for part in self.parts)
        place = self.packed, not self.named, self._called != PACKAGE, len(self.parts), self.parts
        return not self.holds, self.holds and is_untouched(self.texts), aside, *place

    def around(self, other: Candidate) -> bool:
        """Whether the other one is a part of it."""
        return bool(self.parts) and other.parts[: len(self.parts)] == self.parts and not other.named


_WHY = (
    N_("it holds modules"),
    N_("the other is as it was handed out"),
    N_("the other looks like a copy that was set aside"),
    N_("the other is in an archive"),
    N_("it is called {package}"),
    N_("it is spelled so"),
    N_("it lies higher"),
    N_("its name comes first"),
)


@contextmanager
def candidates(source: Original, names: Listing, opening: bool = True) -> Iterator[list[Candidate]]:
    """All that may be the package in a submission that holds these `names`, the one to grade first. Raises Refused
    where there is none.

    Archives within are opened too, where `opening`; what lies in them is there until the block ends.
    """
    with ExitStack() as stack:
        refused: list[Refused] = []
        found = list(_gather(source, names, (), stack, refused, opening))
        if not found:
            what = {"package": PACKAGE, "names": _named(names), "advice": advice()}
            lacking = _("no {package}/ folder in this submission{names}: {advice}", **what)
            raise refused[0] if refused else NoPackage(lacking)
        if len(found) > 1:
            found.sort(key=Candidate.rank)
        yield found


def _named(names: Listing) -> str:
    """What there is instead of a package, in short."""
    found = sorted(printable("/".join((*top, name))) for top, files in names.files.items() for name in files)
    return _(", which holds {names}", names=some(found, 3)) if found else ""


def archives_in(files: Mapping[Parts, Collection[str]]) -> list[Parts]:
    """The archives that lie in a submission, as many as are looked into."""
    found = sorted((*top, name) for top, names in files.items() for name in names if is_archive(name))
    return found[:_COMPARED]


def _gather(
    source: Original, names: Listing, prefix: Parts, stack: ExitStack, refused: list[Refused], opening: bool
) -> Iterator[Candidate]:
    files, odd = names
    found = [each for top in files if (each := Candidate(prefix, source, top, files)).counts()]
    around = {each.top[:-1] for each in found if each.named and each.top}  # what lies there is looked at by `beside`
    yield from (each for each in found if each.named or each.top not in around)
    if not found and any(parts[-1].casefold() == PACKAGE for parts in odd):
        said = _("{package} is a link or special file in this submission: hand in the folder itself", package=PACKAGE)
        refused.append(Refused(said))
    elif not found and (meant := [parts for parts in odd if module_of(parts[-1])]):
        named = some([printable("/".join((*prefix, *parts)).replace("//", "/")) for parts in meant], 2)
        what = {"names": named, "advice": advice()}
        refused.append(Refused(_("only plain files with plain names are graded, and not {names}: {advice}", **what)))
    for parts in archives_in(files) if opening and sum(map(is_archive, prefix)) < _NESTING else ():
        inner = Path(stack.enter_context(Scratch()))
        inner = inner / parts[-1]
        try:
            copy(source, parts, inner, NESTED)
            yield from _gather(inner, listing(inner, STUDENT), (*prefix, *parts), stack, refused, opening)
        except Refused as refusal:
            refused.append(refusal)


# --- what is said of it -------------------------------------------------------------------------------------


def remarks(found: Sequence[Candidate], graded: Mapping[str, bytes]) -> list[str]:
    """What there is to say of the choice of the first of `found`, of which these modules are graded."""
    chosen, *others = found
    others = [each for each in others if each.holds and not chosen.around(each)]
    different = [
        each for place, each in enumerate(others) if place >= _COMPARED or not each.texts.items() <= graded.items()
    ]
    if different:
        also = ", ".join(each.shown or _("the outer folder") for each in different[:3])
        pairs = zip(chosen.rank(), different[0].rank(), strict=True)
        why = _WHY[next(place for place, (one, other) in enumerate(pairs) if one != other)]
        what = {"chosen": chosen.shown or _("the outer one"), "why": _(why, package=PACKAGE), "others": also}
        said = _(
            "several packages that differ: graded {chosen}, since {why}, and not {others}; hand in one alone", **what
        )
        return [said]
    return []


# --- modules ------------------------------------------------------------------------------------------------


def is_flat(names: Iterable[str]) -> bool:
    """Whether a folder that directly holds files of these names is a package, whatever it is called."""
    return bool(_modules(names) & _FLAT)


def _modules(names: Iterable[str]) -> set[str]:
    """The modules of the package that these files are, or were before they were renamed."""
    return {module for name in names if (module := module_of(name))}


def module_of(name: str) -> str:
    """The module that a file of this name is, or was before it was renamed; empty for any other."""
    found = _RENAMED.fullmatch(name)
    return f"{found['module'].lower()}.py" if found else ""


def _text(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n").rstrip()


def texts_in(folder: Path) -> dict[str, bytes]:
    """The modules in a folder, whatever their line endings."""
    return {module_of(each.name): _text(each) for each in sorted(folder.iterdir())
            if each.is_file() and module_of(each.name)}  # fmt: skip


@cache
def _todos() -> dict[str, set[bytes]]:
    """The items whose operation is to be written in each module."""
    found: dict[str, set[bytes]] = {}
    for item in in_use().items.values():
        if not item.end_to_end and not item.bonus:
            found.setdefault(f"{item.target.partition(':')[0]}.py", set()).add(item.id.encode())
    return found


def is_untouched(texts: Mapping[str, bytes]) -> bool:
    """Whether everything in these modules is still to be written."""
    known = [name for name in texts if name in _todos()]
    return bool(known) and all(_todos()[name] <= set(_TODO.findall(texts[name])) for name in known)


@cache
def _asked() -> dict[str, set[bytes]]:
    """The names that items ask for, of each module that is to be written."""
    found: dict[str, set[bytes]] = {}
    for item in in_use().items.values():
        if item.suite:
            continue
        module, _, name = item.target.partition(":")
        found.setdefault(f"{module}.py", set()).add(name.partition(".")[0].encode())
    return found


def _is_only_called_so(module: str, text: bytes) -> bool:
    """Whether a file defines nothing that is asked of the module: Python's library has a trace too, and many a student
    a train.py or data.py of their own."""
    return not _asked().get(module, set()) & {name for names in _DEFINED.findall(text) for name in names}


@contextmanager
def beside(chosen: Candidate) -> Iterator[list[Path]]:
    """Copies of the modules that lie beside the package instead of in it."""
    around = chosen.top[:-1]
    names = [name for name in sorted(chosen.files[around]) if module_of(name)] if chosen.named and chosen.top else []
    if not names:
        yield []
        return
    with Scratch() as folder:
        for name in names:
            copy(chosen.source, (*around, name), Path(folder, name), STUDENT)
        yield [Path(folder, name) for name in names]


def settle(folder: Path, loose: Sequence[Path]) -> list[str]:
    """Give each module in the package's folder the text that is meant, of its own files and of those that lie `loose`
    beside it, where there is no doubt; returns remarks."""
    alike: dict[str, list[Path]] = {}
    for path in [*sorted(folder.iterdir()), *loose]:
        if path.is_file() and (module := module_of(path.name)):
            alike.setdefault(module, []).append(path)
    return list(filter(None, (_settled(folder / module, paths) for module, paths in alike.items())))


def _settled(target: Path, paths: Sequence[Path]) -> str:
    module = target.name
    mine = _text(target) if target.is_file() else None
    kit = mine is not None and is_untouched({module: mine})
    others = {path: text for path in paths if path != target and (text := _text(path)) != mine}
    if mine is not None or module in _asked():
        others = {path: text for path, text in others.items()
                  if path.parent == target.parent or not _is_only_called_so(module, text)}  # fmt: skip
    if kit:
        others = {path: text for path, text in others.items() if not is_untouched({module: text})}
    if not others:
        return ""
    inside = target.parent
    beside = _(" beside {package}/", package=PACKAGE)
    named = [printable(each.name) + ("" if each.parent == inside else beside) for each in others]
    names = _(" and ").join(named)
    if mine is not None and not kit:
        what = {"module": module, "others": names}
        return _("{module} was graded, and not {others}: they differ, hand in one alone", **what)
    if len(set(others.values())) == 1:
        found = next(iter(others))
        target.write_bytes(found.read_bytes())
        if found.parent == inside:
            found.unlink()
        what = {"module": module, "file": named[0]}
        if kit:
            return _("{file} was taken for {module}, since {module} is still as it was handed out", **what)
        return _("{file} was taken for {module}", **what)
    what = {"module": module, "others": names}
    if kit:
        return _(
            "{module} is still as it was handed out, and there are {others}, which differ: hand in the right one as "
            "{module}", **what,
        )  # fmt: skip
    return _("there is no {module} but {others}, which differ: hand in the right one as {module}", **what)
