"""A course without numbers: students split a text into words, and count them."""

from autograder.course import Course

_HERE = "autograder.courses.tokenizer"

COURSE = Course(
    module=_HERE, title="A tokenizer", package="tokenizer", modules=("words",), given_modules=(),
    telling_modules=("words",), names={}, lecture="tokenizer.md", assignments=("splitting",), attributes=(),
    rubric=f"{_HERE}.rubric", subject=f"{_HERE}.lab:SUBJECT", oracle=f"{_HERE}.answers:right",
    check=f"{_HERE}.answers:other", domains="", notes=f"{_HERE}.answers:noted",
    transcribe=f"{_HERE}.answers:Transcript", transcript=f"{_HERE}.answers:Transcript", graph="", origin="",
    pitfalls=f"{_HERE}.answers:pitfalls", hint_words=f"{_HERE}.answers:hint_words",
    hints=f"{_HERE}.answers", given=f"{_HERE}.answers",
    about="two functions that split a text into words", example="splitting-split",
)  # fmt: skip
