"""The numbers that the notebooks print, in full precision, through Python."""

import json
from pathlib import Path

import numpy as np
import pytest

from stepnet import steps

FIXTURES = json.loads(
    (Path(__file__).resolve().parents[2] / "stepnet-course" / "fixtures" / "seeds.json").read_text(encoding="utf-8")
)
CASES = {case["id"]: case for case in FIXTURES["cases"]}
ENGINES = ["fast", "loops"]


def inputs(case):
    """A case's arrays: drawn from numpy's generator in the notebook's order, or given in full."""
    arrays = {}
    rng = case["inputs"].get("rng")
    if rng:
        np.random.seed(rng["seed"])
        for draw in rng["draws"]:
            arrays[draw["name"]] = np.random.randn(*draw["shape"])
    for name, given in case["inputs"].get("literal", {}).items():
        arrays[name] = np.array(given["value"] if isinstance(given, dict) else given)
    return arrays, dict(case["inputs"].get("hyperparameters", {}))


def check(case, **found):
    """Each result within the fixtures' tolerance, of the same shape."""
    tolerance = FIXTURES["tolerance"]
    for name, value in found.items():
        expected = case["expected"][name]
        assert list(np.shape(value)) == expected["shape"], name
        np.testing.assert_allclose(
            value, np.array(expected["value"]), rtol=tolerance["relative"], atol=tolerance["absolute_floor"],
            err_msg=f"{case['id']}: {name}",
        )


def of(function):
    return [case for case in FIXTURES["cases"] if case["function"] == function]


def named(case):
    return case["id"]


@pytest.mark.parametrize("case", of("zero_pad"), ids=named)
def test_zero_pad(case):
    arrays, hyperparameters = inputs(case)
    (x,) = arrays.values()
    (name,) = case["expected"]
    check(case, **{name: steps.zero_pad(x, hyperparameters["pad"])})


@pytest.mark.parametrize("case", of("conv_single_step"), ids=named)
def test_conv_single_step(case):
    arrays, _ = inputs(case)
    Z = steps.conv_single_step(**arrays)
    assert isinstance(Z, np.float64)
    check(case, Z=Z)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", of("conv_forward"), ids=named)
def test_conv_forward(case, engine):
    arrays, hparameters = inputs(case)
    Z, cache = steps.conv_forward(arrays["A_prev"], arrays["W"], arrays["b"], hparameters, engine=engine)
    check(case, Z=Z)
    assert cache[0] is arrays["A_prev"] and cache[3] is hparameters
    assert np.array_equal(cache[1], arrays["W"]) and np.array_equal(cache[2], arrays["b"])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", of("conv_backward"), ids=named)
def test_conv_backward(case, engine):
    arrays, hparameters = inputs(case)
    Z, cache = steps.conv_forward(arrays["A_prev"], arrays["W"], arrays["b"], hparameters, engine=engine)
    dA, dW, db = steps.conv_backward(Z, cache, engine=engine)
    check(case, dA=dA, dW=dW, db=db)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", of("pool_forward"), ids=named)
def test_pool_forward(case, engine):
    arrays, hyperparameters = inputs(case)
    mode = hyperparameters.pop("mode")
    A, cache = steps.pool_forward(arrays["A_prev"], hyperparameters, mode=mode, engine=engine)
    check(case, A=A)
    assert cache[0] is arrays["A_prev"] and cache[1] is hyperparameters


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", of("pool_backward"), ids=named)
def test_pool_backward(case, engine):
    arrays, hyperparameters = inputs(case)
    mode = hyperparameters.pop("mode")
    A, cache = steps.pool_forward(arrays["A_prev"], hyperparameters, engine=engine)
    dA_prev = steps.pool_backward(arrays["dA"], cache, mode=mode, engine=engine)
    check(case, dA_prev=dA_prev, A_forward_max=A)


@pytest.mark.parametrize("case", of("create_mask_from_window"), ids=named)
def test_create_mask_from_window(case):
    arrays, _ = inputs(case)
    (x,) = arrays.values()
    mask = steps.create_mask_from_window(x)
    assert mask.dtype == bool
    assert mask.tolist() == case["expected"]["mask"]["value"]


@pytest.mark.parametrize("case", of("distribute_value"), ids=named)
def test_distribute_value(case):
    arrays, _ = inputs(case)
    check(case, a=steps.distribute_value(arrays["dz"], tuple(arrays["shape"])))


def test_initialize_parameters():
    (case,) = of("initialize_parameters")
    before = np.random.get_state()[1].copy()
    check(case, **steps.initialize_parameters(3, 2, 1))
    assert np.array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize("case", of("initialize_parameters_deep"), ids=named)
def test_initialize_parameters_deep(case):
    dims = [5, 4, 3] if "5_4_3" in case["id"] else [2, 4, 1]
    parameters = steps.initialize_parameters_deep(np.array(dims))
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    check(case, **parameters)


@pytest.mark.parametrize("engine", ENGINES)
def test_linear_forward(engine):
    (case,) = of("linear_forward")
    arrays, _ = inputs(case)
    Z, cache = steps.linear_forward(arrays["A"], arrays["W"], arrays["b"], engine=engine)
    check(case, Z=Z)
    assert all(kept is given for kept, given in zip(cache, (arrays["A"], arrays["W"], arrays["b"]), strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", of("linear_activation_forward"), ids=named)
def test_linear_activation_forward(case, engine):
    arrays, hyperparameters = inputs(case)
    A, cache = steps.linear_activation_forward(**arrays, **hyperparameters, engine=engine)
    check(case, A=A)
    linear_cache, Z = cache
    assert all(kept is given for kept, given in zip(linear_cache, arrays.values(), strict=True))
    np.testing.assert_allclose(Z, arrays["W"] @ arrays["A_prev"] + arrays["b"], rtol=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
def test_L_model_forward(engine):
    (case,) = of("L_model_forward")
    arrays, _ = inputs(case)
    AL, caches = steps.L_model_forward(arrays.pop("X"), arrays, engine=engine)
    ((_, Z1), ((A1, _, _), Z2)) = caches
    check(case, AL=AL, caches_len=len(caches), Z1=Z1, A1=A1, Z2=Z2)


def test_compute_cost():
    (case,) = of("compute_cost")
    arrays, _ = inputs(case)
    cost = steps.compute_cost(**arrays)
    assert cost.shape == () and type(cost) is np.ndarray and cost.dtype == np.float64
    check(case, cost=cost)


@pytest.mark.parametrize("engine", ENGINES)
def test_linear_backward(engine):
    (case,) = of("linear_backward")
    arrays, _ = inputs(case)
    dA_prev, dW, db = steps.linear_backward(arrays.pop("dZ"), tuple(arrays.values()), engine=engine)
    check(case, dA_prev=dA_prev, dW=dW, db=db)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", of("linear_activation_backward"), ids=named)
def test_linear_activation_backward(case, engine):
    arrays, hyperparameters = inputs(case)
    cache = ((arrays["A_prev"], arrays["W"], arrays["b"]), arrays["Z"])
    found = steps.linear_activation_backward(arrays["dA"], cache, **hyperparameters, engine=engine)
    check(case, **dict(zip(("dA_prev", "dW", "db"), found)))


@pytest.mark.parametrize("engine", ENGINES)
def test_L_model_backward(engine):
    (case,) = of("L_model_backward")
    arrays, _ = inputs(case)
    caches = [((arrays["A0"], arrays["W1"], arrays["b1"]), arrays["Z1"])]
    # The document is of the first edition, which calls the gradient with respect to A0 dA1.
    check(case, **steps.L_model_backward(arrays["AL"], arrays["Y"], caches, edition="2017", engine=engine))
    with steps.use_edition("2017"):
        flat = steps.L_model_backward(arrays["AL"], arrays["Y"].ravel(), caches, engine=engine)
    check(case, **flat)


@pytest.mark.parametrize("scalar", [True, False])
def test_update_parameters(scalar):
    (case,) = of("update_parameters")
    arrays, hyperparameters = inputs(case)
    parameters = {name: arrays[name] for name in ("W1", "b1", "W2", "b2")}
    grads = {name: arrays[name] for name in ("dW1", "db1", "dW2", "db2")}
    if scalar:
        # As the notebook's test case has them: one number for a whole layer.
        grads.update(db1=grads["db1"][0, 0], db2=float(grads["db2"][0, 0]))
    before = {name: array.copy() for name, array in parameters.items()}
    check(case, **steps.update_parameters(parameters, grads, **hyperparameters))
    for name, array in before.items():
        np.testing.assert_array_equal(parameters[name], array)


def test_every_case_is_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {case["function"] for case in FIXTURES["cases"]} <= tested
