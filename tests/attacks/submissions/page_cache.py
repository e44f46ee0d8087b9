"""Leaves notes in the kernel's page cache, which all submissions share, and reads what others left there.

A page of a library file that is in memory is a one, a page that is not is a zero: so what puts pages in or out, and what
tells which ones are there, without a clock, is refused.

base: reference
module: engine
points: 100 + 20
refused: 18
"""

import mmap, resource, struct

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
PAGE, SIZE = 4096, 16384
# By name: the numbers on x86_64 and aarch64.
CALLS = {"fadvise64": (221, 223), "readahead": (187, 213), "mincore": (27, 232), "preadv2": (327, 286), "pwritev2": (328, 287),
         "cachestat": (451, 451), "madvise": (28, 233), "wait4": (61, 260), "waitid": (247, 95), "sendfile": (40, 71),
         "splice": (275, 76), "process_madvise": (440, 440)}  # fmt: skip
machine = ("x86_64", "aarch64").index(os.uname().machine)
file = os.open(os.__file__, os.O_RDONLY)
pipe = os.pipe()
pages = libc.mmap(None, ctypes.c_size_t(SIZE), 1, 2, file, ctypes.c_long(0))
buffer = ctypes.create_string_buffer(SIZE)
vector = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(buffer), PAGE))


def call(name, *arguments):
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    answer = libc.syscall(ctypes.c_long(CALLS[name][machine]), *words)
    must(answer != -1)
    return answer


def child_waited_for(name, *arguments):
    """Wait for a child, and be told how many pages it had to fetch from the disk."""
    pid = os.fork()
    if not pid:
        os._exit(0)
    try:
        return call(name, *arguments)
    finally:
        os.waitpid(pid, 0)


attempt("fadvise", call, "fadvise64", file, 0, SIZE, 4)  # POSIX_FADV_DONTNEED
attempt("os.posix_fadvise", os.posix_fadvise, file, 0, SIZE, os.POSIX_FADV_WILLNEED)
attempt("readahead", call, "readahead", file, 0, SIZE)
attempt("mincore", call, "mincore", pages, SIZE, buffer)
os.read(file, PAGE)
attempt("preadv2 that does not wait", call, "preadv2", file, vector, 1, 0, 0, 8)  # RWF_NOWAIT
attempt("os.preadv", lambda: os.preadv(file, [bytearray(8)], 0, os.RWF_NOWAIT))
attempt("cachestat", call, "cachestat", file, ctypes.create_string_buffer(struct.pack("QQ", 0, SIZE)), buffer, 0)
for name, advice in {"willneed": 3, "cold": 20, "pageout": 21, "populate": 22}.items():
    attempt(f"madvise {name}", call, "madvise", pages, SIZE, advice)
attempt("pages fetched", lambda: resource.getrusage(resource.RUSAGE_SELF).ru_majflt)
attempt("pages fetched by children", lambda: resource.getrusage(resource.RUSAGE_CHILDREN).ru_majflt)
attempt("pages fetched by a child", lambda: child_waited_for("wait4", -1, 0, 0, buffer))
attempt("pages fetched by this child", lambda: child_waited_for("waitid", 0, 0, 0, 4, buffer))
attempt("sendfile", call, "sendfile", pipe[1], file, 0, 1)
attempt("splice that does not wait", call, "splice", file, 0, pipe[1], 0, 1, 2)  # SPLICE_F_NONBLOCK
attempt("locked pages", lambda: must(libc.mmap(None, ctypes.c_size_t(PAGE), 1, 2 | 0x2000, file, ctypes.c_long(0)) not in
                                     (None, 2**64 - 1)))  # fmt: skip
