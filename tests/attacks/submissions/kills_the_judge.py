"""Sends every signal to the judge, whose number it knows, and to process 1.

base: reference
module: engine
points: 100 + 20
tried: 1
"""

tried("all signals to the judge and to process 1")
for pid in (HOST["judge"], -HOST["judge"], 1):
    for number in range(1, 65):
        try:
            os.kill(pid, number)
        except OSError:
            pass
