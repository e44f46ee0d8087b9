"""Leaves daemons behind that hold the pipes open and hear no signal; from its import and from an operation.

base: reference
module: engine
points: 91 + 15
costs: engine-neg failed
tried: 2
"""


def leave_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            time.sleep(1000)
        os._exit(0)
    os.wait()


def neg(self):
    tried("a daemon, in an operation")
    leave_a_daemon()
    return Value(12345.0, (self,), "daemon")


Value.__neg__ = neg
tried("a daemon, in the import")
leave_a_daemon()
