from __future__ import annotations

from micrograd.derivative import central_difference, gradcheck
from micrograd.engine import Value

__all__ = ["Value", "central_difference", "gradcheck"]
