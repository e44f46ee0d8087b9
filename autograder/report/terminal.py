"""Reports in the terminal: the student's view, the instructor's table, and a progress bar.

All text goes through `_text`, which makes it harmless and hands it to rich as `Text`: nothing that a student
wrote is read as markup. Lines are never wrapped or cropped, so that ids and lines to paste stay whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import indent
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.course import in_use
from autograder.errors import some
from autograder.explanation import Invalid, sentence
from autograder.report import ItemResult, Report, are_dated, by_student
from autograder.report import text as words
from autograder.report.guide import Guide, celebration, lost_lines, new_lines
from autograder.report.message import item_message
from autograder.report.text import MARKS, WRONG, RubricItem, by_assignment, mark, number, plain, quoted, tally
from autograder.texts import _, in_english

if TYPE_CHECKING:
    from autograder.report.needs import Need  # slow to import, and `gradschool check` has no class

Summary = Mapping[str, Any]  # see report.files.summary
_STYLES = {"passed": "green", "todo": "yellow", "blocked": "dim", "timeout": "magenta"}
_BAR = 32
_ROWS = 40
_GROUPS = 5  # of students who handed in the same that are listed, and students of a group
_NO_GUIDE = Guide()


def print_report(report: Report, console: Console, *, guide: Guide = _NO_GUIDE) -> list[ItemResult]:
    """What `gradschool check` shows: what is new, all items, what is wrong, the score, and what to do next. A file that
    is not Python comes before all that, and instead of it where an item needs it.

    Returns the items that were shown in full.
    """
    for broken in report.invalid:
        print_invalid(broken, console, guide=guide)
    if lost := words.unchecked(report):
        _say(console, lost)
        return []
    print_news(console, guide)
    if report.message and not report.invalid:
        print_remark(report.message, console, alarming=not words.core_done(report))
    print_list(report, console)
    every = bool(guide.files) and guide.details is None  # else the bonus is an invitation
    troubled = [item for item in words.in_view(report) if item.status in (*WRONG, "ungraded")]
    troubled = [item for item in troubled if every or not item.bonus]
    groups = [
        list(alike) for _key, alike in groupby(troubled, lambda item: (item.message, item.reproduce, item.stdout))
    ]
    groups = [alike for alike in groups if not (report.message and alike[0].explanation.whole)]  # said above
    shown = groups[: guide.details]
    told: set[str] = set()
    for *others, last in shown:
        _say(console)
        for item in others:
            _put(console, _line(item, console, len(item.id)))
        print_item(last, console, guide=guide, told=told)
    if rest := [item.id for alike in groups[len(shown) :] for item in alike]:
        _say(console, "\n" + _("Also wrong: {names}.", names=", ".join(rest)))
        one, every_one = f"{guide.command} check --item {rest[0]}", f"{guide.command} check --all"
        _say(console, _("`{one}` shows one of them, `{all}` all.", one=one, all=every_one))
    _say(console)
    print_bar(report, console)
    if guide.files and (praise := celebration(report)):
        _say(console, (praise, "bold green"))
    _say(console, words.next_step(report), guide=guide)
    first = next((item for item in words.left_to_do(report) if item.status != "blocked"), None)
    if first and (todo := guide.todo(first)):
        _say(console, indent(first.explanation.to_do or todo.asks, "    "))
        if guide.hint and not in_use().scheme.withholds(first.diagnosis):
            _say(console, ("    " + _("For a hint: {command}", command=guide.hint_call(first.id)), "dim"))
    return [alike[-1] for alike in shown]


def print_invalid(broken: Invalid, console: Console, *, guide: Guide = _NO_GUIDE) -> None:
    """A file that is not Python: where, what stands there, what Python says, and what to do."""
    _say(console, (broken.headline, "bold red"))
    *above, caret = ["", *broken.excerpt()]
    _say(console, *(f"    {line}".rstrip() for line in above), (f"    {caret}\n", "red"), sep="\n")
    place = "\n" + _("at {place}", place=f"{broken.file}:{broken.line}") if broken.line else ""
    lines = f"{broken.reason[:1].upper()}{broken.reason[1:]}{place}\n{sentence(broken.advice)}".rstrip()
    _say(console, indent(lines, "    "), guide=guide)
    _say(console)


def print_news(console: Console, guide: Guide) -> None:
    """What no longer passes, first of all, and what passes now."""
    core = any(not item.bonus for item in guide.news.lost)
    for line in lost_lines(guide.news):
        _say(console, (line, "bold red" if core else "yellow"))
    for line in new_lines(guide.news):
        _say(console, (line, "bold green"))


def print_remark(message: str, console: Console, *, alarming: bool = True) -> None:
    """What there is to say about the submission as a whole."""
    _say(console, (quoted(message), "bold red" if alarming else "yellow"))


def print_list(report: Report, console: Console) -> None:
    """All items by assignment, a line each, and what the marks mean. The bonus comes once the core is done."""
    shown = words.in_view(report)
    width = max((len(item.id) for item in shown), default=0)
    lines = []
    for assignment, items in by_assignment(shown).items():
        note = "  " + _("(bonus, for who wants more)") if items[0].bonus else ""
        lines.append(_text(console, (f"\n{assignment}", "bold"), f"  {tally(items)}{note}"))
        lines += [_line(item, console, width) for item in items]
    if signs := words.legend([item for item in shown if not item.bonus], console.encoding):
        lines.append(_text(console, (f"\n{signs}", "dim")))
    _put(console, *lines)


def print_bar(report: Report, console: Console) -> None:
    """The points as a bar and in numbers."""
    done = int(_BAR * report.score / report.max_score) if report.max_score else 0
    full, empty = "█░" if console.encoding.startswith("utf") else "#-"
    bonus = "  " + _("+{points} bonus", points=number(report.bonus)) if report.bonus else ""
    score = f"  {words.score(report)}{bonus}"
    _say(console, (full * done, "green"), (empty * (_BAR - done), "dim"), (score, "bold"))


def print_item(item: ItemResult, console: Console, *, guide: Guide = _NO_GUIDE, told: set[str] | None = None) -> None:
    """One item with all there is to say about it. `told` are the words that were explained already, and then those that
    are explained here too."""
    if item.explanation.invalid:
        print_invalid(item.explanation.invalid, console, guide=guide)
        _say(console, _("Until this is mended, {item} cannot be checked.", item=item.id))
        return
    _put(console, _line(item, console, len(item.id), meaning=True))
    todo = guide.todo(item)
    if todo and item.status in ("todo", "blocked"):
        asks = item.explanation.to_do or todo.asks
        _say(console, indent(f"{words.where(item)}\n{asks}", "    "), guide=guide)
    elif item.status != "passed" or item.message:
        or_type = f"{guide.command} try {item.id}" if guide.files else ""
        said = item_message(item, hint=True, encoding=console.encoding, lead="    ", or_type=or_type)
        if todo:
            said += indent("\n" + _("The TODO asks:") + f"\n{indent(todo.asks, '    ')}", "    ")
        styled = ((line, "red" if line.endswith(_(words.FIRST_WRONG)) else "") for line in said.split("\n"))
        _say(console, *styled, sep="\n", guide=guide)
        for word, meaning in words.terms().items():
            if word in said and word not in (told or ()):
                _say(console, (f"    ({word}: {meaning})", "dim"))
                if told is not None:
                    told.add(word)


def print_hints(lines: Sequence[str], console: Console) -> None:
    """Hints, a line each."""
    _say(console, *(f"    {line}" for line in lines), sep="\n")


@in_english()
def print_class(
    reports: Sequence[Report], console: Console, items: Sequence[RubricItem], found: Summary | None = None
) -> None:
    """What `gradschool grade` shows: a row a student, then the class by its summary, which is made where it is not
    `found` already, then whom the grader failed."""
    core = by_assignment(item for item in items if not item.bonus)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("student")
    dated = are_dated(reports)
    for heading in ("score", *(("penalty", "final", "+bonus") if dated else ("bonus",)), *core):
        table.add_column(_text(console, heading), justify="right")
    table.add_column("to mend")
    shown = by_student(reports)[:_ROWS]
    for report in shown:
        table.add_row(*(_text(console, cell) for cell in _cells(report, list(core), console, dated)))
    table.width = console.measure(table, options=console.options.update(max_width=10_000)).maximum
    console.print(table, soft_wrap=True)
    if len(reports) > _ROWS:
        _say(console, f"and {len(reports) - _ROWS:,} more in grades.csv")
    seen = {item.status for report in shown for item in report.items}
    legend = [f"{mark(status, console.encoding)} {status}" for status in MARKS if status in seen - {"passed"}]
    if legend:
        _say(console, ("\n" + "  ".join(legend), "dim"))
    if found is None:
        from autograder.report.files import summary

        found = summary(reports, items)
    _print_statistics(found, console)


def _line(item: ItemResult, console: Console, width: int, *, meaning: bool = False) -> Text:
    quiet = words.is_quiet(item)
    style = "dim" if quiet else _STYLES.get(item.status, "red")
    sign = (f"  {mark('todo' if quiet else item.status, console.encoding)} ", style)
    why = words.shortened(quoted(item.message), lines=1, width=72) if item.status == "blocked" else ""
    why = f"({_(words.MEANINGS[item.status])})" if meaning and item.status not in ("passed", "blocked") else why
    points = f"  {tally([item]):5}  "
    reason = (f"  {why}" if why else "", "dim")
    return _text(console, sign, (item.id.ljust(width), "bold"), points, item.title, reason)


def _cells(report: Report, assignments: Sequence[str], console: Console, dated: bool) -> list[str]:
    counts = Counter(item.status for item in report.items if item.status != "passed")
    marks = [f"{mark(status, console.encoding)}{counts[status]}" for status in MARKS if counts[status]]
    note = report.unread or ("see below" if report.message else "")
    groups = by_assignment(report.items)
    subtotals = [tally(groups.get(assignment, [])) for assignment in assignments]
    bonus = number(report.bonus) if report.status == "graded" else ""
    from autograder.report.files import final

    after = final(report) if dated else (bonus,)
    return [report.student, words.score(report), *after, *subtotals, " ".join(filter(None, [*marks, note]))]


@in_english()
def print_needs(found: Sequence[Need], console: Console) -> None:
    """What to look at, a line each, and what to type."""
    from autograder.report import needs as needing

    if not found:
        return
    _say(console, ("\nneeds you", "bold"))
    for need in (shown := needing.briefly(found))[:_ROWS]:
        _say(console, (f"  {need.student}  " if need.student else "  ", "bold"), quoted(needing.line(need)))
    if len(shown) > _ROWS:
        _say(console, f"  and {len(shown) - _ROWS:,} more in needs-you.csv")
    if any(need.type for need in found):
        _say(console, ("  to grade another file: gradschool grade … --use STUDENT=FILE (it is remembered)", "dim"))


def _print_statistics(found: Summary, console: Console) -> None:
    if found["graded"]:
        averages = f"mean {found['mean']:.1f}, median {found['median']:.1f} of {number(found['max_score'])}"
        _say(console, (f"\n{found['graded']:,} graded: {averages}", "bold"))
    rows = [row for row in found["items"] if row["mean"] is not None and not row["bonus"]]
    hardest = sorted(rows, key=lambda row: row["mean"] / max(row["points"], 1))[:3]
    for row in hardest:
        if row["mean"] < row["points"]:
            share = f"  {row['mean'] / row['points']:4.0%} of the points earned: "
            _say(console, share, (row["id"], "bold"), f", {row['title']}")
    groups = found["identical"]
    for names in groups[:_GROUPS]:
        _say(console, f"  identical: {some(names, _GROUPS)}")
    if len(groups) > _GROUPS:
        _say(console, f"  and {len(groups) - _GROUPS:,} more groups of identical submissions in summary.json")
    if names := found["ungraded"]:
        _say(console, (f"\nNot graded, for reasons that are the grader's own: {some(names, _ROWS)}", "bold red"))


def _say(console: Console, *parts: str | tuple[str, str], sep: str = "", guide: Guide | None = None) -> None:
    line = Text(sep).join(_text(console, part) for part in parts)
    for start, end, address in guide.links(line.plain) if guide else ():
        line.stylize(f"link {address}", start, end)
    _put(console, line)


def _put(console: Console, *lines: Text) -> None:
    """Print lines in one go: of many, each print would take its time."""
    if lines:
        console.print(*lines, sep="\n", soft_wrap=True)


def _text(console: Console, *parts: str | tuple[str, str]) -> Text:
    """The parts, each a text or a text and its style, made harmless and fit for the console's encoding."""
    text = Text()
    for part in parts:
        content, style = (part, "") if isinstance(part, str) else part
        content = plain(content).expandtabs()  # rich measures tabs wrongly
        text.append(content.encode(console.encoding, "replace").decode(console.encoding), style)
    return text
