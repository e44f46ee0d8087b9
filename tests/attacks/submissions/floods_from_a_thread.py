"""Has a thread write to all descriptors while the other modules are imported and items are sat.

base: stubs
module: train
points: 0 + 0
sign: ended the Python process
"""


def flood():
    while True:
        for fd in range(64):
            try:
                os.write(fd, b"x" * 4096)
            except OSError:
                pass


threading.Thread(target=flood, daemon=True).start()
