'''Goran Petrov, tutorial Thursday 10:15'''
from micrograd.engine import Value


def mse_loss(predictions, targets):
    result = Value(0.0)
    for prediction, target in zip(predictions, targets):
        result = result + (prediction - target) ** 2
    return result / len(targets)


def hinge_loss(scores, labels):
    result = Value(0.0)
    for score, label in zip(scores, labels):
        result = result + (1 - score * label)).relu()
    return result / len(labels)


def l2_penalty(parameters, alpha=1e-4):
    result = Value(0.0)
    for parameter in parameters:
        result = result + alpha * parameter ** 2
    return result


def accuracy(scores, labels):
    hits = [(score.data > 0) is (label > 0) for score, label in zip(scores, labels)]
    return hits.count(True) / len(hits)
