"""Help in whole sentences: what a command says of itself is wrapped at the terminal's width, and never cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from autograder.course import in_use


class Group(click.Group):
    """Commands, each listed with the first paragraph of its help."""

    def headings(self) -> Mapping[str, Sequence[str]]:
        """The names of the commands, in the order in which they are listed, by the heading that they stand under."""
        return {"Commands": [*self.commands]}

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings, all in columns of one width."""
        shown = {name: command for name, command in self.commands.items() if not command.hidden}
        width = max(map(len, shown))
        for heading, names in self.headings().items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), _summary(shown[name])) for name in names if name in shown])


def filled(command: click.Command) -> click.Command:
    """The command, whose help names what the course has in place of {package}, {item} and {file}."""
    if "{" in (said := command.help or ""):  # else no item has to be known
        course = in_use()
        item = course.example_item
        for name, word in {"package": course.package, "item": item.id, "file": course.file(item)}.items():
            said = said.replace(f"{{{name}}}", word)
        command.help = said
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        filled(inner)
    return command


def _summary(command: click.Command) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())
