"""stepnet.steps against short numpy functions, where they differ most easily: broadcasting, arrays without elements,
infinities, NaN, the sign of zeros. Values, types, shapes, and whether there is an error at all are to agree."""

import warnings

import numpy as np
import pytest

from stepnet import steps

hypothesis = pytest.importorskip("hypothesis", reason="drawing examples takes hypothesis")
st = pytest.importorskip("hypothesis.strategies")
given, settings = hypothesis.given, hypothesis.settings

CHECKED = settings(derandomize=True, deadline=None, database=None, max_examples=150)
ENGINES = ["fast", "loops"]
# Sums of small whole numbers are exact in any order.
ORDINARY = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
SPECIAL = [np.nan, np.inf, -np.inf, -0.0]


def laid_out(array, layout):
    """The same values in another layout of memory."""
    if array.ndim == 0:
        return array
    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "backwards":
        every = (slice(None, None, -1),) * array.ndim
        return array[every].copy()[every]
    if layout == "stepped":
        wide = np.full([2 * size for size in array.shape], 99, array.dtype)
        view = wide[(slice(None, None, 2),) * array.ndim]
        view[...] = array
        return view
    return array


@st.composite
def drawn(draw, *shapes):
    """Arrays of these shapes: all float32, or all float64; in some of them special values."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    found = []
    for shape in shapes:
        array = np.asarray(rng.choice(ORDINARY, shape), dtype)
        if array.size and draw(st.integers(0, 2)) == 0:
            flat = array.reshape(-1)
            flat[rng.randint(array.size)] = draw(st.sampled_from(SPECIAL))
        found.append(laid_out(array, draw(st.sampled_from(["plain", "fortran", "backwards", "stepped"]))))
    return found


def outcome(function, *arguments):
    """What a function returns, as a tuple; or that it refuses."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = function(*arguments)
    except (TypeError, ValueError, IndexError):
        return None
    return found if isinstance(found, tuple) else (found,)


def agree(reference, *functions, arguments, signs=False):
    expected = outcome(reference, *arguments)
    for function in functions:
        found = outcome(function, *arguments)
        assert (found is None) == (expected is None), (found, expected)
        for ours, theirs in zip(found or (), expected or (), strict=True):
            ours, theirs = np.asarray(ours), np.asarray(theirs)
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            np.testing.assert_allclose(ours, theirs, rtol=1e-5 if ours.dtype == np.float32 else 1e-12, atol=1e-5)
            if signs:
                known = ~np.isnan(theirs)
                np.testing.assert_array_equal(np.signbit(ours)[known], np.signbit(theirs)[known])


def by_engine(call):
    """The two functions that a call with an engine stands for."""
    return [lambda *arguments, engine=engine: call(*arguments, engine=engine) for engine in ENGINES]


SIZES = st.integers(0, 4)


@st.composite
def near(draw, shape):
    """A shape that may be broadcast to another, or nearly."""
    found = [draw(st.sampled_from([size, size, 1, 0, 3])) for size in shape]
    return tuple(found[draw(st.integers(0, len(found))):] if draw(st.booleans()) else found)


# Dense layers.


def sums(A, W, b):
    Z = np.dot(W, A) + b
    if Z.shape != (W.shape[0], A.shape[1]):
        raise ValueError
    return Z


def backward_sums(dZ, A, W, b):
    sums(A, W, b)
    m = A.shape[1]
    gradients = np.dot(W.T, dZ), np.dot(dZ, A.T) / m, np.sum(dZ, axis=1, keepdims=True) / m
    if gradients[0].shape != A.shape or gradients[1].shape != W.shape:
        raise ValueError
    return gradients


@CHECKED
@given(st.data(), SIZES, SIZES, SIZES)
def test_linear(data, n, n_prev, m):
    b_shape = data.draw(st.one_of(st.sampled_from([(n, 1), (1, m), (n,), (m,), (1,), (1, 1), ()]), near((n, m))))
    rows = data.draw(st.sampled_from([n_prev, n_prev, n_prev, n_prev + 1]))
    A, W, b, dZ = data.draw(drawn((rows, m), (n, n_prev), b_shape, (n, m)))
    forward = by_engine(lambda *given, engine: steps.linear_forward(*given, engine=engine)[0])
    agree(sums, *forward, arguments=(A, W, b))
    backward = by_engine(lambda dZ, *cache, engine: steps.linear_backward(dZ, cache, engine=engine))
    agree(backward_sums, *backward, arguments=(dZ, A, W, b))


@CHECKED
@given(st.data(), SIZES, SIZES, SIZES, st.sampled_from(["relu", "sigmoid"]))
def test_linear_activation(data, n, n_prev, m, activation):
    A, W, b, dA = data.draw(drawn((n_prev, m), (n, n_prev), data.draw(near((n, m))), (n, m)))

    def layer(A, W, b):
        Z = sums(A, W, b)
        return np.maximum(0, Z) if activation == "relu" else 1 / (1 + np.exp(-Z))

    def back(dA, A, W, b):
        Z = sums(A, W, b)
        return backward_sums(backward_of_relu(dA, Z) if activation == "relu" else backward_of_sigmoid(dA, Z), A, W, b)

    forward = by_engine(lambda *given, engine: steps.linear_activation_forward(*given, activation, engine=engine)[0])
    agree(layer, *forward, arguments=(A, W, b))

    def ours(dA, A, W, b, engine):
        _, cache = steps.linear_activation_forward(A, W, b, activation, engine=engine)
        return steps.linear_activation_backward(dA, cache, activation, engine=engine)

    agree(back, *by_engine(ours), arguments=(dA, A, W, b))


def backward_of_relu(dA, Z):
    dZ = np.array(dA)
    dZ[Z <= 0] = 0
    if dZ.shape != Z.shape:
        raise ValueError
    return dZ


def backward_of_sigmoid(dA, Z):
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    if dZ.shape != Z.shape:
        raise ValueError
    return dZ


@CHECKED
@given(st.data(), st.lists(SIZES, min_size=1, max_size=3))
def test_activations(data, shape):
    Z, dA = data.draw(drawn(shape, shape))
    agree(lambda Z: np.maximum(0, Z), *by_engine(lambda Z, engine: steps.relu(Z, engine=engine)[0]), arguments=[Z], signs=True)
    agree(lambda Z: 1 / (1 + np.exp(-Z)), *by_engine(lambda Z, engine: steps.sigmoid(Z, engine=engine)[0]), arguments=[Z])
    agree(backward_of_relu, *by_engine(steps.relu_backward), arguments=[dA, Z], signs=True)
    wide, narrow = data.draw(drawn(shape, data.draw(near(shape))))
    agree(backward_of_sigmoid, *by_engine(steps.sigmoid_backward), arguments=[narrow, wide])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 16, 33, 1000])
def test_relu_of_minus_zero_is_minus_zero(length, dtype):
    for engine in ENGINES:
        A, _ = steps.relu(np.full(length, -0.0, dtype), engine=engine)
        assert np.signbit(A).all() and not A.any()
        assert not np.signbit(steps.relu(np.array([0.0, -1.0, -np.inf], dtype), engine=engine)[0]).any()


# Cost and descent.


def cost_of(AL, Y):
    return np.asarray(-np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL), dtype=AL.dtype) / AL.dtype.type(Y.shape[1]))


@CHECKED
@given(st.lists(st.tuples(st.sampled_from([0.25, 0.5, 1.0, 0.0, np.nan]), st.integers(0, 1)), max_size=5))
def test_compute_cost(pairs):
    AL = np.array([[a for a, _ in pairs]]).reshape(1, -1)
    Y = np.array([[y for _, y in pairs]], float).reshape(1, -1)
    agree(cost_of, steps.compute_cost, arguments=[AL, Y])


@CHECKED
@given(st.data(), st.lists(SIZES, max_size=3), st.sampled_from([0.5, 0.0, -2.0]))
def test_update_parameters(data, shape, rate):
    W, dW, b, db = data.draw(drawn(shape, data.draw(near(shape or [1])), data.draw(near(shape or [1])), shape))

    def ours(W, dW, b, db):
        found = steps.update_parameters({"W1": W, "b1": b}, {"dW1": dW, "db1": db}, rate)
        return found["W1"], found["b1"]

    agree(lambda W, dW, b, db: (W - rate * dW, b - rate * db), ours, arguments=[W, dW, b, db], signs=True)


def test_the_first_editions_test_case_broadcasts():
    rng = np.random.RandomState(5)
    parameters = {"W1": rng.randn(4, 3), "b1": rng.randn(4, 1), "W2": rng.randn(2, 3), "b2": rng.randn(2, 1)}
    grads = {"dW1": rng.randn(4, 3), "db1": 0.75, "dW2": rng.randn(1, 3), "db2": np.float64(-0.25)}
    found = steps.update_parameters(parameters, grads, 0.1)
    for name, values in parameters.items():
        np.testing.assert_array_equal(found[name], values - 0.1 * grads[f"d{name}"])


# Convolution and pooling.


def places(n_H, n_W, m, n_C):
    return ((i, h, w, c) for i in range(m) for h in range(n_H) for w in range(n_W) for c in range(n_C))


def output(n, f, pad, stride):
    return (n - f + 2 * pad) // stride + 1


def padded(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def convolved(A, W, b, stride, pad):
    f, n_C = W.shape[1], W.shape[3]
    wide, n_H, n_W = padded(A, pad), output(A.shape[1], f, pad, stride), output(A.shape[2], f, pad, stride)
    Z = np.zeros((len(A), n_H, n_W, n_C), A.dtype)
    for i, h, w, c in places(n_H, n_W, len(A), n_C):
        part = wide[i, h * stride:h * stride + f, w * stride:w * stride + f]
        Z[i, h, w, c] = np.sum(part * W[..., c]) + b[0, 0, 0, c]
    return Z


def convolved_back(dZ, A, W, b, stride, pad):
    f, (m, n_H, n_W, n_C) = W.shape[1], dZ.shape
    wide = padded(A, pad)
    dA, dW, db = np.zeros_like(wide), np.zeros(W.shape, W.dtype), np.zeros(b.shape, b.dtype)
    for i, h, w, c in places(n_H, n_W, m, n_C):
        place = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f))
        dA[place] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += wide[place] * dZ[i, h, w, c]
        db[..., c] += dZ[i, h, w, c]
    return dA[:, pad:pad + A.shape[1], pad:pad + A.shape[2]], dW, db


@CHECKED
@given(st.data(), st.integers(0, 2), st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3), st.integers(0, 2))
def test_convolution(data, m, side, f, channels, stride, pad):
    if side + 2 * pad < f:
        side = f
    n_C = data.draw(SIZES)
    n = output(side, f, pad, stride)
    shapes = (m, side, side, channels), (f, f, channels, n_C), (1, 1, 1, n_C), (m, n, n, n_C)
    A, W, b, dZ = data.draw(drawn(*shapes))
    hparameters = {"stride": stride, "pad": pad}
    agree(lambda A: padded(A, pad), lambda A: steps.zero_pad(A, pad), arguments=[A], signs=True)
    forward = by_engine(lambda *given, engine: steps.conv_forward(*given, hparameters, engine=engine)[0])
    agree(lambda *given: convolved(*given, stride, pad), *forward, arguments=[A, W, b])
    backward = by_engine(lambda dZ, *cache, engine: steps.conv_backward(dZ, (*cache, hparameters), engine=engine))
    agree(lambda *given: convolved_back(*given, stride, pad), *backward, arguments=[dZ, A, W, b])


@CHECKED
@given(st.data(), st.lists(SIZES, min_size=1, max_size=3))
def test_conv_single_step(data, shape):
    window, W, b = data.draw(drawn(shape, data.draw(near(shape)), data.draw(st.sampled_from([(), (1,), (1, 1, 1), (2,)]))))

    def step(window, W, b):
        return np.sum(window * W) + window.dtype.type(b.item())

    agree(step, steps.conv_single_step, arguments=[window, W, b])


def pooled(A, f, stride, mode):
    n_H, n_W = output(A.shape[1], f, 0, stride), output(A.shape[2], f, 0, stride)
    found = np.zeros((len(A), n_H, n_W, A.shape[3]), A.dtype)
    for i, h, w, c in places(n_H, n_W, len(A), A.shape[3]):
        part = A[i, h * stride:h * stride + f, w * stride:w * stride + f, c]
        if mode == "max":
            found[i, h, w, c] = np.max(part)
        elif mode == "average":
            found[i, h, w, c] = np.mean(part)
    return found


def pooled_back(dA, A, f, stride, mode):
    back = np.zeros(A.shape, A.dtype)
    for i, h, w, c in places(*dA.shape[1:3], len(dA), dA.shape[3]):
        place = (i, slice(h * stride, h * stride + f), slice(w * stride, w * stride + f), c)
        if mode == "max":
            back[place] += (A[place] == np.max(A[place])) * dA[i, h, w, c]
        elif mode == "average":
            back[place] += np.full((f, f), dA[i, h, w, c] / (f * f))
    return back


@CHECKED
@given(st.data(), st.integers(0, 2), st.integers(3, 5), st.integers(1, 3), st.integers(1, 3), st.sampled_from(["max", "average", "avg", ""]))
def test_pooling(data, m, side, f, stride, mode):
    n, n_C = output(side, f, 0, stride), data.draw(st.one_of(SIZES, st.just(17)))
    A, dA = data.draw(drawn((m, side, side, n_C), (m, n, n, n_C)))
    hparameters = {"f": f, "stride": stride}
    forward = by_engine(lambda A, engine: steps.pool_forward(A, hparameters, mode, engine=engine)[0])
    agree(lambda A: pooled(A, f, stride, mode), *forward, arguments=[A])
    backward = by_engine(lambda dA, A, engine: steps.pool_backward(dA, (A, hparameters), mode, engine=engine))
    agree(lambda dA, A: pooled_back(dA, A, f, stride, mode), *backward, arguments=[dA, A])


def test_a_mode_that_the_notebooks_do_not_know_is_pointed_out():
    A = np.ones((1, 4, 4, 1))
    with pytest.warns(UserWarning, match='^pool_forward: mode is \'avg\', expected "max" or "average": the result is zeros') as told:
        found, cache = steps.pool_forward(A, {"f": 2, "stride": 2}, mode="avg")
    assert told[0].filename == __file__
    assert not found.any() and found.shape == (1, 2, 2, 1)
    with pytest.warns(UserWarning, match="^pool_backward: mode is 'avg'"):
        assert not steps.pool_backward(found, cache, mode="avg").any()


@CHECKED
@given(st.data(), st.lists(SIZES, min_size=1, max_size=3))
def test_create_mask_from_window(data, shape):
    (x,) = data.draw(drawn(shape))
    agree(lambda x: x == np.max(x), steps.create_mask_from_window, arguments=[x])


def test_nothing_is_marked_where_the_maximum_is_nan():
    mask = steps.create_mask_from_window([[1, np.nan], [2, 3]])
    assert mask.dtype == bool and mask.tolist() == [[False, False], [False, False]]


# Whole networks.


def test_a_network_of_no_examples():
    parameters = steps.initialize_parameters_deep([3, 4, 1])
    for engine in ENGINES:
        AL, caches = steps.L_model_forward(np.zeros((3, 0)), parameters, engine=engine)
        assert AL.shape == (1, 0) and [Z.shape for _, Z in caches] == [(4, 0), (1, 0)]
        grads = steps.L_model_backward(AL, np.zeros((1, 0)), caches, engine=engine)
        assert grads["dA0"].shape == (3, 0)
        # Means over nothing.
        assert all(np.isnan(grads[f"d{name}"]).all() and grads[f"d{name}"].shape == values.shape for name, values in parameters.items())
    assert np.isnan(steps.compute_cost(AL, np.zeros((1, 0))))
