"""A toy data set, given ready-made."""
import math
import random


def make_moons(n=100, noise=0.1, seed=1337):
    """Draw two interleaving half circles, the classic set that no straight line separates.

    Returns `(points, labels)`: `n` pairs of floats, and for each the label 1 (upper moon) or -1 (lower moon).
    `noise` is the standard deviation of the Gaussian noise on each coordinate; one `seed` always gives one set.
    Raises ValueError for n < 1 or a negative noise.
    """
    if n < 1:
        raise ValueError(f'n must be at least 1, not {n}')
    if noise < 0:
        raise ValueError(f'noise must be at least 0, not {noise}')
    rng = random.Random(seed)
    points, labels = [], []
    for i in range(n):
        upper = i % 2 == 0
        angle = math.pi * rng.random()
        x, y = math.cos(angle), math.sin(angle)
        if not upper:
            x, y = 1.0 - x, 0.5 - y
        points.append((x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)))
        labels.append(1 if upper else -1)
    return points, labels
