"""Starts other programs, by all the ways that Python and the loader know.

base: reference
module: engine
points: 100 + 20
refused: 10
"""

import subprocess

attempt("run", lambda: subprocess.run([sys.executable, "-c", "1"], check=True))
attempt("shell", lambda: subprocess.run("true", shell=True, check=True))
attempt("exec", os.execv, sys.executable, [sys.executable, "-c", "1"])
attempt("spawn", os.posix_spawn, "/bin/sh", ["sh"], {})
attempt("spawnv", lambda: must(os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", "1"]) == 0))
attempt("system", lambda: must(os.system("true") == 0))
attempt("popen", lambda: must(os.popen("true").close() is None))
attempt("the loader", os.execv, "/lib64/ld-linux-x86-64.so.2", ["ld", sys.executable, "-c", "1"])
attempt("sudo", os.execv, "/usr/bin/sudo", ["sudo", "true"])
attempt("bwrap", os.execv, "/usr/bin/bwrap", ["bwrap", "true"])
