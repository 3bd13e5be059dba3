"""The functions of stepnet.steps against numpy, for drawn sizes, types and layouts of memory."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from stepnet import steps

hypothesis = pytest.importorskip("hypothesis", reason="drawing examples takes hypothesis")
st = pytest.importorskip("hypothesis.strategies")
assume, given, settings = hypothesis.assume, hypothesis.given, hypothesis.settings

# The same examples on every machine and in every run.
CHECKED = settings(derandomize=True, deadline=None, database=None, max_examples=80)
ENGINES = ["fast", "loops"]

# What tolerance is measured against is never smaller than this: below it numbers are not normal in float32.
TINY = float(np.finfo(np.float32).tiny)


# Layouts. Each takes an array and gives one of the same values, and the memory that it lies in.


def stepped(array):
    """Every second entry of each axis; the others are not to be read."""
    wrong = np.nan if array.dtype.kind == "f" else 99
    parent = np.full([2 * size for size in array.shape], wrong, array.dtype)
    view = parent[(slice(None, None, 2),) * array.ndim]
    view[...] = array
    return view, parent


def reversed_axes(array):
    every = (slice(None, None, -1),) * array.ndim
    parent = array[every].copy()
    return parent[every], parent


def constant(array):
    """One row for all, by a stride of 0; the only layout that changes values."""
    longest = max(range(array.ndim), key=lambda axis: array.shape[axis])
    parent = np.take(array, [0], axis=longest)
    return np.broadcast_to(parent, array.shape), parent


def far_apart(array):
    """Pictures with megabytes between them, which are never touched."""
    gap = 2**23 // array.itemsize
    parent = np.zeros(gap * array.shape[0] + array.size, array.dtype)
    strides = (gap * array.itemsize, *np.ascontiguousarray(array).strides[1:])
    view = as_strided(parent, array.shape, strides)
    view[...] = array
    return view, view


def transposed(array):
    """The last axis first in memory, and the others as they are."""
    parent = np.moveaxis(array, -1, 0).copy()
    return np.moveaxis(parent, 0, -1), parent


def alone(array):
    return array, array


def fortran(array):
    return alone(np.asfortranarray(array))


LAYOUTS = [alone, fortran, transposed, stepped, reversed_axes, constant, far_apart]
TYPES = ["<f8", ">f8", "<f4", "<i8", "|u1", "|b1"]


class Argument:
    """An array or a list as it is given to a function, and what it holds as a plain array."""

    def __init__(self, value, parent):
        self.value = value
        self.parent = parent
        self.plain = np.array(value, np.float64)
        self.before = self.held()

    def held(self):
        return repr(self.value) if isinstance(self.value, list) else self.parent.tobytes()

    def is_narrow(self):
        return not isinstance(self.value, list) and self.value.dtype in ("<f4", ">f4")


@st.composite
def arguments(draw, *shapes, types=TYPES, kinds=("whole", "small", "ordinary", "large")):
    """Arguments of these shapes; half of the time all of them are float32."""
    # numpy's numbers, since thousands of drawn ones take long.
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    kind, narrow = draw(st.sampled_from(kinds)), draw(st.booleans())
    found = []
    for shape in shapes:
        values = rng.uniform(-1, 1, shape) * {"whole": 2.5, "small": 1e-3, "ordinary": 1.0, "large": 1e3}[kind]
        if kind == "whole":
            # Many of which are equal.
            values = np.rint(values)
        dtype = np.dtype(draw(st.sampled_from(["<f4", "<f4", ">f4"] if narrow else types)))
        with np.errstate(invalid="ignore"):
            values = (np.abs(values) % 200 if dtype.kind == "u" else values).astype(dtype)
        if not narrow and draw(st.integers(0, 9)) == 0:
            found.append(Argument(values.tolist(), None))
            continue
        value, parent = draw(st.sampled_from(LAYOUTS))(values)
        if draw(st.booleans()):
            value.flags.writeable = False
        found.append(Argument(value, parent))
    return found


def check(found, expected, given, scale=None):
    """Values within the tolerance of the largest magnitude, the type, and that nothing given was written to."""
    narrow = all(argument.is_narrow() for argument in given)
    expected = np.asarray(expected)
    assert found.dtype == (np.float32 if narrow else np.float64)
    assert found.shape == expected.shape
    largest = np.abs(expected).max(initial=TINY) if scale is None else max(scale, TINY)
    np.testing.assert_allclose(found, expected, rtol=0, atol=(1e-4 if narrow else 1e-10) * largest)
    assert found.flags.writeable
    for argument in given:
        assert argument.held() == argument.before
        assert isinstance(argument.value, list) or not np.may_share_memory(found, argument.value)


def check_engines(results, expected, given, scales=None):
    """Results of both engines against one reference, and against each other."""
    scales = scales or [None] * len(expected)
    for fast, loops, reference, scale in zip(*results, expected, scales, strict=True):
        check(fast, reference, given, scale)
        check(loops, reference, given, scale)
        check(fast, loops, given, scale)


# Convolutions and pooling.


def windows(A, f, stride):
    """``(m, n_H, n_W, n_C, f, f)``."""
    return sliding_window_view(A, (f, f), axis=(1, 2))[:, ::stride, ::stride]


def padded(A, pad):
    return np.pad(A, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def scattered(shape, parts, stride):
    """The sum of window parts ``(m, n_H, n_W, n_C, f, f)``, each put back where the window lies."""
    total = np.zeros(shape)
    _, n_H, n_W, _, f, _ = parts.shape
    for i, j in np.ndindex(f, f):
        total[:, i:i + stride * n_H:stride, j:j + stride * n_W:stride] += parts[..., i, j]
    return total


def convolved(A, W, b, stride, pad):
    return np.einsum("mhwcij,ijck->mhwk", windows(padded(A, pad), len(W), stride), W) + b


def convolution_gradients(dZ, A, W, stride, pad):
    shape = padded(A, pad).shape
    dA = scattered(shape, np.einsum("mhwk,ijck->mhwcij", dZ, W), stride)
    dW = np.einsum("mhwcij,mhwk->ijck", windows(padded(A, pad), len(W), stride), dZ)
    inside = (slice(None), slice(pad, shape[1] - pad), slice(pad, shape[2] - pad))
    return dA[inside], dW, dZ.sum((0, 1, 2), keepdims=True)


@st.composite
def pictures(draw, largest=9):
    """The size of a batch of pictures; now and then one with many channels."""
    channels = draw(st.one_of(st.integers(1, 4), st.integers(1, 20)))
    return draw(st.integers(1, 4)), draw(st.integers(1, largest)), draw(st.integers(1, largest)), channels


@st.composite
def convolutions(draw):
    """The arguments of `conv_forward`, and a gradient for `conv_backward`."""
    shape, pad, stride = draw(pictures()), draw(st.integers(0, 3)), draw(st.integers(1, 4))
    least = min(shape[1:3]) + 2 * pad
    f, n_C = draw(st.integers(1, min(least, 5))), draw(st.one_of(st.integers(1, 4), st.integers(1, 20)))
    n_H, n_W = ((size - f + 2 * pad) // stride + 1 for size in shape[1:3])
    given = draw(arguments(shape, (f, f, shape[3], n_C), (1, 1, 1, n_C), (shape[0], n_H, n_W, n_C)))
    return given, {"stride": stride, "pad": pad}


def largest(*arrays):
    return [np.abs(array).max() for array in arrays]


@CHECKED
@given(convolutions())
def test_conv_forward(drawn):
    (A, W, b, _), hparameters = drawn
    expected = convolved(A.plain, W.plain, b.plain, **hparameters)
    # Where terms cancel, rounding is relative to the terms.
    scales = largest(convolved(abs(A.plain), abs(W.plain), abs(b.plain), **hparameters))
    found = [steps.conv_forward(A.value, W.value, b.value, hparameters, engine=engine)[:1] for engine in ENGINES]
    check_engines(found, [expected], [A, W, b], scales)


@CHECKED
@given(convolutions())
def test_conv_backward(drawn):
    (A, W, b, dZ), hparameters = drawn
    expected = convolution_gradients(dZ.plain, A.plain, W.plain, **hparameters)
    scales = largest(*convolution_gradients(abs(dZ.plain), abs(A.plain), abs(W.plain), **hparameters))
    cache = (A.value, W.value, b.value, hparameters)
    found = [steps.conv_backward(dZ.value, cache, engine=engine) for engine in ENGINES]
    check_engines(found, expected, [A, W, b, dZ], scales)


@CHECKED
@given(pictures(), st.integers(0, 3), st.data())
def test_zero_pad(shape, pad, data):
    (X,) = data.draw(arguments(shape))
    found = steps.zero_pad(X.value, pad)
    check(found, padded(X.plain, pad), [X])
    np.testing.assert_array_equal(found, padded(X.plain, pad))


@CHECKED
@given(st.tuples(*[st.integers(1, 5)] * 3), st.data())
def test_conv_single_step(shape, data):
    given = a, W, b = data.draw(arguments(shape, shape, (1, 1, 1)))
    found = np.array(steps.conv_single_step(a.value, W.value, b.value))
    scale = np.vdot(abs(a.plain), abs(W.plain)) + abs(b.plain.item())
    check(found, np.vdot(a.plain, W.plain) + b.plain.item(), given, scale)


def pool_parts(dA, A, f, stride, mode):
    """What each entry of each window receives."""
    if mode == "average":
        return np.broadcast_to(dA[..., None, None] / f**2, (*dA.shape, f, f))
    parts = windows(A, f, stride)
    return dA[..., None, None] * (parts == parts.max((-2, -1), keepdims=True))


@st.composite
def poolings(draw):
    """The input of a pooling, a gradient by its output, and how it is pooled."""
    shape, stride, mode = draw(pictures()), draw(st.integers(1, 4)), draw(st.sampled_from(["max", "average"]))
    f = draw(st.integers(1, min(*shape[1:3], 5)))
    n_H, n_W = ((size - f) // stride + 1 for size in shape[1:3])
    given = draw(arguments(shape, (shape[0], n_H, n_W, shape[3])))
    return given, {"f": f, "stride": stride}, mode


@CHECKED
@given(poolings())
def test_pool_forward(drawn):
    (A, _), hparameters, mode = drawn
    reduce = np.max if mode == "max" else np.mean
    expected = reduce(windows(A.plain, **hparameters), axis=(-2, -1))
    found = [steps.pool_forward(A.value, hparameters, mode, engine=engine)[:1] for engine in ENGINES]
    check_engines(found, [expected], [A], largest(A.plain))
    if mode == "max":
        np.testing.assert_array_equal(found[0][0], expected)


@CHECKED
@given(poolings())
def test_pool_backward(drawn):
    (A, dA), hparameters, mode = drawn
    expected = scattered(A.plain.shape, pool_parts(dA.plain, A.plain, **hparameters, mode=mode), hparameters["stride"])
    found = [[steps.pool_backward(dA.value, (A.value, hparameters), mode, engine=engine)] for engine in ENGINES]
    check_engines(found, [expected], [A, dA], largest(dA.plain))


def test_equal_maxima_each_get_the_whole_gradient():
    A, dA = np.zeros((1, 4, 4, 1)), np.full((1, 2, 2, 1), 3.0)
    for engine in ENGINES:
        found = steps.pool_backward(dA, (A, {"f": 2, "stride": 2}), engine=engine)
        np.testing.assert_array_equal(found, np.full(A.shape, 3.0))


@CHECKED
@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_create_mask_from_window(n_H, n_W, data):
    (x,) = data.draw(arguments((n_H, n_W)))
    mask = steps.create_mask_from_window(x.value)
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, x.plain == x.plain.max())
    assert x.held() == x.before


def test_strides_of_more_than_32_bits():
    try:
        # Untouched pages of zeros take no memory where the system hands them out only when they are written to.
        parent = np.zeros((2, 2**31 + 64), np.int8)
    except MemoryError:
        pytest.skip("4 GiB of addresses cannot be had here")
    A = parent[:, :64].view(np.float64).reshape(2, 2, 2, 2)
    A[...] = np.arange(16).reshape(A.shape)
    assert A.strides[0] > 2**31
    for engine in ENGINES:
        pooled, _ = steps.pool_forward(A, {"f": 2, "stride": 1}, engine=engine)
        assert pooled.ravel().tolist() == [6, 7, 14, 15]
        W = np.ones((2, 2, 2, 1))
        Z, _ = steps.conv_forward(A, W, np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0}, engine=engine)
        assert Z.ravel().tolist() == [28, 92]


# Dense layers.


def logistic(Z):
    """``1 / (1 + exp(-Z))`` without overflow."""
    return np.exp(-np.logaddexp(0, -Z))


@st.composite
def dense(draw):
    """A, W, b, dZ."""
    n_prev, n, m = (draw(st.one_of(st.integers(1, 5), st.integers(1, 40))) for _ in range(3))
    return draw(arguments((n_prev, m), (n, n_prev), (n, 1), (n, m)))


@CHECKED
@given(dense())
def test_linear_forward(drawn):
    given = A, W, b = drawn[:3]
    found = [steps.linear_forward(A.value, W.value, b.value, engine=engine)[:1] for engine in ENGINES]
    scales = largest(abs(W.plain) @ abs(A.plain) + abs(b.plain))
    check_engines(found, [W.plain @ A.plain + b.plain], given, scales)


def linear_gradients(dZ, A, W):
    m = A.shape[1]
    return W.T @ dZ, dZ @ A.T / m, dZ.sum(1, keepdims=True) / m


@CHECKED
@given(dense())
def test_linear_backward(drawn):
    A, W, b, dZ = drawn
    expected = linear_gradients(dZ.plain, A.plain, W.plain)
    scales = largest(*linear_gradients(abs(dZ.plain), abs(A.plain), abs(W.plain)))
    found = [steps.linear_backward(dZ.value, (A.value, W.value, b.value), engine=engine) for engine in ENGINES]
    check_engines(found, expected, drawn, scales)


@CHECKED
@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.data())
def test_activations(shape, data):
    given = Z, dA = data.draw(arguments(shape, shape))
    s = logistic(Z.plain)
    forward = [[steps.sigmoid(Z.value, engine=engine)[0], steps.relu(Z.value, engine=engine)[0]] for engine in ENGINES]
    check_engines(forward, [s, np.maximum(Z.plain, 0)], [Z])
    backward = [
        [function(dA.value, Z.value, engine=engine) for function in (steps.sigmoid_backward, steps.relu_backward)]
        for engine in ENGINES
    ]
    # Where a sigmoid is saturated, 1 - s is a matter of rounding.
    scales = largest(dA.plain) * 2
    check_engines(backward, [dA.plain * s * logistic(-Z.plain), np.where(Z.plain > 0, dA.plain, 0)], given, scales)
    for engine in range(2):
        np.testing.assert_array_equal(forward[engine][1], np.maximum(Z.plain, 0))
        np.testing.assert_array_equal(backward[engine][1], np.where(Z.plain > 0, dA.plain, 0))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (0, 2, 2)], ids=str)
def test_activations_take_any_shape(shape):
    Z = np.full(shape, -2.0)
    for engine in ENGINES:
        for forward, backward in ((steps.sigmoid, steps.sigmoid_backward), (steps.relu, steps.relu_backward)):
            A, cache = forward(Z, engine=engine)
            assert A.shape == backward(Z, cache, engine=engine).shape == shape


@st.composite
def networks(draw):
    """Inputs, the parameters by name, and labels."""
    sizes, m = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)), draw(st.integers(1, 9))
    sizes.append(1)
    shapes = [(sizes[0], m)]
    for n_prev, n in zip(sizes, sizes[1:]):
        shapes += [(n, n_prev), (n, 1)]
    given = draw(arguments(*shapes, types=["<f8", ">f8"], kinds=["ordinary"]))
    X, *arrays = given
    names = [f"{letter}{layer}" for layer in range(1, len(sizes)) for letter in "Wb"]
    Y = np.array([draw(st.lists(st.integers(0, 1), min_size=m, max_size=m))])
    return X, dict(zip(names, arrays, strict=True)), Y.astype(np.float32 if X.is_narrow() else int)


def network_outputs(X, parameters):
    """All Z, all A."""
    A, Zs, As = X, [], [X]
    layers = len(parameters) // 2
    for layer in range(1, layers + 1):
        Zs.append(parameters[f"W{layer}"] @ A + parameters[f"b{layer}"])
        A = logistic(Zs[-1]) if layer == layers else np.maximum(Zs[-1], 0)
        As.append(A)
    return Zs, As


def network_gradients(AL, Y, parameters, Zs, As):
    """By names; Z decides where a ReLU passes a gradient on."""
    grads, dA = {}, (1 - Y) / (1 - AL) - Y / AL
    for layer in range(len(Zs), 0, -1):
        Z = Zs[layer - 1]
        dZ = dA * logistic(Z) * logistic(-Z) if layer == len(Zs) else dA * (Z > 0)
        dA, dW, db = linear_gradients(dZ, As[layer - 1], parameters[f"W{layer}"])
        grads |= {f"dA{layer}": dA, f"dW{layer}": dW, f"db{layer}": db}
    return grads


@CHECKED
@given(networks())
def test_L_model(drawn):
    X, parameters, Y = drawn
    given = [X, *parameters.values()]
    plain = {name: argument.plain for name, argument in parameters.items()}
    Zs, As = network_outputs(X.plain, plain)
    # By an output that is almost 0 or 1, the gradient is mostly rounding.
    assume(np.abs(Zs[-1]).max() < 4)
    passed = {name: argument.value for name, argument in parameters.items()}
    forward = [steps.L_model_forward(X.value, passed, engine=engine) for engine in ENGINES]
    check_engines([[AL, *(Z for _, Z in caches)] for AL, caches in forward], [As[-1], *Zs], given, [10] * (1 + len(Zs)))
    for engine, (AL, caches) in zip(ENGINES, forward):
        # By the engine's own Z: where that is 0 but for rounding, either side is right.
        expected = network_gradients(AL.astype(float), Y, plain, [np.float64(Z) for _, Z in caches], As)
        grads = steps.L_model_backward(AL, Y, caches, edition="2017", engine=engine)
        assert set(grads) == set(expected)
        for name, gradient in expected.items():
            check(grads[name], gradient, given, max(1, np.abs(gradient).max()))


@CHECKED
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=3), st.data())
def test_update_parameters(sizes, data):
    shapes = [shape for n, n_prev in sizes for shape in ((n, n_prev), (n, 1))]
    given = data.draw(arguments(*shapes, *shapes))
    names = [f"{letter}{layer}" for layer in range(1, len(sizes) + 1) for letter in "Wb"]
    rate = data.draw(st.sampled_from([0.0, 0.0075, 1.0, -2.5]))
    parameters, grads = (dict(zip(names, half, strict=True)) for half in (given[:len(names)], given[len(names):]))
    found = steps.update_parameters(
        {name: argument.value for name, argument in parameters.items()},
        {f"d{name}": argument.value for name, argument in grads.items()}, rate,
    )
    assert list(found) == names
    for name in names:
        W, dW = parameters[name].plain, grads[name].plain
        check(found[name], W - rate * dW, given, np.abs(W).max() + np.abs(rate * dW).max())


@CHECKED
@given(st.integers(1, 9), st.data())
def test_compute_cost(m, data):
    given = (drawn,) = data.draw(arguments((1, m), types=["<f8"]))
    # Between 0.1 and 0.9.
    AL = (0.5 + 0.4 * np.tanh(drawn.plain)).astype(np.float32 if drawn.is_narrow() else np.float64)
    Y = np.array([data.draw(st.lists(st.integers(0, 1), min_size=m, max_size=m))]).astype(AL.dtype)
    expected = -(Y * np.log(AL, dtype=float) + (1 - Y) * np.log1p(-AL.astype(float))).mean()
    check(np.array(steps.compute_cost(AL, Y)), expected, given)


# What does not fit.

HPARAMETERS = {"stride": 1, "pad": 1}
SQUARE = {"f": 2, "stride": 1}
FITTING = {
    "zero_pad": ({"X": (2, 4, 4, 3)}, lambda X: steps.zero_pad(X, 1)),
    "conv_single_step": (
        {"a_slice_prev": (2, 2, 3), "W": (2, 2, 3), "b": (1, 1, 1)}, lambda *given: steps.conv_single_step(*given)
    ),
    "conv_forward": (
        {"A_prev": (2, 4, 4, 3), "W": (3, 3, 3, 2), "b": (1, 1, 1, 2)},
        lambda A, W, b, engine: steps.conv_forward(A, W, b, HPARAMETERS, engine=engine),
    ),
    "conv_backward": (
        {"dZ": (2, 4, 4, 2), "A_prev": (2, 4, 4, 3), "W": (3, 3, 3, 2), "b": (1, 1, 1, 2)},
        lambda dZ, A, W, b, engine: steps.conv_backward(dZ, (A, W, b, HPARAMETERS), engine=engine),
    ),
    "pool_forward": (
        {"A_prev": (2, 4, 4, 3)}, lambda A, engine: steps.pool_forward(A, SQUARE, engine=engine)
    ),
    "pool_backward": (
        {"dA": (2, 3, 3, 3), "A_prev": (2, 4, 4, 3)},
        lambda dA, A, engine: steps.pool_backward(dA, (A, SQUARE), engine=engine),
    ),
    "create_mask_from_window": ({"x": (2, 3)}, lambda x: steps.create_mask_from_window(x)),
    "linear_forward": (
        {"A": (3, 5), "W": (4, 3), "b": (4, 1)},
        lambda A, W, b, engine: steps.linear_forward(A, W, b, engine=engine),
    ),
    "linear_backward": (
        {"dZ": (4, 5), "A_prev": (3, 5), "W": (4, 3), "b": (4, 1)},
        lambda dZ, A, W, b, engine: steps.linear_backward(dZ, (A, W, b), engine=engine),
    ),
    "sigmoid_backward": (
        {"dA": (4, 5), "cache": (4, 5)}, lambda dA, Z, engine: steps.sigmoid_backward(dA, Z, engine=engine)
    ),
    "relu_backward": (
        {"dA": (4, 5), "cache": (4, 5)}, lambda dA, Z, engine: steps.relu_backward(dA, Z, engine=engine)
    ),
    "L_model_forward": (
        {"X": (3, 5), "W1": (4, 3), "b1": (4, 1)},
        lambda X, W, b, engine: steps.L_model_forward(X, {"W1": W, "b1": b}, engine=engine),
    ),
    "linear_activation_forward": (
        {"A_prev": (3, 5), "W": (4, 3), "b": (4, 1)},
        lambda A, W, b, engine: steps.linear_activation_forward(A, W, b, "relu", engine=engine),
    ),
    "linear_activation_backward": (
        {"dA": (4, 5), "A_prev": (3, 5), "W": (4, 3), "b": (4, 1), "Z": (4, 5)},
        lambda dA, A, W, b, Z, engine: steps.linear_activation_backward(dA, ((A, W, b), Z), "relu", engine=engine),
    ),
    "compute_cost": ({"AL": (1, 5), "Y": (1, 5)}, lambda AL, Y: steps.compute_cost(AL, Y)),
}
# Where only the two arguments' shapes are to be equal.
ANY_SHAPE = ("sigmoid_backward", "relu_backward")
BOTH = [name for name, (_, call) in FITTING.items() if "engine" in call.__code__.co_varnames]


@st.composite
def misfits(draw):
    """A call of which one argument is of a wrong shape or type, and the argument's name."""
    function = draw(st.sampled_from(sorted(FITTING)))
    shapes, call = FITTING[function]
    name = draw(st.sampled_from(sorted(shapes)))
    shape = shapes[name]
    hows = ["complex", "text"]
    # What numpy would broadcast, arrays without elements, and a window of any shape, are in test_numpy.py.
    if function not in ("conv_single_step", "create_mask_from_window", "sigmoid_backward"):
        hows += ["more"]
        if name not in ("b", "b1") or function.startswith("conv"):
            hows += ["fewer", "scalar"]
    # Where there is one argument, a longer one is as good.
    how = draw(st.sampled_from(hows + ["longer"] if len(shapes) > 1 else hows))
    values = np.ones(shape)
    if how == "scalar":
        values = np.array(1.0)
    elif how == "fewer":
        values = values[0]
    elif how == "more":
        values = values[None]
    elif how == "longer":
        values = np.ones([size + 1 for size in shape])
    elif how == "text":
        values = np.full(shape, "one")
    elif how == "complex":
        values = values + 1j
    else:
        raise ValueError(how)
    given = [values if other == name else np.ones(size) for other, size in shapes.items()]
    if function in BOTH:
        given.append(draw(st.sampled_from(ENGINES)))
    return function, name, how, lambda: call(*given)


@settings(CHECKED, max_examples=300)
@given(misfits())
def test_what_does_not_fit_is_refused(drawn):
    function, name, how, call = drawn
    with pytest.raises((TypeError, ValueError)) as told:
        call()
    # And no kind of them, such as UnicodeError.
    assert told.type in (TypeError, ValueError)
    text = str(told.value)
    assert "\n" not in text
    assert text.startswith(f"{function}: ")
    # Of two shapes that do not fit either may be the wrong one; the message names one and tells the other.
    names = FITTING[function][0] if function in ANY_SHAPE or how == "longer" else [name]
    # "cache.A" is what was A_prev, or A.
    text = text.replace("cache.", "").replace("_prev", "")
    assert any(f" {name.removesuffix('_prev')} " in text for name in names), text
