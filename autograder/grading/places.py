"""Which line of a student's file is at fault, and what to do about it, by its text: student code is not run here, nor
parsed, and what is no Python has lines too."""

from __future__ import annotations

from autograder.explanation import Frame

# The lines of the stubs that stand in functions with a TODO: no fault of a student's lies there.
GIVEN_LINES = frozenset((
    "return x if isinstance(x, Value) else Value(x)", "other = self._lift(other)", "def _backward():",
    "out._backward = _backward", "return out", "if not (self.training and self.dropout):",
    "if rankdir not in ('LR', 'TB'):", """raise ValueError(f"rankdir must be 'LR' or 'TB', not {rankdir!r}")""",
    "from graphviz import Digraph  # only here, so that the engine works without it",
    "dot = Digraph(format=format, graph_attr={'rankdir': rankdir})", "return dot",
    "_check_lengths(predictions, targets)", "_check_lengths(scores, labels)",
    "slopes = [p.grad for p in self.parameters]",
))  # fmt: skip
_MARKER = re.compile(r"\s*# TODO ([a-z0-9-]+)( \(bonus\))?:")
_LEFT = re.compile(r"\s*raise NotImplementedError\b")
_DEF = re.compile(r"\s*(?:async\s+)?def\s+(\w+)\s*\((.*)")
_GIVES_A_NAME = re.compile(r"(?:\b(?:def|class|for|import|as)\s+(?=\w))?\b(\w+)\b(?=\s*=(?!=)|\s*\(|\s+in\b|\s*$)")
_STORED = re.compile(r"\s*\w+\._backward\s*=(?!=)\s*(.*)")
# What stops or asks for somebody who is not there, by the exceptions that it ends in.
_STOPS = {
    "BdbQuit": re.compile(r"\bbreakpoint\(|\bset_trace\("),
    "EOFError": re.compile(r"(?<![\w.])input\(|\bstdin\b"),
    "SystemExit": re.compile(r"(?<!\w)(?:sys\.|os\._)?(?:exit|quit)\("),
    "NameError": re.compile(r"(?<![\w.])(?:exit|quit)\("),
}
_CALLED = re.compile(r"[\w.]*\b(?:breakpoint|set_trace|input|exit|quit|_exit)\(.*?\)")
# What became of code that stops, in words.
STOPPED = {
    "BdbQuit": "stops in a debugger",
    "EOFError": "waits for an answer that nobody gives",
    "SystemExit": "ends the Python process",
    "NameError": "wants to end the Python process",
}
DEBUG = "; `gradschool try {id}` runs the example in your own Python, where it stops"
_BACK = 5  # lines above the one at which a debugger gave up


@dataclass(frozen=True)
class Place:
    """A line of a file, and what to do about it as a sentence without its end, where that is known."""

    file: str
    line: int
    advice: str = ""


class Function:
    """A function in the lines of a file, whose `def` is in the line `start`."""

    def __init__(self, lines: list[str], start: int):
        while start < len(lines) and lines[start - 1].lstrip().startswith("@"):
            start += 1
        self.start = start
        self._lines = lines
        self.depth = width(self.text(start))
        found = _DEF.match(self.text(start))
        self.name = found[1] if found else ""
        names = re.findall(r"\w+", found[2].partition(")")[0]) if found else []
        self.operands = dict(zip(("a", "b"), names, strict=False))

    def text(self, number: int) -> str:
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    @cached_property
    def body(self) -> list[int]:
        """The lines that hold code, the docstring left out."""
        found: list[int] = []
        quoted = ""
        for number in range(self.start + 1, len(self._lines) + 1):
            line = self.text(number)
            bare = line.strip()
            if quoted:
                quoted = "" if quoted in bare else quoted
                continue
            if not bare or bare.startswith("#"):
                continue
            if width(line) <= self.depth and not bare.startswith((")", "]", "}")):
                break
            if not found and (mark := re.match(r"[rRuU]?(\"{3}|'{3})", bare)):
                quoted = "" if bare.count(mark[1]) > 1 else mark[1]
                continue
            found.append(number)
        return found

    @cached_property
    def inner(self) -> Function | None:
        """The function within this one that becomes the rule of its result, or the first that there is."""
        stored = next((match[1] for each in self.body if (match := _STORED.match(self.text(each)))), "")
        within = [number for number in self.body if _DEF.match(self.text(number))]
        named = [number for number in within if stored.split("(")[0].strip() == _name(self.text(number))]
        return Function(self._lines, (named or within)[0]) if within else None

    @cached_property
    def outer(self) -> list[int]:
        """The lines of the body that are not within an inner function."""
        inside = {each for number in self.body if _DEF.match(self.text(number))
                  for each in Function(self._lines, number).body}  # fmt: skip
        return [number for number in self.body if number not in inside]

    def own(self, numbers: Iterable[int]) -> list[int]:
        """Those of some lines that are neither given nor a TODO's."""
        return [each for each in numbers if is_own(self.text(each))]

    def first(self, id: str) -> int:
        """The first line that a student wrote for the item `id`: below its TODO, where that is still there."""
        marks = [number for number in range(self.start, self._end() + 1) if _is_mark(self.text(number), id)]
        below = [each for each in self.own(self.body) if marks and each > marks[0]]
        return next(iter(below or self.own(self.outer) or self.own(self.body)), self.start)

    def _end(self) -> int:
        return self.body[-1] if self.body else self.start

    def rule(self, parts: Iterable[str]) -> Place | None:
        """Where the rule is wrong whose result has wrong `parts` ("a.grad"), and what to do where it is not its
        formula; None where there is no rule to be seen."""
        stored = [number for number in self.outer if _STORED.match(self.text(number))]
        left = [number for number in self.outer if re.match(r"\s*return\b", self.text(number))]
        inner = self.inner
        if left and left[0] < max([*stored, inner.start if inner else 0]):
            say = f"`{self.name}` ends in line {left[0]}, above its rule: write `out = …` there in place of `return …`"
            return Place("", left[0], say)
        if inner and not stored:
            return self._unstored(inner)
        given = _STORED.match(self.text(stored[0])) if stored else None
        if given and inner and re.match(rf"{inner.name}\(", given[1]):
            return Place("", stored[0], f"write `{inner.name}` without brackets: it is to be called later")
        if not inner:
            return Place("", stored[0]) if stored else None
        own = inner.own(inner.body)
        names = [self.operands.get(part.partition(".")[0], "") for part in parts]
        for name in filter(None, names):
            for number in own:
                if re.search(rf"\b{name}\.grad\s*[-+*/]?=(?!=)", self.text(number)):
                    return Place("", number)
        return Place("", next(iter(own), inner.start))

    def _unstored(self, inner: Function) -> Place:
        """A rule that is never given to the result."""
        for number in inner.body:
            if _STORED.match(self.text(number)):
                say = f"indent this line as `def {inner.name}` in line {inner.start}"
                return Place("", number, f"{say}: inside it, the rule would have to run before it is stored")
        for number in self.outer:
            if found := re.match(rf"\s*(\w+)\.(\w+)\s*=\s*{inner.name}\b", self.text(number)):
                return Place("", number, f"it is called `{found[1]}._backward`, not `{found[1]}.{found[2]}`")
        return Place("", inner.start, f"the rule is never given to the result: write `out._backward = {inner.name}` "
                     "below it")  # fmt: skip

    def unreturned(self) -> Place | None:
        """Where a function comes to its end without a result."""
        if any(re.match(r"\s*return\b", self.text(number)) for number in self.outer):
            return None
        if inner := self.inner:
            for number in inner.body:
                if re.match(r"\s*return\s+\w", self.text(number)):
                    say = f"indent this `return` as `def {inner.name}` in line {inner.start}"
                    return Place("", number, f"{say}: it belongs to `{self.name}`")
        last = self.outer[-1] if self.outer else self.start
        return Place("", last, f"`{self.name}` ends without a `return`")

    def left(self, number: int, id: str) -> Place | None:
        """What to do about the `raise` of a TODO in a line, beside which something was written."""
        marks = [each for each in range(self.start, number) if _is_mark(self.text(each), id)]
        above = [each for each in self.own(self.body) if (marks[-1] if marks else self.start) < each < number]
        below = []
        for each in range(number + 1, self._end() + 1):
            line = self.text(each)
            if _MARKER.match(line) or (line.strip() and width(line) < width(self.text(number))):
                break
            if each in self.body:
                if not is_own(line) or _DEF.match(line):
                    break
                below.append(each)
        if not (above or below):
            return None
        return Place("", number, f"you wrote something, but the raise in line {number} is still there: delete it")

    def loop(self, line: int = 0) -> int:
        """The line of the innermost loop around a line, or 0; of the first loop, one that may have no end before any
        other, where no line is given."""
        loops = [number for number in self.body if re.match(r"\s*(while|for)\b", self.text(number))]
        if line:
            around = [each for each in loops if each == line or self._holds(each, line)]
            return around[-1] if around else 0
        return next((each for each in loops if self.text(each).lstrip().startswith("while")), next(iter(loops), 0))

    def _holds(self, block: int, line: int) -> bool:
        """Whether a line is within the block that begins at another."""
        between = [each for each in self.body if block < each <= line]
        return bool(between) and all(width(self.text(each)) > width(self.text(block)) for each in between)


class Sources:
    """The files of the package below `root`."""

    def __init__(self, root: Path):
        self._root = root
        self._read: dict[str, list[str]] = {}

    def lines(self, file: str) -> list[str]:
        if file not in self._read:
            self._read[file] = lines_of(self._root / file)
        return self._read[file]

    def line(self, file: str, number: int) -> str:
        lines = self.lines(file)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def function(self, file: str, number: int) -> Function:
        """The function whose `def` is in a line."""
        return Function(self.lines(file), number)

    def around(self, file: str, number: int) -> Function | None:
        """The innermost function that a line is in."""
        for start in range(number, 0, -1):
            found = _DEF.match(self.line(file, start))
            if found and (start == number or width(self.line(file, start)) < width(self.line(file, number))):
                return self.function(file, start)
        return None

    def answer(self, id: str, where: tuple[str, int], rule: bool, parts: Iterable[str], nothing: bool) -> Place:
        """Where an answer comes from that is wrong in these `parts`, or is nothing at all: a line of the function at
        `where`, of its rule if that is what the item `id` is about."""
        file, start = where
        function = self.function(file, start)
        found = function.unreturned() if nothing else function.rule(parts) if rule else None
        if earlier := self._earlier(file, function):
            lines = f"in line {earlier} and in line {function.start}"
            return Place(file, function.start, f"`{function.name}` is defined twice, {lines}: the last one counts")
        return replace(found, file=file) if found else Place(file, function.first(id))

    def _earlier(self, file: str, function: Function) -> int:
        """The line of another definition of a function, above it in the same class, or 0."""
        for number in range(function.start - 1, 0, -1):
            line = self.line(file, number)
            if line.strip() and width(line) < function.depth:
                return 0
            if _name(line) == function.name and width(line) == function.depth:
                return number
        return 0

    def exception(self, id: str, kind: str, text: str, frames: Sequence[Frame], target: str) -> Place:
        """The line that an exception is the fault of, by its frames, the last call first: not what is given, and of a
        recursion without end the step in the function that the item is about, `target`."""
        for file, line, _ in frames:
            if found := self.stop(kind, file, line):
                return replace(found, advice=f"{found.advice}{DEBUG.format(id=id) if kind == 'BdbQuit' else ''}")
        own = [frame for frame in frames if not is_given(frame)]
        written = [frame for frame in own if is_own(self.line(*frame[:2]))]
        if kind == "RecursionError":
            written = [frame for frame in written if frame[2].partition(".<locals>")[0] == target] or written
            written = [frame for frame, _ in Counter(written).most_common(1)]
        file, line, _ = next(iter(written or own or frames))
        name = next(iter(re.findall(r"'(\w+)'", text)), "")
        if kind in ("NameError", "UnboundLocalError") and own and own[0] not in written:
            function = self.around(*own[0][:2])
            place = function.first(id) if function else line
            if function and place == function.start:
                return Place(
                    file, own[0][1], f"nothing is called `{name}` above this line: that is what the TODO asks for"
                )
            return Place(file, place, f"line {own[0][1]} uses `{name}`: call your result so")
        if kind == "NameError" and (wrong := self._imported(name, file)):
            return wrong
        if kind in ("NameError", "AttributeError"):
            return Place(file, line if own else self.top(file), self.misnamed(kind, text, file, line))
        if kind == "TypeError" and (shadow := self._shadowed(text, file, line)):
            return shadow
        if kind == "RuntimeError" and text.startswith("No active exception"):
            return Place(file, line, "delete this `raise`, and write in its place what the TODO asks for")
        if kind == "RecursionError":
            return Place(file, line, f"line {line} leads back to itself: does it ever come to an end?")
        return Place(file, line, self.mistyped(text, file, line, is_given(frames[0])) if kind == "TypeError" else "")

    def _imported(self, name: str, file: str) -> Place | None:
        """An import of a module whose name is nearly that of a module of Python's."""
        for at, line in enumerate(self.lines(file), 1):
            found = re.match(r"import\s+(\w+)\s*(?:#|$)", line)
            if name in sys.stdlib_module_names and found and found[1] != name and nearest(name, [found[1]], 0.8):
                return Place(file, at, f"the module is called `{name}`, not `{found[1]}`")
        return None

    def _shadowed(self, text: str, file: str, number: int) -> Place | None:
        """What took the name of a function of Python's that a line calls."""
        called = re.findall(r"(?<![\w.])(\w+)\(", self.line(file, number)) if "object is not callable" in text else ()
        for name in (name for name in called if hasattr(builtins, name)):
            for at, line in enumerate(self.lines(file), 1):
                if re.match(rf"\s*{name}\s*=(?!=)", line):
                    say = f"`{name}` is a function of Python's, which line {number} calls"
                    return Place(file, at, f"{say}: find another name for this")
        return None

    def renamed(self, target: str, others: Collection[str]) -> Place | None:
        """What may be meant for the function or class of an item's `target` that is not there: none of those of the
        `others`."""
        module, _, path = target.partition(":")
        file = f"{PACKAGE}/{module}.py"
        made = {found[1]: at for at, line in enumerate(self.lines(file), 1)
                if (found := re.match(r"\s*(?:def|class)\s+(\w+)", line))}  # fmt: skip
        for name in path.split("."):
            if name not in made:
                near = nearest(name, [each for each in made if each not in others and not each.startswith("__")], 0.5)
                say = f"line {made[near]} defines `{near}`: is that the `{name}` that is asked for?" if near else ""
                return Place(file, made[near], say) if near else None
        return None

    def unknown_import(self, text: str) -> str:
        """What may be meant by a name or module of the package that is not there; empty where nothing is known."""
        if found := re.search(r"cannot import name '(\w+)' from '(?:\w+\.)?(\w+)'", text):
            source = self.lines(f"{PACKAGE}/{found[2]}.py")
            made = [each[1] for line in source if (each := re.match(r"(?:def|class)\s+(\w+)", line))]
            near = nearest(found[1], made)
        elif found := re.search(rf"No module named '{PACKAGE}\.(\w+)'", text):
            near = nearest(found[1], (name.removesuffix(".py") for name in MODULES))
        else:
            return ""
        return f"did you mean `{near}`?" if near else ""

    def call(self, text: str, where: tuple[str, int]) -> Place:
        """Where a function at `where` could not even be called."""
        function = self.function(*where)
        forgotten = "takes 0 positional arguments but 1 was given" in text and "self" not in function.text(
            function.start
        )
        say = f"write `self` as its first argument: def {function.name}(self)" if forgotten else (
            f"`{function.name}` should take the arguments that it has in the kit"
        )  # fmt: skip
        return Place(where[0], function.start, say)

    def mistyped(self, text: str, file: str, number: int, given: bool) -> str:
        """What is meant where something is of another type; empty where that is not known."""
        line = self.line(file, number)
        if given and "is not iterable" in text and (alone := re.search(r"\((\w+)\)", line)):
            return f"({alone[1]}) is not a tuple: write ({alone[1]},), with a comma"
        if "must be real number, not Value" in text:
            return "functions of `math` take numbers: write `.data`"
        if "'method' object is not" in text:
            return "brackets are missing: a method is called by `()`"
        if thing := re.match(r"'(float|int|Value)' object is not callable", text):
            return f"a {thing[1]} is no function: leave the brackets behind it out"
        return ""

    def unfinished(self, id: str, frames: Sequence[Frame]) -> Place | None:
        """The `raise` of a TODO that was left beside what a student wrote for it."""
        if not frames:
            return None
        file, line, _ = frames[0]
        function = self.around(file, line)
        found = function.left(line, id) if function and _LEFT.match(self.line(file, line)) else None
        return replace(found, file=file) if found else None

    def hang(self, id: str, where: tuple[str, int] | None) -> Place | None:
        """What does not come to an end: the loop or the line at which code was seen to hang, or, where `where` is but
        the function that was asked, the loop in that which may have no end."""
        if where is None:
            return None
        file, line = where
        function = self.around(file, line)
        if function and (loop := function.loop(line)):
            return Place(file, loop, "this loop does not end")
        if function and function.start != line:
            return Place(file, line, f"line {line} waits for something that never comes")
        function = self.function(file, line)
        return Place(file, function.loop() or function.first(id))

    def stop(self, kind: str, file: str, number: int) -> Place | None:
        """What waits for somebody, or ends everything, at a line or, for a debugger, just above it."""
        pattern = _STOPS.get(kind)
        for at in range(number, max(0, number - _BACK) if kind == "BdbQuit" else number - 1, -1):
            if pattern and pattern.search(self.line(file, at)):
                found = _CALLED.search(self.line(file, at))
                return Place(file, at, f"remove `{found[0] if found else 'it'}` in line {at}")
        return None

    def misnamed(self, kind: str, text: str, file: str, number: int) -> str:
        """What may be meant by a name that Python does not know; empty where nothing is known."""
        quoted = re.findall(r"'(\w+)'", text)
        if not quoted:
            return ""
        name, source = quoted[-1], self.lines(file)
        words = {word for line in source for word in _GIVES_A_NAME.findall(line) if word} - {name}
        words |= {word for line in source if (made := _DEF.match(line)) for word in re.findall(r"\w+", made[2])} - {
            name
        }
        after = {word for line in source for word in re.findall(r"\.(\w+)", line)} - {name}
        if kind == "AttributeError":
            known = set(dir(math)) if quoted[0] == "math" else after
            near = nearest(name, known)
            return f"did you mean `{near}`?" if near else ""
        if kind == "NameError" and re.search(rf"\bself\.{name}\b", "\n".join(source)):
            return f"write `self.{name}`"
        if kind == "NameError" and name in sys.stdlib_module_names:
            return f"write `import {name}` at the top of the file"
        if kind == "NameError" and name == "Value" and not file.endswith("engine.py"):
            return "write `from micrograd.engine import Value` at the top of the file"
        near = nearest(name, words, 0.75) or nearest(name, dir(builtins), 0.8)
        return f"did you mean `{near}`?" if near else ""

    def top(self, file: str) -> int:
        """The line of a file in which its imports begin, or the first."""
        return next((at for at, line in enumerate(self.lines(file), 1) if re.match(r"(import|from)\s", line)), 1)


def is_own(line: str) -> bool:
    """Whether a line of code may be a student's."""
    bare = line.strip()
    return bool(bare) and not bare.startswith("#") and bare not in GIVEN_LINES and not _LEFT.match(line)


def _is_mark(line: str, id: str) -> bool:
    found = _MARKER.match(line)
    return found is not None and found[1] == id


def _name(line: str) -> str:
    found = _DEF.match(line)
    return str(found[1]) if found else ""
