"""How student code runs: where nothing that it does can reach the judge, the host, or another submission.

`worker` is the program inside; `lab` is what experiments see there; `confine` takes rights away; `launcher` starts
workers and talks to them from outside. Only `launcher` ever runs in the judge.
"""
