"""Makes and changes files wherever it can think of, by every call that makes or changes one.

base: reference
module: engine
points: 100 + 20
refused: 230
"""

here = os.path.dirname(os.path.abspath(__file__))
PLACES = [".", "/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", "/proc", "/sys", "/etc", "/root", "/home"]
PLACES += [os.path.dirname(module.__file__) for module in (os, sys.modules["numpy"], harness("sandbox.inside.template"))]
PLACES += [here, os.path.dirname(here), os.path.dirname(os.path.dirname(here))]
PLACES += [HOST["project"], HOST["class"]]

for place in PLACES:
    name = place + "/mallory"
    attempt("open in " + place, os.open, name, os.O_CREAT | os.O_WRONLY)
    attempt("mkdir in " + place, os.mkdir, name)
    attempt("symlink in " + place, os.symlink, "/etc", name)
    attempt("mkfifo in " + place, os.mkfifo, name)
    attempt("link in " + place, os.link, __file__, name)
    attempt("mknod in " + place, os.mknod, name)
    attempt("a nameless file in " + place, os.open, place, os.O_TMPFILE | os.O_RDWR)
    attempt("chmod " + place, os.chmod, place, 0o777)
    attempt("utime " + place, os.utime, place, (1, 1))
    attempt("rename to " + place, os.rename, here, name)
    attempt("setxattr " + place, os.setxattr, place, "user.x", b"x")
attempt("append to itself", open, __file__, "a")
attempt("update itself", open, __file__, "r+")
attempt("remove itself", os.remove, __file__)
attempt("truncate itself", os.truncate, __file__, 0)
attempt("touch itself", os.utime, __file__, (1, 1))
attempt("chmod itself", os.chmod, __file__, 0o777)
attempt("chown itself", os.chown, __file__, os.getuid(), os.getgid())
attempt("append to Python", open, os.__file__, "a")
attempt("chmod a device", os.chmod, "/dev/null", 0o777)
attempt("write to a device", open, "/dev/urandom", "wb")
