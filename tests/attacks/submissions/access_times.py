"""Reads library files, and sees by their access times which ones somebody read: each is a note to the next submission.

base: reference
module: engine
points: 100 + 20
refused: 4
"""


def read(path):
    return os.listdir(path) if os.path.isdir(path) else open(path, "rb").read()


def trace_in(path):
    before = os.stat(path).st_atime_ns
    try:
        read(path)
    except PermissionError:
        pass
    must(os.stat(path).st_atime_ns != before)


for path in HOST["unread"]:
    attempt(path, trace_in, path)
