"""The second lab: micrograd's API where PyTorch, or a finite difference, knows the derivatives.

`lab` holds what both share; `torch_lab` answers the exam; `numeric_lab` cross-checks it. Neither contains a rule of
micrograd's: a derivative is what autograd, or the change of a result, says it is.
"""
