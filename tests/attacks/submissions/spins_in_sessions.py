"""Has children in sessions of their own compute for ever, as many as may be, while it waits itself.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central timeout|crashed
sign: central_difference(lambda x
"""


def central_difference(f, x, h=1e-6):
    for _ in range(9):
        if forked():
            os.setsid()
            while True:
                pass
    time.sleep(100)
