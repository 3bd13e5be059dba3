"""What the functions take, keep and refuse."""

import numpy as np
import pytest

from stepnet import steps

RNG = np.random.RandomState(3)
X, W, B = RNG.randn(2, 6, 5, 3), RNG.randn(3, 3, 3, 4), RNG.randn(1, 1, 1, 4)
HPARAMETERS = {"stride": 1, "pad": 1}
# The second layer does not fit the first.
BAD = {"W1": np.ones((4, 3)), "b1": np.ones((4, 1)), "W2": np.ones((1, 5)), "b2": np.ones((1, 1))}
BAD_GRADS = {f"d{name}": array for name, array in BAD.items()}
ONE, ONE_GRADS = {"W1": [[1.0]], "b1": [[1.0]]}, {"dW1": [[1.0]], "db1": [[1.0]]}
ONE_CACHES = [(([[1.0]], [[1.0]], [[1.0]]), [[2.0]])]
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
    swapped, _ = steps.conv_forward(single[0].astype(">f4"), *single[1:], HPARAMETERS)
    np.testing.assert_array_equal(swapped, found, strict=True)
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
        (lambda: steps.conv_backward(Z[:1], CACHE), ValueError, ["dZ has shape [1, 6, 5, 4]"]),
        (lambda: steps.pool_forward(X, {"f": 9, "stride": 1}), ValueError, ["f is 9", "1 to 5"]),
        (lambda: steps.pool_forward(X, {"f": 2, "stride": 1}, engine="quick"), ValueError, ["engine is 'quick'"]),
        (lambda: steps.zero_pad(X, 1 << 62), ValueError, ["pad"]),
        (lambda: steps.create_mask_from_window(np.zeros((0, 2))), ValueError, ["x has shape [0, 2]"]),
        (lambda: steps.distribute_value(1.0, (0, 2)), ValueError, ["shape is (0, 2)"]),
        (lambda: steps.distribute_value(1.0, (2.5, 2)), TypeError, ["shape[0] is 2.5"]),
        (lambda: steps.zero_pad(X, "one"), TypeError, ["zero_pad: pad is 'one'", "whole number"]),
        (lambda: steps.initialize_parameters(3, 0, 1), ValueError, ["initialize_parameters: n_h is 0", "expected at least 1"]),
        (lambda: steps.initialize_parameters_deep([3]), ValueError, ["layer_dims is [3]", "two sizes"]),
        (lambda: steps.initialize_parameters_deep([3, 2.0]), TypeError, ["layer_dims[1] is 2.0"]),
        (lambda: steps.initialize_parameters(3, 2, 1, seed=1 << 32), ValueError, ["seed is 4294967296"]),
        (lambda: steps.L_model_forward(X[0, 0], {}), ValueError, ["parameters has nothing", "expected W1, b1"]),
        (lambda: steps.L_model_forward(X[0, 0], {"W1": B[0, 0]}), ValueError, ["parameters has W1"]),
        (lambda: steps.L_model_forward(np.ones((3, 2)), BAD), ValueError, ["L_model_forward: W2 has shape [1, 5], expected [1, 4]", "the 4 rows of the output of layer 1"]),
        (lambda: steps.L_model_backward(np.ones((1, 2)), [[1, 0]], []), ValueError, ["caches is empty"]),
        (lambda: steps.L_model_backward([[0.5]], [[1]], ONE_CACHES, edition="2016"), ValueError, ["L_model_backward: edition is '2016', expected", '"2017" or "v8a" or "2021"']),
        (lambda: steps.compute_cost([[0.5]], [[1]], edition=2017), TypeError, ["compute_cost: edition is 2017, expected"]),
        (lambda: steps.set_edition("8a"), ValueError, ["set_edition: edition is '8a', expected"]),
        (lambda: steps.use_edition(None), TypeError, ["use_edition: edition is None, expected"]),
        (lambda: setattr(steps, "edition", "2022"), ValueError, ["edition is '2022', expected"]),
        (lambda: steps.linear_forward(np.ones((3, 2)), np.ones((4, 3)), np.ones(4)), ValueError, ["linear_forward: b has shape [1, 4], expected [4, 1]"]),
        (lambda: steps.linear_activation_forward(np.ones((3, 2)), W, B, "tanh"), ValueError, ["'tanh'", '"relu"']),
        (lambda: steps.compute_cost([[0.5, 0.5]], [[1.0]]), ValueError, ["Y has shape [1, 1]"]),
        (lambda: steps.update_parameters(BAD, {}, 0.1), ValueError, ["grads has no 'dW1'"]),
        (lambda: steps.update_parameters(BAD, BAD_GRADS, np.nan), ValueError, ["learning_rate"]),
        # What would take more than a line.
        (lambda: steps.conv_forward(X, W, B, {"stride": np.zeros((2, 2)), "pad": 0}), TypeError, ["conv_forward: hparameters['stride'] is array([[0., 0.], [0., 0.]]), expected a whole number"]),
        (lambda: steps.conv_forward(X, W, B, {"stride": np.zeros((2, 2))}), ValueError, ["conv_forward: hparameters is {'stride'"]),
        (lambda: steps.conv_forward(X, W, B, {"stride": 1, "pad": 10**5000}), ValueError, ["'pad'] is of type int, expected 0 to"]),
        (lambda: steps.L_model_forward(X[0, 0], {"W1\nW2": W, "b1": B}), ValueError, ["L_model_forward: parameters has 'W1\\nW2', b1, expected W1"]),
        (lambda: steps.update_parameters({f"W{n}": 1 for n in range(9999)}, {}, 0.1), ValueError, ["parameters has W0, W1,", "..., expected"]),
        (lambda: steps.relu(np.zeros(2, [("a\nb", float)])), TypeError, ["relu: Z is of type"]),
        # What Python and numpy would say, without a name.
        (lambda: steps.relu([[1, 2], [3]]), ValueError, ["relu: Z is [[1, 2], [3]], expected an array of numbers"]),
        (lambda: steps.conv_forward(X, [[1, 2], [3]], B, HPARAMETERS), ValueError, ["conv_forward: W is [[1, 2]"]),
        (lambda: steps.update_parameters({"W1": np.ones((2, 3)), "b1": [[1]]}, ONE_GRADS | {"dW1": np.ones((2, 2))}, 0.1), ValueError, ["update_parameters: dW1 has shape [2, 2], expected [2, 3], the shape of W1"]),
        (lambda: steps.update_parameters(), TypeError, ["update_parameters: parameters is missing"]),
        (lambda: steps.update_parameters(params=ONE, grads=ONE_GRADS), TypeError, ["update_parameters: learning_rate is missing"]),
        (lambda: steps.update_parameters(ONE, ONE_GRADS, 0.1, params=ONE), TypeError, ["two names of one argument"]),
        (lambda: steps.update_parameters(5, {}, 0.1), TypeError, ["update_parameters: parameters is 5, expected a dictionary"]),
        (lambda: steps.update_parameters(ONE, 5, 0.1), TypeError, ["update_parameters: grads is 5, expected a dictionary"]),
        (lambda: steps.update_parameters(ONE, ONE_GRADS, "0.1"), TypeError, ["update_parameters: learning_rate is '0.1', expected a number"]),
        (lambda: steps.update_parameters(ONE, ONE_GRADS, None), TypeError, ["update_parameters: learning_rate is None"]),
        (lambda: steps.update_parameters(ONE, ONE_GRADS, 10**400), TypeError, ["update_parameters: learning_rate is 1000"]),
        (lambda: steps.L_model_forward(X[0, 0], 5), TypeError, ["L_model_forward: parameters is 5, expected a dictionary"]),
        (lambda: steps.L_model_backward([[0.5]], [[1]], 5), TypeError, ["L_model_backward: caches is 5, expected a list"]),
        (lambda: steps.L_model_backward([[0.5]], [[1]], [None]), TypeError, ["L_model_backward: caches[0] is None, expected ((A_prev, W, b), Z)"]),
        (lambda: steps.L_model_backward([[0.5]], [[1]], [((), [[0.0]])]), ValueError, ["L_model_backward: caches[0][0] is (), expected (A_prev, W, b)"]),
        (lambda: steps.conv_backward(Z, None), TypeError, ["conv_backward: cache is None, expected (A_prev, W, b, hparameters)"]),
        (lambda: steps.conv_backward(Z, ()), ValueError, ["conv_backward: cache is (), expected"]),
        (lambda: steps.conv_backward(Z, CACHE[:3]), ValueError, ["conv_backward: cache is (array("]),
        (lambda: steps.pool_backward(Z, 5), TypeError, ["pool_backward: cache is 5, expected (A_prev, hparameters)"]),
        (lambda: steps.linear_backward([[1.0]], (1, 2)), ValueError, ["linear_backward: cache is (1, 2), expected (A, W, b)"]),
        (lambda: steps.linear_activation_backward([[1.0]], (), "relu"), ValueError, ["linear_activation_backward: cache is ()"]),
        (lambda: steps.linear_activation_backward([[1.0]], (5, [[1.0]]), "relu"), TypeError, ["linear_activation_backward: cache[0] is 5"]),
        (lambda: steps.relu_backward([[1.0]], None), TypeError, ["relu_backward: cache is of type object"]),
        (lambda: steps.pool_forward(X, {"f": 2, "stride": 1}, 1.5), TypeError, ['pool_forward: mode is 1.5, expected "max" or "average"']),
        (lambda: steps.pool_backward(Z, (X, {"f": 2, "stride": 1}), None), TypeError, ["pool_backward: mode is None"]),
        (lambda: steps.linear_activation_forward(Z, W, B, []), TypeError, ["linear_activation_forward: activation is [], expected"]),
        (lambda: steps.linear_activation_backward(Z, CACHE, {}), TypeError, ["linear_activation_backward: activation is {}"]),
        (lambda: steps.relu(Z, engine=np.zeros(2)), TypeError, ["relu: engine is array([0., 0.]), expected"]),
        (lambda: steps.L_model_forward([[1.0]], ONE, engine=None), TypeError, ["L_model_forward: engine is None"]),
        (lambda: steps.distribute_value(None, (2, 2)), TypeError, ["distribute_value: dz is None, expected a number"]),
        (lambda: steps.distribute_value(1.0, 5), TypeError, ["distribute_value: shape is 5, expected two sizes"]),
        (lambda: steps.distribute_value(1.0, np.array(5)), TypeError, ["distribute_value: shape is array(5), expected two sizes"]),
        (lambda: steps.distribute_value(1.0, (2, 2, 2)), ValueError, ["distribute_value: shape is (2, 2, 2), expected two sizes"]),
        (lambda: steps.initialize_parameters_deep(5), TypeError, ["initialize_parameters_deep: layer_dims is 5, expected a list"]),
        # The names that the caller knows.
        (lambda: steps.L_model_forward(np.ones(3), ONE), ValueError, ["L_model_forward: X has shape [3], expected 2 dimensions"]),
        (lambda: steps.L_model_forward(np.ones((3, 2)), ONE), ValueError, ["L_model_forward: W1 has shape [1, 1], expected [1, 3], one column for each of the 3 rows of X"]),
        (lambda: steps.L_model_forward([["no"]], ONE), TypeError, ["L_model_forward: X is of type"]),
        (lambda: steps.L_model_backward([[0.5, 0.5]], [[1]], [None]), ValueError, ["L_model_backward: Y has shape [1, 1], expected as many numbers as AL"]),
        (lambda: steps.L_model_backward([[0.5, 0.5]], [[1, 0]], ONE_CACHES), ValueError, ["L_model_backward: AL has shape [1, 2], expected [1, 1]"]),
        (lambda: steps.L_model_backward([[0.5]], [["1"]], ONE_CACHES), TypeError, ["L_model_backward: Y is of type"]),
        (lambda: steps.linear_activation_forward(X[0, 0], W, B, "relu"), ValueError, ["linear_activation_forward: W has shape [3, 3, 3, 4]"]),
        (lambda: steps.linear_activation_forward(X[0, :, :, 0], [[1.0]], [[1.0]], "relu"), ValueError, ["linear_activation_forward: W has shape [1, 1], expected [1, 6]", "rows of A_prev"]),
        (lambda: steps.linear_activation_backward([[1.0, 2.0]], ONE_CACHES[0], "relu"), ValueError, ["linear_activation_backward: dA has shape [1, 2], expected [1, 1], the shape of cache.Z"]),
        (lambda: steps.relu_backward([1.0], [1.0, 2.0]), ValueError, ["relu_backward: dA has shape [1], expected [2], the shape of the cache"]),
        (lambda: steps.sigmoid_backward([1.0, 2.0, 3.0], [1.0, 2.0], engine="loops"), ValueError, ["the shape of the cache"]),
        # A mask would be lost.
        (lambda: steps.relu(np.ma.masked_less(Z, 0)), TypeError, ["relu: Z is a masked array", ".filled(...)"]),
        (lambda: steps.conv_forward(X, np.ma.masked_less(W, 0), B, HPARAMETERS), TypeError, ["conv_forward: W is a masked array"]),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(call, error, words):
    with pytest.raises(error) as told:
        call()
    text = str(told.value)
    assert "\n" not in text
    for word in words:
        assert word in text
