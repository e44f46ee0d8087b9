"""The items of derivative, and their points. Each is a test: `pytest -k derivative-central` runs one.

derivative-central    2  Estimate a slope from both sides
derivative-gradcheck  2  Tell right gradients from wrong ones
"""
