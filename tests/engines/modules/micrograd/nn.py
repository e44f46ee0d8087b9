"""The names of the contract; see modules.py and layers.py."""

from .layers import MLP, Layer, Neuron
from .modules import Module

__all__ = ["MLP", "Layer", "Module", "Neuron"]
