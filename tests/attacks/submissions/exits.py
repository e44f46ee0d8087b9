"""Ends the process before anybody can tell that it has no answer: each operation in another way.

base: reference
module: engine
points: 82 + 11
costs: engine-neg crashed, engine-sub crashed, engine-radd error, engine-rsub error, engine-rmul error, engine-truediv error, engine-rtruediv error
tried: 7
"""


def exit_with_success(self):
    tried("os._exit(0)")
    os._exit(0)


def exit_with_failure(self, other):
    tried("os._exit(1)")
    os._exit(1)


def system_exit(self, other):
    tried("sys.exit(0)")
    sys.exit(0)


def interrupt(self, other):
    tried("KeyboardInterrupt")
    raise KeyboardInterrupt


def leave_generator(self, other):
    tried("GeneratorExit")
    raise GeneratorExit


def stop_iteration(self, other):
    tried("StopIteration")
    raise StopIteration


def ask(self, other):
    tried("input()")
    input()


Value.__neg__, Value.__sub__, Value.__radd__, Value.__rsub__ = exit_with_success, exit_with_failure, system_exit, interrupt
Value.__rmul__, Value.__truediv__, Value.__rtruediv__ = leave_generator, stop_iteration, ask
