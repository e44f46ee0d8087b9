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
        # TODO stretch-edges (bonus): An operand may be any number that Python knows. Anything else (a string, None, a
        # list) should raise a TypeError here rather than a riddle later on.
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = self._lift(other)
        # TODO engine-add: Make `out`, the sum: its parents are self and other, its op is '+'.
        raise NotImplementedError("engine-add")

        def _backward():
            # TODO backprop-add: d(a + b)/da = 1, and the same for b. Add out.grad times that to the gradient of each
            # operand.
            raise NotImplementedError("backprop-add")
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = self._lift(other)
        # TODO engine-mul: Make `out`, the product: its parents are self and other, its op is '*'.
        raise NotImplementedError("engine-mul")

        def _backward():
            # TODO backprop-mul: Which number multiplies a change of self on its way to out? And a change of other?
            # Add each, times out.grad, to the gradient of that operand.
            raise NotImplementedError("backprop-mul")
        out._backward = _backward
        return out

    def __pow__(self, exponent):
        """Raise to a constant power: `exponent` is an int or a float, not a Value."""
        # TODO stretch-edges (bonus): A Value (or anything else that is no number) as exponent should raise a TypeError,
        # and a negative base with a fractional exponent a ValueError: Python would answer with a complex number.
        # TODO engine-pow: Make `out`, the power: its only parent is self, its op is '**' followed by the exponent, as
        # in '**3'.
        raise NotImplementedError("engine-pow")

        def _backward():
            # TODO backprop-pow: The power rule, times out.grad, goes to the gradient of self.
            raise NotImplementedError("backprop-pow")
        out._backward = _backward
        return out

    def relu(self):
        """Rectified linear unit: self where it is positive, 0 elsewhere."""
        # TODO engine-relu: Make `out`, with parent self and op 'ReLU'.
        raise NotImplementedError("engine-relu")

        def _backward():
            # TODO backprop-relu: The gradient passes where the output is positive and stops elsewhere, at 0 too.
            raise NotImplementedError("backprop-relu")
        out._backward = _backward
        return out

    def tanh(self):
        """Hyperbolic tangent, which squashes any number into [-1, 1]: tanh of 1000 is 1, with a gradient of 0."""
        # TODO engine-tanh: Make `out`, with parent self and op 'tanh'.
        raise NotImplementedError("engine-tanh")

        def _backward():
            # TODO backprop-tanh: The derivative of tanh can be written with the value of tanh itself.
            raise NotImplementedError("backprop-tanh")
        out._backward = _backward
        return out

    def exp(self):
        """e to the power of self."""
        # TODO engine-exp: Make `out`, with parent self and op 'exp'.
        raise NotImplementedError("engine-exp")

        def _backward():
            # TODO backprop-exp: Which function is its own derivative? Its value is known already.
            raise NotImplementedError("backprop-exp")
        out._backward = _backward
        return out

    def log(self):
        """Natural logarithm of self, which must be positive."""
        # TODO engine-log: Make `out`, with parent self and op 'log'.
        raise NotImplementedError("engine-log")

        def _backward():
            # TODO backprop-log: How steep is the logarithm at self?
            raise NotImplementedError("backprop-log")
        out._backward = _backward
        return out

    def backward(self):
        """Fill in the gradient of this node with respect to every node that it was computed from.

        Sets `self.grad` to 1.0 and calls `_backward()` of each node once, after all nodes that depend on it. Leaves add
        up what several calls give them, also those of other graphs, until someone sets their gradients back to 0.
        """
        # TODO backprop-order: Three steps: (1) list the nodes of the graph in topological order, each node once and
        # after its parents (`_prev`), however many paths lead to it; (2) seed the root; (3) call `_backward` from the
        # root to the leaves.
        raise NotImplementedError("backprop-order")
        # TODO stretch-deep (bonus): A chain of 10,000 nodes takes a stack of your own: a function that calls itself
        # exhausts the one of Python.
        # TODO stretch-twice (bonus): A second call should count nothing twice: whatever has parents starts afresh, and
        # leaves go on adding up.

    # Everything below follows from the operations above.

    def __neg__(self):
        # TODO engine-neg: -a
        raise NotImplementedError("engine-neg")

    def __sub__(self, other):
        # TODO engine-sub: a - b
        raise NotImplementedError("engine-sub")

    def __truediv__(self, other):
        # TODO engine-truediv: a / b
        raise NotImplementedError("engine-truediv")

    def __radd__(self, other):
        # TODO engine-radd: other + a: Python calls it when the left operand is a plain number, which cannot add a
        # Value.
        raise NotImplementedError("engine-radd")

    def __rsub__(self, other):
        # TODO engine-rsub: other - a: mind which one is subtracted.
        raise NotImplementedError("engine-rsub")

    def __rmul__(self, other):
        # TODO engine-rmul: other * a
        raise NotImplementedError("engine-rmul")

    def __rtruediv__(self, other):
        # TODO engine-rtruediv: other / a: mind which one is divided by.
        raise NotImplementedError("engine-rtruediv")

    def __repr__(self):
        return f'Value(data={self.data}, grad={self.grad})'
