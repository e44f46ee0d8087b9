"""Reads what other students handed in: where they lie, and where the grader unpacks them.

base: reference
module: engine
points: 100 + 20
refused: 7
"""

own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
others = HOST["class"]
attempt("ada's engine", lambda: print(open(others + "/ada/micrograd/engine.py").read()))
attempt("zoe's folder", lambda: print(os.listdir(others + "/zoe")))
attempt("the class", lambda: print(os.listdir(others)))
attempt("above its own folder", lambda: print(os.listdir(own + "/..")))
attempt("the worker's folder", lambda: print(os.listdir(os.path.dirname(own))))
attempt("ada in memory", lambda: must([text for text in gc.get_objects() if type(text) is str and "canary" + "-" in text]))
attempt("a link in /proc", lambda: print(os.listdir(f"/proc/{HOST['judge']}/cwd")))
