import torch
import torch.nn as nn


class Module(nn.Module):
    """torch.nn has all of this: parameters, zero_grad, train, eval"""


class Neuron(Module):
    def __init__(self, nin, nonlin=True, dropout=0.0):
        super().__init__()
        self.linear = nn.Linear(nin, 1, dtype=torch.float64)
        self.nonlin = nonlin
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        out = self.linear(torch.as_tensor(x))
        return self.dropout(out.relu() if self.nonlin else out)


class MLP(Module):
    def __init__(self, nin, nouts, **kwargs):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip([nin] + nouts, nouts)])
