"""The native functions of dense layers: the kernels and the loops against numpy; and panics."""

import numpy as np
import pytest

from stepnet import _native

RNG = np.random.RandomState(5)
A, W, B, DZ = RNG.randn(7, 9), RNG.randn(4, 7), RNG.randn(4, 1), RNG.randn(4, 9)
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.mark.parametrize("fast", [True, False])
def test_dense_layers_are_numpys(fast):
    np.testing.assert_allclose(_native.linear_forward(A, W, B, fast), W @ A + B, **CLOSE)
    dA, dW, db = _native.linear_backward(DZ, A, W, B, fast)
    np.testing.assert_allclose(dA, W.T @ DZ, **CLOSE)
    np.testing.assert_allclose(dW, DZ @ A.T / 9, **CLOSE)
    np.testing.assert_allclose(db, DZ.mean(axis=1, keepdims=True), **CLOSE)


@pytest.mark.parametrize("fast", [True, False])
def test_activations_are_numpys(fast):
    s = 1 / (1 + np.exp(-A))
    np.testing.assert_allclose(_native.sigmoid(A, fast), s, **CLOSE)
    np.testing.assert_array_equal(_native.relu(A, fast), np.maximum(A, 0))
    dA = RNG.randn(*A.shape)
    np.testing.assert_allclose(_native.sigmoid_backward(dA, A, fast), dA * s * (1 - s), **CLOSE)
    np.testing.assert_array_equal(_native.relu_backward(dA, A, fast), np.where(A > 0, dA, 0))


def test_the_cost_is_numpys():
    AL, Y = RNG.uniform(0.1, 0.9, (1, 6)), RNG.randint(0, 2, (1, 6)).astype(float)
    cost = -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)).mean()
    np.testing.assert_allclose(_native.compute_cost(AL, Y), cost, **CLOSE)


@pytest.mark.skipif(not hasattr(_native, "break_promise"), reason="built without the feature break-promise")
@pytest.mark.parametrize(("in_pool", "said"), [(False, "on purpose$"), (True, "on purpose, in the pool$")])
def test_no_panic_gets_across(in_pool, said, capfd):
    for _ in range(3):
        with pytest.raises(RuntimeError, match=f"broke a promise of its own, please report it: broken {said}"):
            _native.break_promise(in_pool)
    assert "panicked at" in capfd.readouterr().err
    # And it goes on as if nothing had been.
    np.testing.assert_allclose(_native.linear_forward(A, W, B, True), W @ A + B, **CLOSE)
