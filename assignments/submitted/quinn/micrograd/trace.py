from micrograd.engine import Value


def trace(root):
    seen = []
    pairs = []
    new = [root]
    while new:
        v = new.pop()
        if not any(v is s for s in seen):
            seen.append(v)
            for p in v._prev:
                pairs.append((p, v))
                new.append(p)
    return seen, pairs


def draw_dot(root, format='svg', rankdir='LR'):
    return None
