from .engine import *  # noqa: F403
