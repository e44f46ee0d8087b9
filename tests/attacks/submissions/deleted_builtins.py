"""Deletes all builtins: the other modules, and whoever comes next, must not miss them.

base: reference
module: derivative
points: 96 + 20
costs: derivative-central, derivative-gradcheck
sign: micrograd/derivative.py
"""

names = [*vars(builtins)]
delete = delattr
for name in names:
    delete(builtins, name)
