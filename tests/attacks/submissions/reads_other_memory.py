"""Reads the memory of its parents and of the judge.

base: reference
module: engine
points: 100 + 20
refused: 12
"""

libc = ctypes.CDLL(None, use_errno=True)


def peek(pid):
    libc.ptrace(16, pid, 0, 0) and must(False)  # PTRACE_ATTACH


def vector(pid):
    buffer = ctypes.create_string_buffer(64)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
    remote = (ctypes.c_void_p * 2)(id(None), 64)
    must(libc.process_vm_readv(pid, local, 1, remote, 1, 0) > 0)


for pid in (os.getppid(), 1, HOST["judge"]):
    attempt(f"/proc/{pid}/mem", lambda pid: open(f"/proc/{pid}/mem", "rb").read(1), pid)
    attempt(f"ptrace {pid}", peek, pid)
    attempt(f"process_vm_readv {pid}", vector, pid)
    attempt(f"/proc/{pid}/fd", lambda pid: os.listdir(f"/proc/{pid}/fd"), pid)
