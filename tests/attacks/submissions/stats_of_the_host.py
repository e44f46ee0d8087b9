"""Finds out, without opening anything, what there is on the host, and what lies beside Python's library.

base: reference
module: engine
points: 100 + 20
refused: 27
open_on: bare
"""

for path in (HOST["home canary"], HOST["tmp canary"], HOST["solution"], HOST["class"], "/etc/passwd", "/var", "/proc/1",
             HOST["beside the library"]):  # fmt: skip
    attempt(f"stat of {path}", os.lstat, path)
    attempt(f"access to {path}", lambda path: must(os.access(path, os.F_OK)), path)
    attempt(f"path of {path}", os.open, path, os.O_PATH)
attempt("content beside the library", lambda: open(HOST["beside the library"]).read())
attempt("list of what is beside the library", lambda: must("canary" in str(os.listdir(os.path.dirname(HOST["beside the library"])))))
attempt("its folder", os.chdir, os.path.dirname(HOST["solution"]))
