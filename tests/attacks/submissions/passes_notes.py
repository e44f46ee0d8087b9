"""Two students who work together: the first leaves notes in what outlives it, the second looks for them.

What outlives it are open files that it shares with the process that it was forked from: their places, flags and locks.

base: reference
module: engine
points: 100 + 20
students: 2
refused: 17
"""

libc = ctypes.CDLL(None, use_errno=True)
PLACE, APPEND, ASYNC = 7_777_777, os.O_APPEND, 0o20000


def flags(fd):
    return libc.fcntl(fd, 3, 0)  # F_GETFL


def locked_by_another(path):
    """Whether somebody holds a lock on a file, who must then be gone already."""
    fd = os.open(path, os.O_RDONLY)
    try:
        must(libc.flock(fd, 2 | 4) == -1 and ctypes.get_errno() == 11)  # LOCK_EX | LOCK_NB, EWOULDBLOCK
    finally:
        os.close(fd)


for fd in range(3):
    attempt(f"place in {fd}", lambda fd: must(os.lseek(fd, 0, os.SEEK_CUR) == PLACE), fd)
    attempt(f"flags of {fd}", lambda fd: must(flags(fd) >= 0 and flags(fd) & APPEND), fd)
    attempt(f"text in {fd}", lambda fd: must(os.pread(fd, 100, 0)), fd)
for path in ("/dev/null", "/dev/zero", "/dev/urandom", os.__file__, threading.__file__):
    attempt(f"lock on {path}", locked_by_another, path)
attempt("priority", lambda: must(os.getpriority(os.PRIO_PROCESS, 0) == 7))
attempt("name of the host", lambda: must("note" in os.uname().nodename))
attempt("module", lambda: must("note" in vars(sys.modules["random"])))

for fd in range(3):
    try:
        os.lseek(fd, PLACE, os.SEEK_SET)
    except OSError:
        pass
    libc.fcntl(fd, 4, flags(fd) | APPEND)  # F_SETFL
    libc.flock(fd, 2 | 4)
for path in ("/dev/null", "/dev/zero", "/dev/urandom", os.__file__, threading.__file__):
    try:
        libc.flock(os.open(path, os.O_RDONLY), 2 | 4)
    except OSError:
        pass
libc.sethostname(b"note", 4)
vars(sys.modules["random"])["note"] = True
