"""Stops its parent, and waits for ever.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central timeout
sign: did not finish within
"""


def central_difference(f, x, h=1e-6):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(100)
