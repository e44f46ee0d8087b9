"""Reads the solution, and grades itself with it.

base: stubs
module: engine
points: 0 + 0
refused: 6
"""


def loaded(path):
    globals()["Value"] = type(__spec__.loader)("solution", path).load_module().Value


def imported(path):
    sys.path.insert(0, path)
    try:
        return __import__("solutions.micrograd.engine").__file__  # a stand-in has none
    finally:
        del sys.path[0]


solution = HOST["solution"]
attempt("read", lambda: open(solution).read())
attempt("load", loaded, solution)
attempt("import", imported, HOST["project"])
attempt("list", os.listdir, os.path.dirname(solution))
attempt("map", lambda: os.open(solution, os.O_RDONLY))
attempt("the project", os.listdir, HOST["project"])
