"""The editions of the notebooks, and what the course's graders ask for beyond values."""

import threading

import numpy as np
import pytest

from stepnet import steps

EDITIONS = ["2017", "v8a", "2021"]


@pytest.fixture(autouse=True)
def default_afterwards():
    yield
    steps.set_edition("2021")


def network(sizes=(4, 3, 2, 1), m=5):
    """A network, its outputs and caches, and labels."""
    rng = np.random.RandomState(7)
    parameters = {}
    for layer, (n_prev, n) in enumerate(zip(sizes, sizes[1:]), 1):
        parameters[f"W{layer}"], parameters[f"b{layer}"] = rng.randn(n, n_prev), rng.randn(n, 1)
    AL, caches = steps.L_model_forward(rng.randn(sizes[0], m), parameters)
    return parameters, AL, caches, np.arange(m)[None] % 2


def backward(**how):
    _, AL, caches, Y = network()
    return steps.L_model_backward(AL, Y, caches, **how)


NEWER = {"dA0", "dA1", "dA2", "dW1", "db1", "dW2", "db2", "dW3", "db3"}
FIRST = NEWER - {"dA0"} | {"dA3"}


@pytest.mark.parametrize("engine", ["fast", "loops"])
@pytest.mark.parametrize("edition", EDITIONS)
def test_L_model_backward_has_the_keys_of_the_edition(edition, engine):
    grads = backward(edition=edition, engine=engine)
    assert set(grads) == (FIRST if edition == "2017" else NEWER)
    parameters, *_ = network()
    for layer, shape in enumerate([(4, 5), (3, 5), (2, 5)]):
        assert grads[f"dA{layer + (edition == '2017')}"].shape == shape
    for name, values in parameters.items():
        assert type(grads[f"d{name}"]) is np.ndarray and grads[f"d{name}"].shape == values.shape


def test_the_same_arrays_have_other_names_in_the_first_edition():
    newest, first = backward(), backward(edition="2017")
    for layer in (1, 2, 3):
        np.testing.assert_array_equal(newest[f"dA{layer - 1}"], first[f"dA{layer}"])
        np.testing.assert_array_equal(newest[f"dW{layer}"], first[f"dW{layer}"])


def test_dA0_is_the_gradient_with_respect_to_the_input():
    parameters, _, caches, Y = network()
    X = caches[0][0][0]
    step = 1e-6

    def cost(X):
        return float(steps.compute_cost(steps.L_model_forward(X, parameters)[0], Y))

    numerical = np.zeros(X.shape)
    for place in np.ndindex(*X.shape):
        up, down = X.copy(), X.copy()
        up[place] += step
        down[place] -= step
        # The notebooks' dA has no factor 1/m.
        numerical[place] = X.shape[1] * (cost(up) - cost(down)) / (2 * step)
    np.testing.assert_allclose(backward()["dA0"], numerical, atol=1e-6)


def test_the_newest_edition_is_the_default():
    assert steps.edition == "2021"
    assert set(backward()) == NEWER


def test_the_setting_holds_until_it_is_changed():
    steps.edition = "2017"
    assert steps.edition == "2017" and set(backward()) == FIRST
    steps.set_edition("v8a")
    assert steps.edition == "v8a" and set(backward()) == NEWER
    assert set(backward(edition="2017")) == FIRST
    with pytest.raises(ValueError, match="edition is '2018'"):
        steps.edition = "2018"
    assert steps.edition == "v8a"


def test_a_block_changes_the_edition_within_itself_alone():
    with steps.use_edition("2017"):
        assert set(backward()) == FIRST
        with steps.use_edition("2021"):
            assert steps.edition == "2021" and set(backward()) == NEWER
        assert steps.edition == "2017"
        with pytest.raises(ZeroDivisionError), steps.use_edition("v8a"):
            raise ZeroDivisionError
        assert steps.edition == "2017"
    assert steps.edition == "2021"
    steps.use_edition("2017")
    assert steps.edition == "2021"


def test_threads_have_blocks_of_their_own_and_one_setting():
    meeting = threading.Barrier(2, timeout=30)
    found = {}

    def work(edition):
        with steps.use_edition(edition):
            meeting.wait()
            found[edition] = steps.edition
            meeting.wait()
        found[f"after {edition}"] = steps.edition

    steps.set_edition("v8a")
    threads = [threading.Thread(target=work, args=[edition]) for edition in ("2017", "2021")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"2017": "2017", "2021": "2021", "after 2017": "v8a", "after 2021": "v8a"}


def test_a_star_import_brings_the_setting_along():
    names = {}
    exec("from stepnet.steps import *\nset_edition('2017')", names)
    assert set(backward()) == FIRST
    assert "edition" not in names and "use_edition" in names


# Function by function, what graders look at: types, shapes, names.


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compute_cost_is_an_array_without_dimensions(edition, dtype):
    with steps.use_edition(edition):
        cost = steps.compute_cost(np.array([[0.8, 0.9, 0.4]], dtype), np.array([[1, 1, 0]], dtype))
    assert type(cost) is np.ndarray and cost.shape == () and cost.dtype == dtype
    assert float(cost) == pytest.approx(-(np.log(0.8) + np.log(0.9) + np.log(0.6)) / 3)
    assert f"{cost:.6f}" == "%.6f" % cost == "0.279777"
    assert np.squeeze([cost, cost]).shape == (2,)


@pytest.mark.parametrize("name", ["params", "parameters"])
def test_update_parameters_goes_by_either_name(name):
    parameters, *_ = network()
    before = {key: value.copy() for key, value in parameters.items()}
    grads = backward()
    found = steps.update_parameters(**{name: parameters}, grads=grads, learning_rate=0.1)
    by_position = steps.update_parameters(parameters, grads, 0.1)
    assert list(found) == list(parameters)
    for key, value in before.items():
        assert type(found[key]) is np.ndarray and found[key].shape == value.shape
        np.testing.assert_array_equal(found[key], value - 0.1 * grads[f"d{key}"])
        np.testing.assert_array_equal(found[key], by_position[key])
        np.testing.assert_array_equal(parameters[key], value)


def test_initial_parameters_have_the_notebooks_seeds_types_and_shapes():
    np.random.seed(1)
    shallow, drawn = steps.initialize_parameters(3, 2, 1), [np.random.randn(2, 3), np.random.randn(1, 2)]
    np.random.seed(3)
    deep = steps.initialize_parameters_deep([5, 4, 3])
    drawn_deep = [np.random.randn(4, 5), np.random.randn(3, 4)]
    for found, normal in ((shallow, drawn), (deep, drawn_deep)):
        assert list(found) == ["W1", "b1", "W2", "b2"]
        for layer, values in enumerate(normal, 1):
            np.testing.assert_array_equal(found[f"W{layer}"], values * 0.01)
            np.testing.assert_array_equal(found[f"b{layer}"], np.zeros((len(values), 1)), strict=True)


def test_forward_passes_return_what_their_backward_passes_take():
    parameters, AL, caches, _ = network()
    assert type(AL) is np.ndarray and AL.shape == (1, 5)
    assert type(caches) is list and len(caches) == 3
    for layer, cache in enumerate(caches, 1):
        assert type(cache) is tuple and len(cache) == 2
        (A_prev, W, b), Z = cache
        assert W is parameters[f"W{layer}"] and b is parameters[f"b{layer}"]
        assert Z.shape == (len(W), 5) and A_prev.shape == (W.shape[1], 5)
    for activation in ("sigmoid", "relu"):
        A, cache = steps.linear_activation_forward(*caches[0][0], activation)
        found = steps.linear_activation_backward(A, cache, activation)
        assert type(found) is tuple and [part.shape for part in found] == [(4, 5), (3, 4), (3, 1)]
    Z, linear_cache = steps.linear_forward(*caches[0][0])
    found = steps.linear_backward(Z, linear_cache)
    assert type(linear_cache) is tuple and [part.shape for part in found] == [(4, 5), (3, 4), (3, 1)]


def test_convolution_functions_return_what_graders_look_at():
    rng = np.random.RandomState(1)
    A_prev, W, b = rng.randn(2, 5, 7, 4), rng.randn(3, 3, 4, 8), rng.randn(1, 1, 1, 8)
    hparameters = {"stride": 2, "pad": 1}
    assert type(steps.zero_pad(A_prev, 3)) is np.ndarray and steps.zero_pad(A_prev, 3).shape == (2, 11, 13, 4)
    Z = steps.conv_single_step(A_prev[0, :3, :3], W[..., 0], b[..., 0])
    assert type(Z) is np.float64 and np.isclose(Z, np.sum(A_prev[0, :3, :3] * W[..., 0]) + b[0, 0, 0, 0])
    Z, cache = steps.conv_forward(A_prev, W, b, hparameters)
    assert type(Z) is np.ndarray and Z.shape == (2, 3, 4, 8) and type(cache) is tuple and len(cache) == 4
    assert [part.shape for part in steps.conv_backward(Z, cache)] == [A_prev.shape, W.shape, b.shape]
    for mode in ("max", "average"):
        A, cache = steps.pool_forward(A_prev, {"stride": 1, "f": 3}, mode=mode)
        assert type(A) is np.ndarray and A.shape == (2, 3, 5, 4) and type(cache) is tuple and len(cache) == 2
        assert steps.pool_backward(A, cache, mode=mode).shape == A_prev.shape
    mask, shares = steps.create_mask_from_window(A_prev[0, :3, :3, 0]), steps.distribute_value(2, (2, 4))
    assert type(mask) is np.ndarray and mask.dtype == bool and mask.shape == (3, 3) and mask.sum() == 1
    assert type(shares) is np.ndarray and shares.tolist() == [[0.25] * 4] * 2
