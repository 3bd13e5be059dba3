"""The modules of the course's notebooks: what a star import gives, editions, types, printed lines, and refusals."""

import importlib
import inspect
import os
import pkgutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import stepnet
from stepnet import course, steps

MODULES = [name for _, name, _ in pkgutil.iter_modules(course.__path__) if not name.startswith("_")]

FUNCTIONS = {
    "logistic_regression": "initialize_with_zeros model optimize predict propagate sigmoid",
    "planar": "backward_propagation compute_cost forward_propagation initialize_parameters layer_sizes nn_model predict sigmoid "
    "update_parameters",
    "dnn_application": "L_layer_model L_model_backward L_model_forward compute_cost initialize_parameters initialize_parameters_deep "
    "linear_activation_backward linear_activation_forward linear_backward linear_forward predict relu relu_backward sigmoid "
    "sigmoid_backward two_layer_model update_parameters",
    "gradient_checking": "backward_propagation backward_propagation_n dictionary_to_vector forward_propagation forward_propagation_n "
    "gradient_check gradient_check_n gradients_to_vector relu sigmoid vector_to_dictionary",
}


@pytest.fixture(autouse=True)
def default_afterwards():
    yield
    steps.set_edition("2021")


def star(module):
    names = {}
    exec(f"from stepnet.course.{module} import *", names)
    return {name for name in names if name != "__builtins__"}


def test_every_module_is_listed_and_described():
    assert sorted(course.__all__) == MODULES
    assert "course" in stepnet.__all__
    for name in MODULES:
        module = getattr(course, name)
        assert f"`{name}`" in course.__doc__, name
        for function in module.__all__:
            value = getattr(module, function)
            if callable(value):
                assert value.__doc__ and "Returns" in value.__doc__, (name, function)
                assert value.__name__ == function


@pytest.mark.parametrize("module", MODULES)
def test_a_star_import_gives_what_the_module_lists(module):
    assert star(module) == set(getattr(course, module).__all__)
    if module in FUNCTIONS:
        assert star(module) == set(FUNCTIONS[module].split())


def test_functions_of_one_name_are_not_mixed():
    deep, application = course.building_dnn, course.dnn_application
    assert abs(deep.initialize_parameters_deep([4, 1])["W1"]).max() < 0.05
    assert abs(application.initialize_parameters_deep([4, 1])["W1"]).max() > 0.5
    z = np.array([0.0, 2.0])
    assert type(course.logistic_regression.sigmoid(z)) is np.ndarray and type(deep.sigmoid(z)) is tuple
    assert type(course.planar.compute_cost([[0.5]], [[1]])) is float
    assert type(application.compute_cost([[0.5]], [[1]])) is np.ndarray


# The notebooks' signatures, by their defaults.
DEFAULTS = {
    "planar.nn_model": {"num_iterations": 10000, "print_cost": False},
    "planar.update_parameters": {"learning_rate": 1.2},
    "logistic_regression.optimize": {"num_iterations": 100, "learning_rate": 0.009, "print_cost": False},
    "logistic_regression.model": {"num_iterations": 2000, "learning_rate": 0.5, "print_cost": False},
    "dnn_application.two_layer_model": {"learning_rate": 0.0075, "num_iterations": 3000, "print_cost": False},
    "dnn_application.L_layer_model": {"learning_rate": 0.0075, "num_iterations": 3000, "print_cost": False},
    "initialization.model": {"learning_rate": 0.01, "num_iterations": 15000, "print_cost": True, "initialization": "he"},
    "regularization.model": {
        "learning_rate": 0.3, "num_iterations": 30000, "print_cost": True, "lambd": 0, "keep_prob": 1,
    },
    "regularization.forward_propagation_with_dropout": {"keep_prob": 0.5},
    "gradient_checking.gradient_check": {"epsilon": 1e-7, "print_msg": False},
    "gradient_checking.gradient_check_n": {"epsilon": 1e-7, "print_msg": False},
    "optimization.random_mini_batches": {"mini_batch_size": 64, "seed": 0},
    "optimization.update_parameters_with_adam": {
        "learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
    },
    "optimization.schedule_lr_decay": {"time_interval": 1000},
    "yolo.yolo_filter_boxes": {"threshold": 0.6},
    "yolo.yolo_non_max_suppression": {"max_boxes": 10, "iou_threshold": 0.5},
    "yolo.yolo_eval": {"image_shape": (720, 1280), "max_boxes": 10, "score_threshold": 0.6, "iou_threshold": 0.5},
    "face_recognition.triplet_loss": {"alpha": 0.2},
    "neural_style.total_cost": {"alpha": 10, "beta": 40},
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_the_notebooks(name):
    module, function = name.split(".")
    parameters = inspect.signature(getattr(getattr(course, module), function)).parameters.values()
    found = {p.name: p.default for p in parameters if p.default is not p.empty and p.kind is not p.KEYWORD_ONLY}
    assert found == DEFAULTS[name]


def toy(features=2, m=30):
    rng = np.random.RandomState(4)
    X = rng.randn(features, m)
    return X, (X.sum(axis=0, keepdims=True) > 0).astype(np.uint8)


PRINTS = {
    "planar": (lambda X, Y: course.planar.nn_model(X, Y, 2, 2001, True), ["Cost after iteration %i: " % i for i in (0, 1000, 2000)]),
    "initialization": (
        lambda X, Y: course.initialization.model(X, Y, num_iterations=1001),
        ["Cost after iteration 0: 0.", "Cost after iteration 1000: 0."],
    ),
    "regularization": (
        lambda X, Y: course.regularization.model(X, Y, num_iterations=3, lambd=0.7), ["Cost after iteration 0: 1.20187608762637"],
    ),
    "optimization": (
        lambda X, Y: course.optimization.model(
            X, Y, [2, 3, 2, 1], "adam", num_epochs=1001, decay=course.optimization.schedule_lr_decay,
        ),
        ["Cost after epoch 0: ", "learning rate after epoch 0: 0.000700", "Cost after epoch 1000: ",
         "learning rate after epoch 1000: 0.000350"],
    ),
    "two_layer_model": (
        lambda X, Y: course.dnn_application.two_layer_model(X, Y, (2, 3, 1), num_iterations=151, print_cost=True),
        ["Cost after iteration 0: 0.69", "Cost after iteration 100: 0.69", "Cost after iteration 150: 0.69"],
    ),
    "logistic_regression": (
        lambda X, Y: course.logistic_regression.model(X, Y, X, Y, 101, 0.01, True),
        ["Cost after iteration 0: 0.693147", "Cost after iteration 100: ", "train accuracy: ", "test accuracy: "],
    ),
}


@pytest.mark.parametrize("name", PRINTS)
def test_models_print_the_notebooks_lines(name, capsys):
    model, expected = PRINTS[name]
    model(*toy())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(expected), lines
    for line, beginning in zip(lines, expected):
        assert line.startswith(beginning), line
    assert len(lines[0].split(": ")[1]) == 8 or name not in ("planar", "optimization", "logistic_regression")


def test_models_of_earlier_editions(capsys):
    X, Y = toy()
    of_application = course.dnn_application.L_layer_model
    parameters, costs = of_application(X, Y, [2, 3, 1], num_iterations=201)
    assert type(costs) is list and len(costs) == 3 and all(type(c) is np.ndarray and c.shape == () for c in costs)
    alone = of_application(X, Y, [2, 3, 1], num_iterations=201, print_cost=True, edition="v8a")
    assert type(alone) is dict
    np.testing.assert_array_equal(alone["W1"], parameters["W1"])
    assert [len(line.split(": ")[1]) for line in capsys.readouterr().out.splitlines()] == [8, 8, 8]
    with steps.use_edition("2017"):
        course.logistic_regression.model(X, Y, X, Y, 1)
        assert "train accuracy" in capsys.readouterr().out
        assert type(course.logistic_regression.initialize_with_zeros(2)[1]) is int
        assert len(course.optimization.update_parameters_with_adam({"W1": X}, {"dW1": X}, {"dW1": X}, {"dW1": X}, 1)) == 3
    assert type(course.logistic_regression.initialize_with_zeros(2)[1]) is float


def test_gradient_check_prints_by_edition(capsys):
    check = course.gradient_checking.gradient_check
    assert check(2, 4) == 2.919335883291695e-10
    assert capsys.readouterr().out == ""
    check(2, 4, print_msg=True)
    assert "works perfectly fine! difference = 2.919335883291695e-10" in capsys.readouterr().out
    check(2, 4, edition="2017")
    assert capsys.readouterr().out == "The gradient is correct!\n"
    assert course.gradient_checking.forward_propagation(2, 4) == 8 and course.gradient_checking.backward_propagation(2, 4) == 2


def test_a_step_leaves_what_it_is_given():
    X, Y = toy(2)
    parameters = course.optimization.initialize_parameters([2, 3, 2, 1])
    before = {name: array.copy() for name, array in parameters.items()}
    a3, cache = course.optimization.forward_propagation(X, parameters)
    assert cache[2] is parameters["W1"] and cache[9] is a3
    grads = course.optimization.backward_propagation(X, Y, cache)
    v, s = course.optimization.initialize_adam(parameters)
    course.optimization.update_parameters_with_adam(parameters, grads, v, s, 1)
    course.optimization.update_parameters_with_momentum(parameters, grads, v, 0.9, 0.1)
    course.optimization.update_parameters_with_gd(parameters, grads, 0.1)
    for name, array in before.items():
        np.testing.assert_array_equal(parameters[name], array)
        assert not v[f"d{name}"].any() and not s[f"d{name}"].any()


def test_numpys_generator_is_left_alone():
    X, Y = toy()
    np.random.seed(7)
    course.planar.nn_model(X, Y, 4, 2)
    course.regularization.model(X, Y, num_iterations=2, print_cost=False, keep_prob=0.5)
    course.optimization.model(X, Y, [2, 3, 2, 1], "gd", num_epochs=2, print_cost=False)
    found = np.random.rand()
    np.random.seed(7)
    assert found == np.random.rand()


W = {"W1": np.ones((4, 2)), "b1": np.zeros((4, 1)), "W2": np.ones((1, 4)), "b2": np.zeros((1, 1))}
REFUSALS = [
    (lambda: course.planar.forward_propagation(np.ones(3), W), ValueError, "forward_propagation: X has shape [3], expected 2 dimensions"),
    (lambda: course.planar.forward_propagation([["a"]], W), TypeError, "X is of type <U1, expected numbers"),
    (lambda: course.planar.forward_propagation(np.ones((2, 3)), {"W1": 1}), ValueError, "parameters has no 'b1'"),
    (lambda: course.planar.forward_propagation(np.ones((2, 3)), None), TypeError, "parameters is of type NoneType, expected a dictionary"),
    (lambda: course.planar.forward_propagation(np.ones((3, 3)), W), ValueError, "W1 has shape [4, 2], expected [4, 3]"),
    (lambda: course.planar.compute_cost(np.ones((1, 3)), np.ones((1, 4))), ValueError, "Y has shape [1, 4], expected [1, 3]"),
    (lambda: course.planar.update_parameters(W, {"dW1": 1}), ValueError, "grads has no 'db1'"),
    (lambda: course.planar.update_parameters({"W1": np.ones((2, 2))}, {"dW1": np.ones((3, 3))}), ValueError, "dW1"),
    (lambda: course.planar.nn_model(np.ones((2, 3)), np.ones((1, 3)), 0), ValueError, "n_h is 0, expected at least 1"),
    (lambda: course.planar.nn_model(np.ones((2, 3)), np.ones((1, 3)), 2, -1), ValueError, "num_iterations is -1"),
    (lambda: course.planar.nn_model(np.ones((2, 3)), np.ones((1, 2)), 2), ValueError, "one label for each column of X"),
    (lambda: course.planar.nn_model(np.ones((2, 3)), np.ones((1, 3)), 2, engine="slow"), ValueError, "engine is 'slow'"),
    (lambda: course.initialization.backward_propagation(np.ones((2, 3)), np.ones((1, 3)), (1, 2)), ValueError, "cache has 2 parts"),
    (lambda: course.initialization.model(*toy(), initialization="xavier"), ValueError, "initialization is 'xavier'"),
    (lambda: course.regularization.model(*toy(), lambd=1, keep_prob=0.5), ValueError, "expected lambd=0 or keep_prob=1"),
    (lambda: course.regularization.model(*toy(), keep_prob=0, print_cost=False), ValueError, "keep_prob is 0"),
    (lambda: course.optimization.model(*toy(), [2, 3, 1], "gd"), ValueError, "three of each"),
    (lambda: course.optimization.model(*toy(), [2, 3, 2, 1], "sgd"), ValueError, "optimizer is 'sgd'"),
    (lambda: course.optimization.update_parameters_with_adam(W, W, W, W, 0), ValueError, "t is 0"),
    (lambda: course.optimization.random_mini_batches(np.ones((2, 5)), np.ones((1, 4))), ValueError, "one for each of X"),
    (lambda: course.gradient_checking.backward_propagation_n(*toy(), (), faults=["dW1"]), ValueError, "faults is 'dW1'"),
    (lambda: course.dnn_application.two_layer_model(*toy(), (2, 1)), ValueError, "three sizes"),
    (lambda: course.dnn_application.predict(*toy(), {}), TypeError, "expected a dictionary with W1"),
    (lambda: course.logistic_regression.propagate([[1.0]], "b", *toy()), TypeError, "b is 'b', expected a number"),
    (lambda: course.yolo.iou((1, 2, 3), (1, 2, 3, 4)), ValueError, "box1 has 3 numbers"),
    (lambda: course.yolo.yolo_filter_boxes(np.ones((2, 3)), np.ones((2, 1)), np.ones((2, 5))), ValueError, "(..., 4)"),
    (lambda: course.face_recognition.triplet_loss(None, ([1], [2])), ValueError, "(anchor, positive, negative)"),
    (lambda: course.face_recognition.verify([1.0], "x", {}, lambda x: x), ValueError, "a name of the database"),
    (lambda: course.face_recognition.img_to_encoding([1.0], 5), TypeError, "expected a Network"),
    (lambda: course.neural_style.compute_layer_style_cost(np.ones((1, 2, 2, 3)), np.ones((1, 2, 2, 4))), ValueError, "the shape of a_G"),
]


@pytest.mark.parametrize("case", range(len(REFUSALS)))
def test_wrong_input_is_refused_in_one_line(case):
    call, kind, words = REFUSALS[case]
    with pytest.raises(kind) as raised:
        call()
    message = str(raised.value)
    assert words in message and "\n" not in message, message


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64, np.int32, np.float32, np.float16, ">f8", object])
def test_labels_and_examples_of_other_types(dtype):
    X, Y = toy()
    expected = course.planar.nn_model(np.round(X), Y, 3, 5)
    if dtype not in (np.uint8, bool):
        found = course.planar.nn_model(np.round(X).astype(dtype), Y.astype(dtype), 3, 5) if dtype is not object else expected
        np.testing.assert_array_equal(found["W1"], expected["W1"])
    if dtype is not object:
        found = course.planar.nn_model(np.round(X), Y.astype(dtype), 3, 5)
        np.testing.assert_array_equal(found["W2"], expected["W2"])
    else:
        with pytest.raises(TypeError, match="expected numbers"):
            course.planar.nn_model(X, Y.astype(object), 3, 5)


def test_views_of_any_layout_give_the_same():
    X, Y = toy(6, 20)
    parameters = course.optimization.initialize_parameters([6, 5, 3, 1])
    expected, _ = course.optimization.forward_propagation(X, parameters)
    wide = np.zeros((12, 40))
    wide[::2, ::2] = X
    unaligned = np.frombuffer(b"\0" + X.tobytes(), np.float64, offset=1).reshape(X.shape)
    for view in (np.asfortranarray(X), wide[::2, ::2], X[::-1][::-1], unaligned, X.tolist()):
        found, _ = course.optimization.forward_propagation(view, parameters)
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_biases_may_be_numbers():
    X, _ = toy()
    plain = {**W, "b1": 0.5, "b2": np.array([0.25])}
    columns = {**W, "b1": np.full((4, 1), 0.5), "b2": np.full((1, 1), 0.25)}
    found, expected = course.planar.forward_propagation(X, plain)[0], course.planar.forward_propagation(X, columns)[0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals to a thread")
def test_ctrl_c_ends_a_model():
    X, Y = toy()
    main = threading.main_thread().ident
    timer = threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT))
    # Shells let programs in the background ignore the signal; Python then has no handler of its own.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            course.planar.nn_model(X, Y, 4, 10**9)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)


def test_what_a_print_raises_is_raised():
    X, Y = toy()

    class Closed:
        def write(self, text):
            raise OSError("closed")

        def flush(self):
            pass

    kept, sys.stdout = sys.stdout, Closed()
    try:
        with pytest.raises(OSError, match="closed"):
            course.planar.nn_model(X, Y, 4, 5, True)
    finally:
        sys.stdout = kept


def test_models_run_in_a_forked_process():
    if not hasattr(os, "fork"):
        pytest.skip("no forks here")
    program = (
        "import os, numpy as np\nfrom stepnet import course\n"
        "X, Y = np.random.RandomState(1).randn(300, 90), np.ones((1, 90))\n"
        "model = lambda: course.dnn_application.two_layer_model(X, Y, (300, 20, 1), num_iterations=3)[0]['W1'].sum()\n"
        "first = model()\nchild = os.fork()\n"
        "if child == 0: os._exit(0 if model() == first else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "0", done.stderr


def test_modules_can_be_imported_alone():
    for name in MODULES:
        assert importlib.import_module(f"stepnet.course.{name}") is getattr(course, name)


def count(network):
    return sum(array.size for array in network.get_weights().values())


def test_networks_have_the_published_numbers_of_parameters():
    assert count(course.cnn_application.happyModel()) == 37633
    assert count(course.cnn_application.convolutional_model((64, 64, 3))) == 1310
    assert count(course.cnn_application.convolutional_model((64, 64, 3), edition="v8a")) == 1286
    assert count(course.residual_networks.ResNet50()) == 23600006


def test_blocks_go_into_a_network():
    from stepnet.course import residual_networks, unet

    X = residual_networks.identity_block(residual_networks.convolutional_block("", 3, (4, 4, 8), s=2), 3, [4, 4, 8])
    net = stepnet.Network(X + " -> globalavgpool -> linear(3) -> softmax", (8, 8, 3))
    assert net.predict_proba(np.zeros((2, 8, 8, 3))).shape == (2, 3)
    for wrong, words in (((X, 0, [1, 1, 1]), "f is 0"), ((X, 3, [1, 1]), "(F1, F2, F3)"), ((5, 3, [1, 1, 1]), "X is 5")):
        with pytest.raises((TypeError, ValueError), match=words.replace("(", "[(]").replace(")", "[)]")):
            residual_networks.identity_block(*wrong)
    first, skip = unet.conv_block("", 4)
    second, deeper = unet.conv_block(first, 8, dropout_prob=0.3)
    bottom, _ = unet.conv_block(second, 16, max_pooling=False)
    up = unet.upsampling_block(unet.upsampling_block(bottom, deeper, 8), skip, 4)
    net = stepnet.Network(up + " -> globalavgpool -> linear(2) -> softmax", (8, 8, 3))
    assert net.predict_proba(np.zeros((1, 8, 8, 3))).shape == (1, 2)
    with pytest.raises(ValueError, match="from which expansive_input goes on"):
        unet.upsampling_block(first, deeper, 4)
    with pytest.raises(ValueError, match="expected a multiple of 16"):
        unet.unet_model((90, 128, 3))
