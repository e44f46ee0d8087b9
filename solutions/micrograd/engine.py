"""A scalar that remembers how it was computed, so that it can differentiate itself.

Every operation on a `Value` makes a new `Value` that points back to its operands. The expression is therefore
a directed acyclic graph, and `backward()` walks it from the result to the leaves with the chain rule.
"""
import math
from numbers import Real


class Value:
    """A number in an expression graph.

    `data` is the number; `grad` is d(root)/d(this) after `root.backward()`, 0.0 before. `_prev` holds the parents (the
    operands that made this node), `_op` names the operation, and `_backward()` adds this node's share to the
    gradients of its parents. A leaf has no parents and its `_backward` does nothing.

    Every operation makes a new node and leaves its operands as they are. Its parents are its operands and nothing else:
    a plain number stands there as a Value, or not at all; an exponent never.
    """

    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = tuple(_children)
        self._op = _op

    @staticmethod
    def _lift(x):
        """Return `x` as a Value: itself when it is one, else a new leaf that holds the number."""
        # An operand may be any number that Python knows. Anything else (a string, None, a list) should raise a
        # TypeError here rather than a riddle later on.
        ### BEGIN SOLUTION stretch-edges (bonus)
        if not isinstance(x, (Value, Real)):
            raise TypeError(f'a Value combines with numbers, not with {type(x).__name__}')
        ### END SOLUTION
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = self._lift(other)
        # Make `out`, the sum: its parents are self and other, its op is '+'.
        ### BEGIN SOLUTION engine-add
        out = Value(self.data + other.data, (self, other), '+')
        ### END SOLUTION

        def _backward():
            # d(a + b)/da = 1, and the same for b. Add out.grad times that to the gradient of each operand.
            ### BEGIN SOLUTION backprop-add
            self.grad += out.grad
            other.grad += out.grad
            ### END SOLUTION
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = self._lift(other)
        # Make `out`, the product: its parents are self and other, its op is '*'.
        ### BEGIN SOLUTION engine-mul
        out = Value(self.data * other.data, (self, other), '*')
        ### END SOLUTION

        def _backward():
            # Which number multiplies a change of self on its way to out? And a change of other?
            # Add each, times out.grad, to the gradient of that operand.
            ### BEGIN SOLUTION backprop-mul
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
            ### END SOLUTION
        out._backward = _backward
        return out

    def __pow__(self, exponent):
        """Raise to a constant power: `exponent` is an int or a float, not a Value."""
        # A Value (or anything else that is no number) as exponent should raise a TypeError, and a negative base with
        # a fractional exponent a ValueError: Python would answer with a complex number.
        ### BEGIN SOLUTION stretch-edges (bonus)
        if not isinstance(exponent, Real):
            raise TypeError(f'an exponent is a plain number, not a {type(exponent).__name__}')
        if self.data < 0 and exponent != int(exponent):
            raise ValueError(f'{self.data} ** {exponent} is not a real number')
        ### END SOLUTION
        # Make `out`, the power: its only parent is self, its op is '**' followed by the exponent, as in '**3'.
        ### BEGIN SOLUTION engine-pow
        out = Value(self.data**exponent, (self,), f'**{exponent}')
        ### END SOLUTION

        def _backward():
            # The power rule, times out.grad, goes to the gradient of self.
            ### BEGIN SOLUTION backprop-pow
            if exponent != 0:  # x**0 is constant; the formula would divide by zero at x = 0
                self.grad += exponent * self.data**(exponent - 1) * out.grad
            ### END SOLUTION
        out._backward = _backward
        return out

    def relu(self):
        """Rectified linear unit: self where it is positive, 0 elsewhere."""
        # Make `out`, with parent self and op 'ReLU'.
        ### BEGIN SOLUTION engine-relu
        out = Value(self.data if self.data > 0 else 0.0, (self,), 'ReLU')
        ### END SOLUTION

        def _backward():
            # The gradient passes where the output is positive and stops elsewhere, at 0 too.
            ### BEGIN SOLUTION backprop-relu
            if out.data > 0:
                self.grad += out.grad
            ### END SOLUTION
        out._backward = _backward
        return out

    def tanh(self):
        """Hyperbolic tangent, which squashes any number into [-1, 1]: tanh of 1000 is 1, with a gradient of 0."""
        # Make `out`, with parent self and op 'tanh'.
        ### BEGIN SOLUTION engine-tanh
        out = Value(math.tanh(self.data), (self,), 'tanh')
        ### END SOLUTION

        def _backward():
            # The derivative of tanh can be written with the value of tanh itself.
            ### BEGIN SOLUTION backprop-tanh
            self.grad += (1 - out.data**2) * out.grad
            ### END SOLUTION
        out._backward = _backward
        return out

    def exp(self):
        """e to the power of self."""
        # Make `out`, with parent self and op 'exp'.
        ### BEGIN SOLUTION engine-exp
        out = Value(math.exp(self.data), (self,), 'exp')
        ### END SOLUTION

        def _backward():
            # Which function is its own derivative? Its value is known already.
            ### BEGIN SOLUTION backprop-exp
            self.grad += out.data * out.grad
            ### END SOLUTION
        out._backward = _backward
        return out

    def log(self):
        """Natural logarithm of self, which must be positive."""
        # Make `out`, with parent self and op 'log'.
        ### BEGIN SOLUTION engine-log
        out = Value(math.log(self.data), (self,), 'log')
        ### END SOLUTION

        def _backward():
            # How steep is the logarithm at self?
            ### BEGIN SOLUTION backprop-log
            self.grad += out.grad / self.data
            ### END SOLUTION
        out._backward = _backward
        return out

    def backward(self):
        """Fill in the gradient of this node with respect to every node that it was computed from.

        Sets `self.grad` to 1.0 and calls `_backward()` of each node once, after all nodes that depend on it. Leaves add
        up what several calls give them, also those of other graphs, until someone sets their gradients back to 0.
        """
        # Three steps: (1) list the nodes of the graph in topological order, each node once and after its parents
        # (`_prev`), however many paths lead to it; (2) seed the root; (3) call `_backward` from the root to the leaves.
        ### BEGIN SOLUTION backprop-order
        order = []
        visited = set()

        def visit(node):
            if node not in visited:
                visited.add(node)
                for parent in node._prev:
                    visit(parent)
                order.append(node)

        # A chain of 10,000 nodes takes a stack of your own: a function that calls itself exhausts the one of Python.
        ### BEGIN SOLUTION stretch-deep (bonus)
        stack = [self]
        while stack:
            for parent in stack[-1]._prev:
                if parent not in visited:
                    stack.append(parent)
                    break
            else:
                visit(stack.pop())  # all its parents are visited, so that this comes no deeper
        ### END SOLUTION
        visit(self)

        # A second call should count nothing twice: whatever has parents starts afresh, and leaves go on adding up.
        ### BEGIN SOLUTION stretch-twice (bonus)
        for node in order:
            if node._prev:
                node.grad = 0.0
        ### END SOLUTION
        self.grad = 1.0
        for node in reversed(order):
            node._backward()
        ### END SOLUTION

    # Everything below follows from the operations above.

    def __neg__(self):
        # -a
        ### BEGIN SOLUTION engine-neg
        return self * -1
        ### END SOLUTION

    def __sub__(self, other):
        # a - b
        ### BEGIN SOLUTION engine-sub
        return self + (-self._lift(other))
        ### END SOLUTION

    def __truediv__(self, other):
        # a / b
        ### BEGIN SOLUTION engine-truediv
        return self * self._lift(other)**-1
        ### END SOLUTION

    def __radd__(self, other):
        # other + a: Python calls it when the left operand is a plain number, which cannot add a Value.
        ### BEGIN SOLUTION engine-radd
        return self + other
        ### END SOLUTION

    def __rsub__(self, other):
        # other - a: mind which one is subtracted.
        ### BEGIN SOLUTION engine-rsub
        return self._lift(other) - self
        ### END SOLUTION

    def __rmul__(self, other):
        # other * a
        ### BEGIN SOLUTION engine-rmul
        return self * other
        ### END SOLUTION

    def __rtruediv__(self, other):
        # other / a: mind which one is divided by.
        ### BEGIN SOLUTION engine-rtruediv
        return self._lift(other) / self
        ### END SOLUTION

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'
