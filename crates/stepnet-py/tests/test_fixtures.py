"""The numbers that the notebooks print, in full precision, through Python."""

import json
from pathlib import Path

import numpy as np
import pytest

from stepnet import steps

FIXTURES = json.loads(
    (Path(__file__).resolve().parents[2] / "stepnet" / "fixtures" / "seeds.json").read_text(encoding="utf-8")
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
