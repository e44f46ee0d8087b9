"""How dropout is judged: by how often a neuron is left out, and what it gives otherwise, for the draws are nobody's."""

from autograder.exam.items import digits
from autograder.phrase import N_, Phrase

LISTENED = 100  # calls in which it is noted when a neuron is left out


def left_out_as_often(question, expected, got, same):
    """In use the neuron always gives the same; in training that value scaled as the oracle's, or 0, about as often; and
    the gradients that come back are scaled as the value. When it is left out is drawn, and not counted.

    How often is binomial. A right neuron is further off than five and a half standard deviations less than once in a
    million times.
    """
    if not _are_tallies(got) or len(got[3]) != len(expected[3]):
        return False
    if got[0] != got[2] or len(got[0]) != 1 or _repeats(question, got[3]):
        return False
    plain, count, _ = got[0][0]
    return (
        plain != 0
        and count == expected[0][0][1]
        and sum(count for _, count, _ in got[1]) == question["calls"]
        and all(same(_scaled(expected, got, value), [value, slopes]) for value, _, slopes in got[1])
        and _is_often_enough(question, got[1])
    )


def _is_often_enough(question, trained):
    calls, p = question["calls"], question["dropout"]
    zeros = sum(count for value, count, _ in trained if value == 0)
    return abs(zeros - calls * p) <= 5.5 * (calls * p * (1 - p)) ** 0.5


def _scaled(expected, got, value):
    """What an output of 0, or any other, should be in training, and the gradients that should come back from it."""
    scale = max(kept for kept, _, _ in expected[1]) / expected[0][0][0] if value else 0.0
    plain, _, slopes = got[0][0]
    return [plain * scale, [slope * scale for slope in slopes]]


def _repeats(question, rhythms):
    """Whether one rhythm goes on as it began, or one neuron's is another's, at some place, in half of the calls.

    Draws do that with probability (p² + (1 - p)²) ** calls for each of the places: less than once in a million times.
    """
    if not question["dropout"]:
        return False
    one, other = rhythms
    return one == other or any(
        a[place:] == b[:-place] for place in range(1, LISTENED // 2 + 1) for a in rhythms for b in rhythms
    )


def _are_tallies(got):
    """Whether these are three lists of numbers, with how often each came and the gradients that come back from it, and
    a list of rhythms."""
    if not (isinstance(got, list) and len(got) == 4 and all(isinstance(each, list) for each in got)):
        return False
    return all(got[:3]) and all(
        isinstance(entry, list) and len(entry) == 3 and isinstance(entry[2], list)
        and all(type(x) in (int, float) and abs(x) < 1e300 for x in (*entry[:2], *entry[2]))
        for tally in got[:3] for entry in tally
    ) and all(type(each) is str and len(each) == LISTENED for each in got[3])  # fmt: skip


def but_for_rhythms(question, expected, got):
    """Of a dropout, what all have in common that make a mistake, whatever they draw with."""
    return got[:3] if isinstance(got, list) else got


def how_often(question, expected, got, same):
    """What a neuron with dropout should do, and does."""
    if not _are_tallies(got) or len(got[3]) != len(expected[3]):
        return Phrase("should be a Value, in training and in use")
    used, trained, plain, rhythms = got

    def times(tally):
        shown = [(digits(value), digits(count)) for value, count, _ in tally[:3]]
        return Phrase.row(", ", [Phrase("{value} in {count} calls", value=x, count=n) for x, n in shown])

    if len(plain) > 1 or times(used) != times(plain):
        return Phrase(
            "with training = False it should always give the same as without dropout: {right}, yours gives {yours}",
            right=times(plain), yours=times(used),
        )  # fmt: skip
    for mode, tally in ((False, used), (True, trained)):
        for value, _, slopes in tally:
            right, wanted = _scaled(expected, got, value) if mode else (value, plain[0][2])
            if same(right, value) and not same(wanted, slopes):
                return Phrase(
                    "with training = {mode} its output {value} should give the weights and the bias the gradients "
                    "{right}, yours gives them {yours}",
                    mode=mode, value=digits(value), right=digits(wanted), yours=digits(slopes),
                )  # fmt: skip
    p, calls = question["dropout"], question["calls"]
    kept = digits(_scaled(expected, got, plain[0][0])[0])
    often = Phrase("always {value}", value=kept)
    if p:
        said = N_("0 in about {zeros} of {calls} calls and {value} in the others")
        often = Phrase(said, zeros=f"{calls * p:.0f}", calls=calls, value=kept)
    if _is_often_enough(question, trained) and _repeats(question, rhythms):
        said = N_("in training it should give {often}, drawn anew each time; yours gives 0 in {when}")
        return Phrase(said, often=often, when=_when(rhythms[0]))
    return Phrase("in training it should give {often}, yours gives {yours}", often=often, yours=times(trained))


def _when(rhythm):
    """In which calls a neuron is left out, in words."""
    calls = [str(place) for place, left_out in enumerate(rhythm, 1) if left_out == "1"]
    some = ", ".join(calls[:6]) + ", …" * (len(calls) > 6)
    return Phrase("calls {some} of {all}, and so again and again", some=some, all=len(rhythm))
