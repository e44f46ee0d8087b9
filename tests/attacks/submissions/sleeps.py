"""Never ends, and takes no CPU time.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central timeout
sign: did not finish within
"""


def central_difference(f, x, h=1e-6):
    time.sleep(10**6)
