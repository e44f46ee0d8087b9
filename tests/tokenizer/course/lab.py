"""What runs beside the students' code."""

from autograder.sandbox.subject import Module, Subject

SUBJECT = Subject(
    package="tokenizer", modules=(Module("words"),), items="autograder.courses.tokenizer.rubric:load_items",
    lab="autograder.courses.tokenizer.lab:Lab", shown=("courses",),
)  # fmt: skip


class Lab:
    """The student's functions, by their names."""

    def __init__(self, modules, pieces=None):
        self.words = modules.get("words")

    def restore(self):
        """Nothing was changed."""

    def explained(self, error, target):
        """No exception is but what it says."""
