"""How student code runs: where nothing that it does can reach the judge, the host, or another submission.

A judge starts a `worker` in the strongest sandbox that the `launcher` finds, and talks to the program in `inside`,
which runs student code; `kernel` is how that gives up its power before. What the code is about, a `subject` says:
nothing in here knows a course.
"""
