"""What the functions take, keep and refuse."""

import numpy as np
import pytest

from stepnet import steps

RNG = np.random.RandomState(3)
X, W, B = RNG.randn(2, 6, 5, 3), RNG.randn(3, 3, 3, 4), RNG.randn(1, 1, 1, 4)
HPARAMETERS = {"stride": 1, "pad": 1}
# The second layer does not fit the first.
BAD = {"W1": np.ones((4, 3)), "b1": np.ones((4, 1)), "W2": np.ones((1, 5)), "b2": np.ones((1, 1))}
Z, CACHE = steps.conv_forward(X, W, B, HPARAMETERS)


def unaligned(array):
    """The same values at an odd address."""
    raw = np.zeros(array.nbytes + 1, np.uint8)
    view = raw[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    assert not view.flags.aligned
    return view


def widened(array):
    """The same values, with others between them."""
    large = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan)
    large[..., ::2] = array
    return large[..., ::2]


LAYOUTS = {
    "fortran": np.asfortranarray,
    "backwards": lambda a: a[::-1].copy()[::-1],
    "widened": widened,
    "big-endian": lambda a: a.astype(">f8"),
    "unaligned": unaligned,
    "list": lambda a: a.tolist(),
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_every_layout_gives_the_same(layout):
    change = LAYOUTS[layout]
    found, _ = steps.conv_forward(change(X), change(W), change(B), HPARAMETERS)
    np.testing.assert_array_equal(found, Z)
    for gradient, expected in zip(steps.conv_backward(change(Z), CACHE), steps.conv_backward(Z, CACHE)):
        np.testing.assert_array_equal(gradient, expected)


def test_read_only_arrays_are_read():
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_array_equal(steps.conv_forward(x, W, B, HPARAMETERS)[0], Z)


def test_float32_is_kept_and_everything_else_is_float64():
    single = [a.astype(np.float32) for a in (X, W, B)]
    found, cache = steps.conv_forward(*single, HPARAMETERS)
    assert found.dtype == np.float32 and cache[0].dtype == np.float32
    np.testing.assert_allclose(found, Z, atol=1e-4)
    mixed, _ = steps.conv_forward(single[0], W, B, HPARAMETERS)
    whole, _ = steps.pool_forward(np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1), {"f": 2, "stride": 2})
    assert mixed.dtype == np.float64 and whole.dtype == np.float64
    assert whole.ravel().tolist() == [5, 7, 13, 15]


@pytest.mark.parametrize("mode", ["max", "average"])
def test_the_engines_agree_where_values_are_equal(mode):
    x = np.round(RNG.randn(2, 7, 6, 5))
    hparameters = {"f": 3, "stride": 2}
    A, cache = steps.pool_forward(x, hparameters, mode)
    dA = RNG.randn(*A.shape)
    fast, loops = (steps.pool_backward(dA, cache, mode, engine=engine) for engine in ("fast", "loops"))
    np.testing.assert_allclose(fast, loops, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: steps.conv_forward(X[0], W, B, HPARAMETERS), ValueError, ["A_prev has shape", "4 dimensions"]),
        (lambda: steps.conv_forward(X, W[:, :, :2], B, HPARAMETERS), ValueError, ["W has shape [3, 3, 2, 4]"]),
        (lambda: steps.conv_forward(X, W, B, {"stride": 1}), ValueError, ["{'stride': 1}", "expected a dictionary with 'stride' and 'pad'"]),
        (lambda: steps.conv_forward(X, W, B, {"stride": 0, "pad": 0}), ValueError, ["stride is 0", "at least 1"]),
        (lambda: steps.conv_forward(X, W, B, {"stride": 1, "pad": -1}), ValueError, ["'pad'] is -1"]),
        (lambda: steps.conv_forward(X, W, B, {"stride": 1, "pad": 1.5}), TypeError, ["1.5", "whole number"]),
        (lambda: steps.conv_forward(X + 0j, W, B, HPARAMETERS), TypeError, ["A_prev is of type complex128"]),
        (lambda: steps.conv_forward("no", W, B, HPARAMETERS), TypeError, ["A_prev is of type"]),
        (lambda: steps.conv_forward(X[:0], W, B, HPARAMETERS), ValueError, ["A_prev has shape [0, 6, 5, 3]"]),
        (lambda: steps.conv_backward(Z[:1], CACHE), ValueError, ["dZ has shape [1, 6, 5, 4]"]),
        (lambda: steps.pool_forward(X, {"f": 9, "stride": 1}), ValueError, ["f is 9", "1 to 5"]),
        (lambda: steps.pool_forward(X, {"f": 2, "stride": 1}, "min"), ValueError, ["mode", '"min"']),
        (lambda: steps.pool_forward(X, {"f": 2, "stride": 1}, engine="quick"), ValueError, ["engine is 'quick'"]),
        (lambda: steps.zero_pad(X, 1 << 62), ValueError, ["pad"]),
        (lambda: steps.create_mask_from_window(np.zeros((0, 2))), ValueError, ["x has shape [0, 2]"]),
        (lambda: steps.distribute_value(1.0, (0, 2)), ValueError, ["shape is (0, 2)"]),
        (lambda: steps.distribute_value(1.0, (2.5, 2)), TypeError, ["shape[0] is 2.5"]),
        (lambda: steps.zero_pad(X, "one"), TypeError, ["zero_pad: pad is 'one'", "whole number"]),
        (lambda: steps.initialize_parameters(3, 0, 1), ValueError, ["initialize_parameters: n_h is 0", "expected 1 to"]),
        (lambda: steps.initialize_parameters_deep([3]), ValueError, ["layer_dims is [3]", "two sizes"]),
        (lambda: steps.initialize_parameters_deep([3, 2.0]), TypeError, ["layer_dims[1] is 2.0"]),
        (lambda: steps.initialize_parameters(3, 2, 1, seed=1 << 32), ValueError, ["seed is 4294967296"]),
        (lambda: steps.L_model_forward(X[0, 0], {}), ValueError, ["parameters has nothing", "expected W1, b1"]),
        (lambda: steps.L_model_forward(X[0, 0], {"W1": B[0, 0]}), ValueError, ["parameters has W1"]),
        (lambda: steps.L_model_forward(np.ones((3, 2)), BAD), ValueError, ["L_model_forward: layer 2: ", "W has shape [1, 5]"]),
        (lambda: steps.L_model_backward(np.ones((1, 2)), [[1, 0]], []), ValueError, ["caches is empty"]),
        (lambda: steps.linear_activation_forward(np.ones((3, 2)), W, B, "tanh"), ValueError, ["'tanh'", '"relu"']),
        (lambda: steps.compute_cost([[0.5, 0.5]], [[1.0]]), ValueError, ["Y has shape [1, 1]"]),
        (lambda: steps.update_parameters(BAD, {}, 0.1), ValueError, ["grads has no 'dW1'"]),
        (lambda: steps.update_parameters(BAD, {f"d{n}": a for n, a in BAD.items()}, np.nan), ValueError, ["learning_rate"]),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(call, error, words):
    with pytest.raises(error) as told:
        call()
    text = str(told.value)
    assert "\n" not in text
    for word in words:
        assert word in text
