"""Cells as the notebooks have them, by position and with what their test cases give, after one star import."""

from textwrap import indent

import numpy as np
import pytest
from test_fixtures import CASES, check, inputs

CONVOLUTION = """
np.random.seed(1)
x = np.random.randn(4, 3, 3, 2)
x_pad = zero_pad(x, 2)

np.random.seed(1)
a_slice_prev = np.random.randn(4, 4, 3)
W = np.random.randn(4, 4, 3)
b = np.random.randn(1, 1, 1)
Z_single = conv_single_step(a_slice_prev, W, b)

np.random.seed(1)
A_prev = np.random.randn(10, 4, 4, 3)
W = np.random.randn(2, 2, 3, 8)
b = np.random.randn(1, 1, 1, 8)
hparameters = {"pad" : 2, "stride": 2}
Z, cache_conv = conv_forward(A_prev, W, b, hparameters)

dA, dW, db = conv_backward(Z, cache_conv)

np.random.seed(1)
A_prev = np.random.randn(2, 5, 5, 3)
hparameters = {"stride" : 1, "f": 3}
A_max, cache = pool_forward(A_prev, hparameters)
A_average, cache = pool_forward(A_prev, hparameters, mode = "average")

np.random.seed(1)
x = np.random.randn(2, 3)
mask = create_mask_from_window(x)

a = distribute_value(2, (2, 2))

np.random.seed(1)
A_prev = np.random.randn(5, 5, 3, 2)
hparameters = {"stride" : 1, "f": 2}
A, cache = pool_forward(A_prev, hparameters)
dA_pool = np.random.randn(5, 4, 2, 2)
dA_prev_max = pool_backward(dA_pool, cache, mode = "max")
dA_prev_average = pool_backward(dA_pool, cache, mode = "average")
"""


def run(cells, **given):
    names = {"np": np, **given}
    # The documents are of the first edition.
    exec('from stepnet.steps import *\nwith use_edition("2017"):\n' + indent(cells.lstrip("\n"), "    "), names)
    return names


def test_convolution():
    of = run(CONVOLUTION)
    check(CASES["zero_pad_pad2"], x_pad=of["x_pad"])
    check(CASES["conv_single_step_4x4x3"], Z=of["Z_single"])
    check(CASES["conv_forward_10x4x4x3_f2_p2_s2"], Z=of["Z"])
    check(CASES["conv_backward_10x4x4x3_f2_p2_s2"], dA=of["dA"], dW=of["dW"], db=of["db"])
    check(CASES["pool_forward_2x5x5x3_f3_s1_max"], A=of["A_max"])
    check(CASES["pool_forward_2x5x5x3_f3_s1_average"], A=of["A_average"])
    check(CASES["create_mask_from_window_2x3"], mask=of["mask"])
    check(CASES["distribute_value_2_2x2"], a=of["a"])
    check(CASES["pool_backward_5x5x3x2_f2_s1_max"], dA_prev=of["dA_prev_max"])
    check(CASES["pool_backward_5x5x3x2_f2_s1_average"], dA_prev=of["dA_prev_average"])


def test_what_cells_index_and_print():
    of = run(CONVOLUTION)
    printed = {
        "Z": "-6.99908945068",
        "cache": "[-0.20075807  0.18656139  0.41005165]",
        "Z[3,2,1]": "[-0.61490741 -6.7439236  -2.55153897  1.75698377  3.56208902  0.53036437\n  5.18531798  8.75898442]",
        "mask": "[[ True False False]\n [False False False]]",
        "distributed": "[[0.5 0.5]\n [0.5 0.5]]",
    }
    assert str(of["Z_single"]).startswith(printed["Z"][:-1])
    assert str(of["cache_conv"][0][1][2][3]) == printed["cache"]
    assert str(of["Z"][3, 2, 1]) == printed["Z[3,2,1]"]
    assert str(of["mask"]) == printed["mask"]
    assert str(of["a"]) == printed["distributed"]
    assert type(of["Z_single"]) is np.float64
    assert type(of["x_pad"]) is np.ndarray


def test_initial_parameters():
    of = run("shallow = initialize_parameters(3, 2, 1)\ndeep = initialize_parameters_deep([5, 4, 3])")
    check(CASES["initialize_parameters_3_2_1"], **of["shallow"])
    check(CASES["initialize_parameters_deep_5_4_3"], **of["deep"])


# The notebook's test cases have plain numbers for a column of one.
@pytest.mark.parametrize("b", [5, 5.0, np.float64(5), np.array(5), np.array([[5.0]])], ids=repr)
def test_layers_with_a_bias_of_one_number(b):
    arrays, _ = inputs(CASES["linear_activation_forward_1x3_relu"])
    A_prev, W = arrays["A_prev"], arrays["W"]
    # The numbers of Z, rounded as the test cases have them.
    dZ = inputs(CASES["linear_backward_1x3"])[0]["dZ"]
    of = run("""
Z, linear_cache = linear_forward(A, W, b)
A_sigmoid, sigmoid_cache = linear_activation_forward(A_prev, W, b, activation = "sigmoid")
A_relu, relu_cache = linear_activation_forward(A_prev, W, b, activation = "relu")
dA_prev, dW, db = linear_backward(dZ, linear_cache)
linear_activation_cache = (linear_cache, dZ)
sigmoid_gradients = linear_activation_backward(dAL, linear_activation_cache, activation = "sigmoid")
relu_gradients = linear_activation_backward(dAL, linear_activation_cache, activation = "relu")
""", A=A_prev, A_prev=A_prev, W=W, b=b, dZ=dZ, dAL=dZ)
    check(CASES["linear_forward_1x3"], Z=of["Z"])
    check(CASES["linear_activation_forward_1x3_sigmoid"], A=of["A_sigmoid"])
    check(CASES["linear_activation_forward_1x3_relu"], A=of["A_relu"])
    check(CASES["linear_backward_1x3"], dA_prev=of["dA_prev"], dW=of["dW"], db=of["db"])
    names = "dA_prev", "dW", "db"
    check(CASES["linear_activation_backward_1x3_sigmoid"], **dict(zip(names, of["sigmoid_gradients"])))
    check(CASES["linear_activation_backward_1x3_relu"], **dict(zip(names, of["relu_gradients"])))


@pytest.mark.parametrize("b", [5, 5.0])
def test_a_plain_number_goes_by_the_arrays_beside_it(b):
    A, W = np.ones((3, 2), np.float32), np.ones((4, 3), np.float32)
    of = run("Z, cache = linear_forward(A, W, b)\ndA, dW, db = linear_backward(Z, cache)", A=A, W=W, b=b)
    assert {of[name].dtype.name for name in ("Z", "dA", "dW", "db")} == {"float32"}
    assert of["Z"].dtype == (W @ A + b).dtype
    assert run("Z, cache = linear_forward(A, W, b)", A=A, W=W, b=np.array(5.0))["Z"].dtype == np.float64


@pytest.mark.parametrize("b", [5, np.array([5.0]), np.array([[5.0]]), np.array([[[5.0]]])], ids=repr)
def test_a_single_step_with_a_bias_of_one_number(b):
    window, W = np.random.RandomState(1).randn(2, 4, 4, 3)
    assert run("Z = conv_single_step(window, W, b)", window=window, W=W, b=b)["Z"] == pytest.approx(np.sum(window * W) + 5)


def test_a_network():
    arrays, _ = inputs(CASES["L_model_forward_3_2_1"])
    X = arrays.pop("X")
    of = run("AL, caches = L_model_forward(X, parameters)", X=X, parameters=arrays)
    check(CASES["L_model_forward_3_2_1"], AL=of["AL"], caches_len=len(of["caches"]))

    arrays, _ = inputs(CASES["compute_cost_1x3"])
    of = run("cost = compute_cost(AL, Y)", **arrays)
    check(CASES["compute_cost_1x3"], cost=of["cost"])

    arrays, _ = inputs(CASES["L_model_backward_1layer"])
    caches = (((arrays["A0"], arrays["W1"], arrays["b1"]), arrays["Z1"]),)
    of = run("grads = L_model_backward(AL, Y_assess, caches)", AL=arrays["AL"], Y_assess=arrays["Y"], caches=caches)
    check(CASES["L_model_backward_1layer"], **of["grads"])


def test_two_layers_trained_as_the_course_does():
    of = run("""
np.random.seed(1)
X, Y = np.random.randn(4, 50), (np.random.rand(1, 50) > 0.5).astype(int)
parameters = initialize_parameters_deep([4, 5, 1])
costs = []
for i in range(0, 30):
    AL, caches = L_model_forward(X, parameters)
    cost = compute_cost(AL, Y)
    grads = L_model_backward(AL, Y, caches)
    parameters = update_parameters(parameters, grads, learning_rate = 0.0075)
    costs.append(cost)
told = "Cost after iteration {}: {}".format(i, np.squeeze(cost)), "%f" % cost
""")
    assert all(later < earlier for earlier, later in zip(of["costs"], of["costs"][1:]))
    assert of["told"][0].startswith("Cost after iteration 29: 0.6")
    assert float(of["told"][1]) == pytest.approx(float(of["costs"][-1]), abs=1e-6)
