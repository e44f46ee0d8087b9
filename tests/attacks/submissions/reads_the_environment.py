"""Reads the judge's environment, from its own, from libc's and from /proc.

base: reference
module: engine
points: 100 + 20
refused: 7
"""


def from_libc():
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    must(libc.getenv(b"GRADSCHOOL_CANARY"))


def from_memory():
    """The environment lies above everybody's stack."""
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    must([environ[i] for i in range(len(os.environ)) if b"CANARY" in environ[i]])


attempt("os.environ", lambda: print(os.environ["GRADSCHOOL_CANARY"]))
attempt("getenv", from_libc)
attempt("environ", from_memory)
for pid in ("self", "1", os.getppid(), HOST["judge"]):
    attempt(f"/proc/{pid}", lambda pid: print(open(f"/proc/{pid}/environ").read()), pid)
