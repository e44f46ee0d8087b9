"""Packages of our own, such as the reference with a mistake, asked without a sandbox: one process for all of them."""
