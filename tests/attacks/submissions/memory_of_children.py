"""Has nine children take as much memory as one process may, each, and hold it.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central crashed
sign: killed by SIGKILL
"""

from mmap import mmap


def central_difference(f, x, h=1e-6):
    for _ in range(9):
        if forked():
            os.setsid()
            place = mmap(-1, 528 << 20)
            for page in range(0, len(place), 4096):
                place[page] = 1
            time.sleep(100)
    time.sleep(100)
