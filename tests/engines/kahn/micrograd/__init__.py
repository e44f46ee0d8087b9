from .engine import Value
from .trace import draw_dot, trace

__all__ = ["Value", "draw_dot", "trace"]
