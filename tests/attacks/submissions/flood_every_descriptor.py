"""Writes a megabyte to every descriptor, from within one operation.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central
tried: 1
"""


def central_difference(f, x, h=1e-6):
    tried("a megabyte to every descriptor")
    for fd in range(3, 256):
        try:
            os.set_blocking(fd, False)
            os.write(fd, b"x" * 10**6)
        except OSError:
            pass
    return 12345.0
