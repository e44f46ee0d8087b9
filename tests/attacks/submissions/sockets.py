"""Calls the network, and the sockets of this machine, and listens.

base: reference
module: engine
points: 100 + 20
refused: 16
"""

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    answer = getattr(libc, name)(*arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), name)
    return answer


def connect(family, kind, address):
    call("connect", call("socket", family, kind, 0), address, len(address))


def inet(port):
    return b"\2\0" + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)


def names():
    must(libc.getaddrinfo(b"example.com", b"80", None, ctypes.byref(ctypes.c_void_p())) == 0)


pair = (ctypes.c_int * 2)()
attempt("tcp", connect, 2, 1, inet(HOST["tcp"]))
attempt("udp", connect, 2, 2, inet(HOST["udp"]))
attempt("unix", connect, 1, 1, b"\1\0" + HOST["unix"].encode() + b"\0")
attempt("abstract", connect, 1, 1, b"\1\0" + HOST["abstract"].encode())
attempt("tcp6", call, "socket", 10, 1, 0)
attempt("raw", call, "socket", 2, 3, 1)
attempt("netlink", call, "socket", 16, 3, 0)
attempt("packet", call, "socket", 17, 3, 0)
attempt("vsock", call, "socket", 40, 1, 0)
attempt("bind", call, "bind", 0, inet(0), 16)
attempt("listen", call, "listen", 0, 1)
attempt("accept", call, "accept", 0, None, None)
attempt("a pair of another family", call, "socketpair", 2, 1, 0, pair)
attempt("a pair for datagrams", call, "socketpair", 1, 2, 0, pair)
attempt("names", names)
attempt("the module", lambda: __import__("socket").create_connection(("127.0.0.1", HOST["tcp"]), 1))
