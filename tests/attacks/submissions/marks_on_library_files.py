"""Leaves notes on library files, which all submissions share: leases, locks, flags, hints, watches, attributes, times.

A lease on one would also keep everybody else waiting who opens it.

base: reference
module: engine
points: 100 + 20
refused: 24
"""

import fcntl, struct

libc = ctypes.CDLL(None, use_errno=True)
# By name: the numbers on x86_64 and aarch64.
CALLS = {"flock": (73, 32), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "fanotify_init": (300, 262),
         "utimensat": (280, 88), "name_to_handle_at": (303, 264), "getxattr": (191, 8), "listxattr": (194, 11),
         "setxattr": (188, 5), "fsync": (74, 82), "syncfs": (306, 267), "sync_file_range": (277, 84),
         "file_getattr": (468, 468)}  # fmt: skip
machine = ("x86_64", "aarch64").index(os.uname().machine)
library = os.path.dirname(os.__file__)
file = os.open(os.__file__, os.O_RDONLY)
buffer = ctypes.create_string_buffer(4096)


def call(name, *arguments):
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    answer = libc.syscall(ctypes.c_long(CALLS[name][machine]), *words)
    must(answer != -1)
    return answer


attempt("read lease", fcntl.fcntl, file, 1024, 0)  # F_SETLEASE, F_RDLCK
attempt("lease that there is", fcntl.fcntl, file, 1025)
attempt("notes on a folder", lambda: fcntl.fcntl(os.open(library, os.O_RDONLY), 1026, 1))  # F_NOTIFY, DN_ACCESS
attempt("signal of a lease", fcntl.fcntl, file, 10, 40)  # F_SETSIG
for name, command in {"lock": 6, "lock of the open file": 37}.items():  # F_SETLK, F_OFD_SETLK
    attempt(name, fcntl.fcntl, file, command, struct.pack("hhqqi4x", 0, 0, 0, 1, 0))  # F_RDLCK
for name, command in {"lock that there is": 5, "lock of an open file that there is": 36}.items():
    attempt(name, fcntl.fcntl, file, command, struct.pack("hhqqi4x", 1, 0, 0, 1, 0))
for name, command in {"life hint": 1035, "hint of the file": 1037}.items():  # F_GET_RW_HINT, F_GET_FILE_RW_HINT
    attempt(name, fcntl.fcntl, file, command, bytes(8))
attempt("hint for writing", fcntl.fcntl, file, 1036, struct.pack("Q", 1))  # F_SET_RW_HINT
attempt("flock", call, "flock", file, 1 | 4)
attempt("flags of the file", fcntl.ioctl, file, 0x80086601, bytes(8))  # FS_IOC_GETFLAGS
attempt("extents of the file", fcntl.ioctl, file, 0xC020660B, bytes(32))  # FS_IOC_FIEMAP
attempt("block of the file", fcntl.ioctl, file, 2, bytes(4))  # FIGETBSZ
attempt("attributes of the file", call, "file_getattr", -100, os.__file__.encode(), buffer, 24, 0)
attempt("watch", call, "inotify_init1", 0)
attempt("watch of everything", call, "fanotify_init", 0x200, 0)
attempt("handle", call, "name_to_handle_at", -100, os.__file__.encode(), ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 256),
        ctypes.create_string_buffer(8), 0)  # fmt: skip
attempt("attributes", lambda: os.listxattr(os.__file__))
attempt("times", os.utime, os.__file__, (0, 0))
attempt("own times", os.utime, __file__)
attempt("file system written", call, "syncfs", file)
attempt("file written", call, "fsync", file)
