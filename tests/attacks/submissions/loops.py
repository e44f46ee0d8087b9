"""Never ends, deaf to all signals.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central
sign: did not finish within
"""


def central_difference(f, x, h=1e-6):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
