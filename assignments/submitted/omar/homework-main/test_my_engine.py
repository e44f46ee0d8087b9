from micrograd.engine import Value

a = Value(2.0)
b = Value(-3.0)
c = a * b + b ** 2
c.backward()
assert c.data == 3.0 and a.grad == -3.0 and b.grad == -4.0
print("works")
