"""Choose the strongest sandbox that there is, by starting it. Runs in the judge."""

from __future__ import annotations

import threading
from dataclasses import replace

from autograder.errors import UserError
from autograder.sandbox.layers import NO_SANDBOX, Sandbox, candidates
from autograder.sandbox.mounts import fetch
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.reasons import Refusal, advice, refusal
from autograder.sandbox.subject import Subject, allowed
from autograder.sandbox.worker import Worker


def probe(sandbox: Sandbox) -> None:
    """Raises SandboxError or OSError when this sandbox does not really start here, or not with all that is needed."""
    libraries = allowed()
    with Worker(sandbox, Subject("nothing", libraries=libraries), {}) as worker:
        worker.probe()
    if sandbox.layers:
        threading.Thread(
            target=fetch, args=(libraries,), daemon=True
        ).start()  # may take its time where libraries come from afar


def choose(wanted: str) -> Sandbox:
    """The strongest sandbox that really starts here: `wanted` is "auto", "bwrap", "landlock" or "none".

    It says which stronger ones were tried, and why they did not start. Raises UserError when none starts, unless none
    is wanted.
    """
    if wanted == "none":
        return NO_SANDBOX
    refused: list[Refusal] = []
    for sandbox in candidates(wanted):
        try:
            probe(sandbox)
            return replace(sandbox, refused=tuple(refused))
        except (SandboxError, OSError) as error:
            refused.append(refusal(sandbox.layers, error))
    raise UserError(
        f"no sandbox works here: {advice((), refused) or 'not on this system'}; or say --sandbox none "
        "if you trust every submission", code=1,
    )  # fmt: skip
