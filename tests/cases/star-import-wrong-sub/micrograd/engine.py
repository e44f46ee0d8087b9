from .value import *
