"""What counts as the same answer."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from autograder.exam.equality import NOTHING, TOLERANCE, fingerprint, same

finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.one_of(finite, st.integers(-(2**60), 2**60), st.booleans(), st.none(), st.text(max_size=5))
answers = st.recursive(plain, lambda inner: st.lists(inner, max_size=4), max_leaves=12)
# Far enough from the ends of the range that a relative error can be told.
sizable = st.floats(1e-200, 1e200).flatmap(lambda x: st.sampled_from((x, -x)))
tolerances = st.sampled_from((1e-12, TOLERANCE, 1e-6, 0.1))
hostile = st.one_of(
    answers,
    st.floats(),
    st.integers(),
    st.sampled_from((10**400, -(10**400), {}, {"object": "a Value"}, {"raised": ["TypeError"]}, [[]], [[[[]]]])),
)


def given(*drawn: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hypothesis's, without a deadline: a busy machine is no fault."""
    return lambda test: hypothesis.settings(deadline=None)(hypothesis.given(*drawn)(test))


@given(answers)
def test_an_answer_equals_itself(answer: Any) -> None:
    assert same(answer, answer)


@given(answers, hostile)
def test_whatever_comes_gets_a_yes_or_a_no(expected: Any, got: Any) -> None:
    assert same(expected, got) in (True, False)
    assert isinstance(fingerprint(got), str)


# --- tolerance ----------------------------------------------------------------------------------------------


@given(sizable, tolerances, st.sampled_from((1.0, -1.0)))
def test_a_number_may_be_off_by_the_tolerance_and_no_more(x: float, tolerance: float, side: float) -> None:
    assert same(x, x * (1 + 0.99 * side * tolerance), tolerance)
    assert not same(x, x * (1 + 1.01 * side * tolerance), tolerance)


@given(sizable)
def test_the_tolerance_is_relative_by_default_a_billionth(x: float) -> None:
    assert same(x, x * (1 + 0.9e-9)) and not same(x, x * (1 + 1.1e-9))
    assert not same(x, 0.0) and not same(x, -x)


@given(sizable)
def test_alone_zero_forgives_nothing_that_could_matter(x: float) -> None:
    assert not same(0.0, x) and not same(0, x)
    assert not same([0.0], [x])
    assert same(0.0, -0.0) and same(0, 0.0) and same(-0.0, 0)


@pytest.mark.parametrize("size", [math.exp(-500), math.exp(-700), sys.float_info.min, 5e-324])
def test_what_is_left_of_an_exponent_that_was_cut_off_is_as_good_as_zero(size: float) -> None:
    for x in (size, -size):
        assert same(0.0, x) and same([0.0, 0.0], [x, 0.0]) and same([1.0, [0.0]], [1.0, [x]]) and same(0, x)
        assert same(x, 0.0) is False  # what is small on purpose is judged like any other number
    assert NOTHING < 1e-200


@given(st.floats(1e-200, 1e200), tolerances, st.sampled_from((1.0, -1.0)), st.booleans())
def test_beside_larger_numbers_zero_forgives_a_thousandth_of_the_tolerance(
    largest: float, tolerance: float, side: float, first: bool
) -> None:
    expected = [side * largest, 0.0]
    near, far = 0.99e-3 * tolerance * largest, 1.01e-3 * tolerance * largest
    order = slice(None, None, 1 if first else -1)
    for error in (near, -near):
        assert same(expected[order], [side * largest, error][order], tolerance)
    for error in (far, -far):
        assert not same(expected[order], [side * largest, error][order], tolerance)


def test_the_floor_comes_from_the_expected_numbers_of_the_same_list() -> None:
    assert not same([0.0], [1e-13])
    assert same([1e4, 0.0], [1e4, 1e-9])
    assert not same([1.0, 0.0], [1e9, 1e-9])  # not from those that were given
    assert not same([1e9, [0.0]], [1e9, [1e-6]])  # nor from the list around
    assert not same([[1e9], 0.0], [[1e9], 1e-6])  # nor from one inside
    assert same([[1e9, 0.0], 1.0], [[1e9, 1e-4], 1.0])
    assert not same([True, "large", None, 0.0], [True, "large", None, 1e-13])


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_small_number_beside_a_large_one_is_still_judged(small: float, large: float) -> None:
    """The floor must never swallow an answer: a gradient of 0 is no good where 0.001 is right, beside 1,000."""
    assert not same([large, small], [large, 0.0])
    assert not same([large, small], [large, small * (1 + 1e-4)])


# --- kinds --------------------------------------------------------------------------------------------------


@given(answers)
def test_nan_equals_nothing(answer: Any) -> None:
    for tolerance in (TOLERANCE, 1.0, 1e300):
        assert not same(math.nan, answer, tolerance) and not same(answer, math.nan, tolerance)
        assert not same(math.nan, math.nan, tolerance)
        assert not same([1.0, math.nan], [1.0, math.nan], tolerance)
        assert not same([1e300, 0.0], [1e300, math.nan], tolerance)


@given(finite)
def test_infinity_equals_nothing(x: float) -> None:
    for infinity in (math.inf, -math.inf):
        assert not same(x, infinity) and not same(infinity, x) and not same(infinity, infinity)
        assert not same([x, 1e308], [infinity, 1e308])
    assert not same(-sys.float_info.max, sys.float_info.max)


@given(st.integers(-(2**53), 2**53))
def test_an_int_is_as_good_as_a_float(n: int) -> None:
    assert same(n, float(n)) and same(float(n), n)


@pytest.mark.parametrize("number", [0, 1, 0.0, 1.0])
def test_a_truth_is_no_number(number: float) -> None:
    assert not same(number, bool(number)) and not same(bool(number), number)
    assert same(True, True) and same(False, False) and not same(True, False) and not same(False, True)


@pytest.mark.parametrize("expected", [1.0, "1.0", None, True, [], [1.0], "", [[1.0]], "None"])
@pytest.mark.parametrize("got", [1.0, "1.0", None, True, [], [1.0], "", [[1.0]], "None", {}, {"object": "1.0"}, [None]])
def test_kinds_do_not_mix(expected: Any, got: Any) -> None:
    assert same(expected, got) == (type(expected) is type(got) and expected == got)


@pytest.mark.parametrize("huge", [10**309, -(10**309), 10**4000])
def test_an_int_that_is_no_float_is_wrong(huge: int) -> None:
    assert not same(1.0, huge) and not same(0, huge) and not same([1e308, 0.0], [1e308, huge])
    assert isinstance(fingerprint(huge), str)


@given(st.lists(plain, min_size=1, max_size=5), plain)
def test_lists_have_a_length_an_order_and_a_shape(values: list[Any], extra: Any) -> None:
    assert not same(values, values[:-1]) and not same(values, [*values, extra])
    assert not same(values, [values]) and not same([values], values)
    assert not same(values, tuple(values))
    if not same(values, values[::-1]):
        assert not same([values, 1], [values[::-1], 1])


# --- fingerprints -------------------------------------------------------------------------------------------


@given(sizable)
def test_fingerprints_keep_nine_digits(x: float) -> None:
    short = float(f"{x:.9g}")
    assert fingerprint(short) == fingerprint(short * (1 + 1e-13)) == fingerprint(x)
    assert fingerprint(short) != fingerprint(short * (1 + 2e-8))
    assert fingerprint(x) != fingerprint(-x)


@given(answers, answers)
def test_fingerprints_tell_apart_what_is_not_the_same(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(one)
    if not same(one, other, tolerance=1e-7):
        assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(0.0, -0.0), (2, 2.0), ([1, [2.0]], [1.0, [2]]), (1e-320, 1e-320), (10**20, 1e20)],
)
def test_fingerprints_do_not_tell_what_is_the_same(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1), (False, 0), (True, "True"), (None, "None"), (1.0, "1"), ("a", "A"), ([1, 2], [2, 1]), ([1, 2], [12]),
        ([[1], 2], [1, [2]]), ([], [[]]), ([], ""), ("[1]", [1]), (["1,2"], ["1", "2"]), (["a,b"], ["a", "b"]),
        (math.nan, 0.0), (math.inf, -math.inf), (10**309, 10**310), ({"object": "a"}, "a"),
    ],
)  # fmt: skip
def test_fingerprints_tell(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)
