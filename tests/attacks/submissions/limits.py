"""Raises its own limits, priority and rank, from within an operation, where they are the narrowest.

base: reference
module: derivative
points: 98 + 20
costs: derivative-central crashed
refused: 12
"""

import resource


def central_difference(f, x, h=1e-6):
    for name in ("CPU", "AS", "NPROC", "FSIZE", "NOFILE", "CORE"):
        attempt(name, resource.setrlimit, getattr(resource, "RLIMIT_" + name), (resource.RLIM_INFINITY,) * 2)
    attempt("clock", time.clock_settime, time.CLOCK_REALTIME, 0)
    attempt("nice", os.nice, -5)
    attempt("realtime", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)))
    attempt("root by rank", lambda: must(os.getuid() == 0 or os.geteuid() == 0))
    attempt("root by request", os.setuid, 0)
    attempt("root's group", os.setgid, 0)
    print(*NOTES, f"refused {REFUSED}", sep="\n", flush=True)
    os._exit(0)
