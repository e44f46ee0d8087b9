from __future__ import annotations

from collections.abc import Callable, Sequence


def central_difference(f: Callable[[float], float], x: float, h: float = 1e-6) -> float:
    return (f(x + h) - f(x - h)) / (2.0 * h)


def _along(f: Callable[..., float], xs: Sequence[float], index: int) -> Callable[[float], float]:
    def moved(x: float) -> float:
        return f(*(x if i == index else fixed for i, fixed in enumerate(xs)))

    return moved


def gradcheck(f: Callable[..., float], xs: Sequence[float], grads: Sequence[float], tol: float = 1e-6) -> bool:
    if len(xs) != len(grads):
        raise ValueError(f"{len(xs)} inputs and {len(grads)} gradients")
    for index, grad in enumerate(grads):
        numeric: float = central_difference(f=_along(f, xs, index), x=xs[index], h=1e-6)
        if abs(grad - numeric) <= tol * max(1.0, abs(numeric)):
            continue
        return False
    return True
