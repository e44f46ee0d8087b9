"""The one exception that users see: a sentence that says what to do, without a traceback."""


class UserError(Exception):
    """Something that the user can mend. Its text is one clear sentence; the command prints it and exits with `code`."""

    def __init__(self, message: str, code: int = 2):
        super().__init__(message)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows."""
        return [f"gradschool: {self}"]
