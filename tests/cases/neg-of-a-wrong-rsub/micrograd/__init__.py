"""micrograd: a scalar autograd engine, and a small neural-net library on top of it."""
