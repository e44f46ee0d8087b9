"""The database of a gradebook: opened, checked, and its trouble put into sentences that say what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograder.errors import UserError
from autograder.project import installing

_VERSION = "alembic_version"  # the table that says of which version the others are


class GradebookError(UserError):
    """The gradebook cannot be used. Its text says what to do; what was graded is in the results folder."""

    def __init__(self, message: str):
        super().__init__(message, 1)


def full_url(url: str) -> str:
    """A URL as SQLAlchemy takes it; the path of a file stands for SQLite."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=False)
    except ArgumentError:
        if "://" in url or not url.strip():
            raise UserError(
                f"{url!r} is no URL of a database: write sqlite:///gradebook.db or "
                "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
            ) from None
        return f"sqlite:///{url}"


def opened(url: str) -> Any:
    from nbgrader.api import Gradebook as Book

    _write_version(url)
    return Book(url)


def _write_version(url: str) -> None:
    """Write into an empty database which version of the tables it is about to get.

    nbgrader would ask the program alembic, which takes orders from a pyproject.toml in the current folder.
    """
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            if not inspect(connection).get_table_names():
                version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
                connection.execute(text(f"CREATE TABLE {_VERSION} (version_num VARCHAR(32) NOT NULL)"))
                connection.execute(text(f"INSERT INTO {_VERSION} VALUES (:version)"), {"version": version})
    finally:
        engine.dispose()


def check_schema(url: str) -> None:
    """Raises GradebookError for a database that holds something else than this nbgrader's tables."""
    from nbgrader.api import Base
    from sqlalchemy import create_engine, inspect

    engine = create_engine(url)
    try:
        inspector = inspect(engine)
        there = set(inspector.get_table_names()) - {_VERSION}
        if not there:
            return
        if not {"assignment", "grade"} <= there:
            raise GradebookError(f"{_shown(url)} holds other tables than a gradebook: choose another database")
        for table in Base.metadata.sorted_tables:
            columns = {column["name"] for column in inspector.get_columns(table.name)} if table.name in there else set()
            if missing := {column.name for column in table.columns} - columns:
                raise GradebookError(
                    f"{_shown(url)} is of an older nbgrader (no {table.name}.{min(missing)}): copy it to a safe place, "
                    "then run `nbgrader db upgrade` in the course's folder"
                )
    finally:
        engine.dispose()


@contextlib.contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what databases say into a sentence that says what to do."""
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

    try:
        yield
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        what = f"{_shown(url)} needs a driver that is not installed ({error})"
        raise GradebookError(f"{what}: for PostgreSQL, {installing('postgresql')}") from error
    except (SQLAlchemyError, InvalidEntry, OSError) as error:
        said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        raise GradebookError(f"the gradebook {_shown(url)} {_advice(said)}") from error


def _advice(said: str) -> str:
    if "locked" in said:
        return "is locked by another program, such as formgrader: wait or stop that, and run this again"
    if "readonly" in said or "read-only" in said or "permission denied" in said:
        return f"cannot be written ({said}): mend its permissions or name another, and run this again"
    if "unable to open" in said:
        return f"cannot be opened ({said}): mend the path, and run this again"
    if "onnect" in said or "could not" in said:
        return f"cannot be reached ({said}): start the server or mend the URL, and run this again"
    return f"cannot be used ({said}): mend that, and run this again"


def _shown(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)
