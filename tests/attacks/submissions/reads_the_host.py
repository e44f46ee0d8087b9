"""Reads the host's files: users, processes, mounts, devices, the grader's own code.

base: reference
module: engine
points: 100 + 20
refused: 24
"""

import inspect, linecache

worker = harness("sandbox.inside.template").__file__
for path in ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/self/status", "/proc/self/maps", "/proc/mounts"):
    attempt(path, lambda path: open(path, "rb").read(), path)
for path in ("/sys/kernel/hostname", "/root/.bashrc", "/dev/mem", "/dev/vda", "/dev/tty", "/dev/kmsg", worker):
    attempt(path, lambda path: open(path, "rb").read(), path)
for path in ("/proc", "/root", "/home", HOST["project"], "/tmp", os.path.dirname(os.path.dirname(worker)), os.path.dirname(worker)):
    attempt(path, os.listdir, path)
attempt("source of the lab", inspect.getsource, harness("courses.micrograd.student_lab.lab").StudentLab)
attempt("lines of the worker", lambda: must(linecache.getlines(worker)))
attempt("data of the worker", lambda: harness("sandbox.inside.template").__spec__.loader.get_data(worker))
attempt("the finder's list", lambda: must("engine.py" in str(os.listdir(os.path.dirname(os.path.dirname(__file__)) + "/.."))))
