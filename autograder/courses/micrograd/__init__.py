"""micrograd: a scalar autograd engine, and a small library of neural nets on it."""
