"""Starts threads that stay, spin, and exit.

base: reference
module: engine
costs: engine-neg, engine-radd, engine-rmul
points: 89 + 11
tried: 3
"""


def spin():
    while True:
        pass


def starting(name, target, *arguments):
    def operation(self, *other):
        tried(name)
        for _ in range(2):
            threading.Thread(target=target, args=arguments).start()
        time.sleep(0.02)
        return Value(12345.0, (self,), "thread")

    return operation


Value.__neg__ = starting("threads that stay", time.sleep, 1000)
Value.__radd__ = starting("threads that spin", spin)
Value.__rmul__ = starting("threads that exit", os._exit, 0)
