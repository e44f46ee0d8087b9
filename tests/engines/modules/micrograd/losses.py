from .values import mean, total


def mse_loss(predictions, targets):
    return mean((p - t) ** 2 for p, t in zip(predictions, targets, strict=True))


def hinge_loss(scores, labels):
    return mean((1 - y * s).relu() for s, y in zip(scores, labels, strict=True))


def l2_penalty(parameters, alpha=1e-4):
    return total(p**2 for p in parameters) * alpha


def cross_entropy(logits, target):
    c = max(z.data for z in logits)
    return total((z - c).exp() for z in logits).log() - logits[target] + c


def accuracy(scores, labels):
    signs = [1 if s.data > 0 else -1 for s in scores]
    return sum(sign == y for sign, y in zip(signs, labels, strict=True)) / len(signs)
