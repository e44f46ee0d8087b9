from itertools import chain


class Module:
    training = True

    def parameters(self):
        return list(chain.from_iterable(child.parameters() for child in self.children()))

    def children(self):
        return []

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0.0

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        return self.train(False)
