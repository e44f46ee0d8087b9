"""Reports to make pages and exports of: those of the sample class, and as many as one likes, mixed from them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

from autograder.courses.micrograd import load_items
from autograder.report import ItemResult, Report

_GOLDEN = Path(__file__).parent / "golden"


def sample_reports() -> list[Report]:
    """The reports of the sample class, as they should be."""
    found = [json.loads(path.read_text("ascii")) for path in sorted(_GOLDEN.glob("*.json"))]
    return [Report.from_dict({**data, "sandbox": ["bwrap", "landlock"]}) for data in found]


def many_reports(size: int) -> list[Report]:
    """A class of any size: each student has each assignment from somebody of the sample class."""
    rng = random.Random(2026)
    samples = sample_reports()
    class_ = []
    for place in range(size):
        items: list[ItemResult] = []
        for assignment in dict.fromkeys(item.assignment for item in samples[0].items):
            source = rng.choice(samples)
            items += [item for item in source.items if item.assignment == assignment]
        class_.append(replace(samples[0], student=f"s{place:04}", submission=f"sha256:{place:064x}", items=items))
    return class_


def rubric() -> list[ItemResult]:
    """The rubric's items, as far as reports care."""
    return [
        ItemResult(item.id, item.assignment, item.title, item.points, 0, "todo", bonus=item.bonus)
        for item in load_items().values()
    ]
