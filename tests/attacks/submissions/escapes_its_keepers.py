"""Goes out of the sight of whoever is to end it: double forks, sessions, a family of its own, no parent's death.

base: reference
module: engine
points: 91 + 15
costs: engine-neg
tried: 3
"""

libc = ctypes.CDLL(None, use_errno=True)


def out_of_sight(times):
    """A child of a child, each in a session of its own, that takes in what becomes an orphan below it."""
    if times and os.fork() == 0:
        os.setsid()
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        libc.prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        out_of_sight(times - 1)
        time.sleep(1000)
        os._exit(0)


def leaves_the_first_thread():
    """Only a thread that is not the first lives on."""
    if os.fork() == 0:
        threading.Thread(target=time.sleep, args=(1000,)).start()
        libc.pthread_exit(None)


def neg(self):
    tried("a family of its own")
    out_of_sight(2)
    tried("a process without its first thread")
    leaves_the_first_thread()
    return Value(12345.0, (self,), "gone")


Value.__neg__ = neg
tried("no family")
libc.prctl(36, 0, 0, 0, 0)
out_of_sight(2)
