"""`stepnet.check`: mistakes are named, right functions in any style are not accused, and nothing that a function does harms it."""

import re
import time

import numpy as np
import planted
import planted_apart
import planted_later
import pytest
import styles

import stepnet


def made(source, name, replaced=()):
    for old, new in replaced:
        assert old in source, (name, old)
        source = source.replace(old, new)
    names = {"np": np}
    exec(source, names)
    return names[name.rpartition(".")[2]]


@pytest.mark.parametrize("case", [*planted.PLANTED, *planted_apart.PLANTED, *planted_later.PLANTED], ids=lambda case: f"{case[0]}: {case[3]}")
def test_planted_mistakes_are_named(case):
    like, source, replaced, pattern = case
    verdict = stepnet.check(made(source, like, replaced), like)
    assert not verdict and verdict.mistakes, verdict
    assert re.search(pattern, verdict.text.split("explain")[-1]), verdict


@pytest.mark.parametrize("case", styles.RIGHT, ids=lambda case: f"{case[0]}, {case[1]}")
def test_right_functions_are_not_accused(case):
    like, _, source = case
    verdict = stepnet.check(made(source, like), like)
    assert verdict and verdict.mistakes == () and verdict.failed == 0, verdict
    assert verdict.text.endswith(f"right, in all {verdict.cases} cases.")


def conv_forward(A_prev, W, b, hparameters):
    raise NotImplementedError


@pytest.mark.parametrize(
    "function, says",
    [
        (conv_forward, "raised NotImplementedError (line "),
        (lambda *given: None, "returns None, expected (Z, cache)"),
        (lambda *given: given[0], "returns one value, of type ndarray, expected 2: (Z, cache)"),
        (lambda *given: (None, given), "Z is None, expected an array of shape (1, 2, 2, 1)"),
        (lambda *given: ("text", given), "Z is of type str, expected an array"),
        (lambda A, W, b, h: (np.zeros(3), (A, W, b, h)), "Z has shape (3,), it should be (1, 2, 2, 1)"),
        (lambda: None, "raised TypeError"),
        (lambda *given: [][1], "raised IndexError"),
        (lambda *given: conv_forward.nothing, "raised AttributeError"),
        (lambda *given: exit(3), "raised SystemExit: 3"),
    ],
)
def test_what_a_function_does_is_answered(function, says):
    verdict = stepnet.check(function, "conv_forward")
    assert not verdict and says in str(verdict), verdict
    assert verdict.failed == verdict.cases == 6


def test_a_function_that_never_ends_is_stopped():
    ended = []

    def endless(X, pad):
        try:
            while True:
                print("on and on")
        except Exception:
            pass
        finally:
            ended.append(True)

    start = time.monotonic()
    verdict = stepnet.check(endless, "zero_pad", seconds=0.3)
    assert time.monotonic() - start < 10
    assert not verdict and "did not end in time" in verdict.text and ended == [True]


def test_a_function_that_recurses_without_end_is_answered():
    def zero_pad(X, pad):
        return zero_pad(X, pad)

    verdict = stepnet.check(zero_pad)
    assert "raised RecursionError" in verdict.text


def test_arguments_changed_in_place_are_named():
    def zero_pad(X, pad):
        padded = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        X *= 2
        return padded

    verdict = stepnet.check(zero_pad)
    assert not verdict and verdict.mistakes == ("in place",) and "argument X in place" in verdict.text and verdict.failed == 0

    def update_parameters(parameters, grads, learning_rate):
        for name in parameters:
            parameters[name] -= learning_rate * grads["d" + name]
        return parameters

    verdict = stepnet.check(update_parameters, "planar.update_parameters")
    assert verdict.mistakes == ("in place",), verdict


def test_several_mistakes_are_named_together():
    def linear_backward(dZ, cache):
        A, W, b = cache
        return W.T @ dZ / dZ.shape[1], dZ @ A.T, dZ.mean(axis=1)

    verdict = stepnet.check(linear_backward)
    assert set(verdict.mistakes) == {"dA divided", "dW not divided", "db without keepdims"}
    assert "3 mistakes explain all of it" in verdict.text


def test_single_precision_is_named_and_what_is_unknown_is_not():
    def zero_pad(X, pad):
        return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0))).astype(np.float32)

    assert stepnet.check(zero_pad).mistakes == ("wrong dtype",)
    verdict = stepnet.check(lambda dz, shape: np.full(shape, dz**3 + 1.7), "distribute_value")
    assert not verdict and verdict.mistakes == () and "No known mistake" in verdict.text


def test_the_generator_and_the_output_are_left_alone(capsys):
    def initialize_parameters(n_x, n_h, n_y):
        print("drawing")
        return {
            "W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1)),
        }

    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    assert stepnet.check(initialize_parameters, "planar.initialize_parameters")
    assert (np.random.get_state()[1] == before).all() and capsys.readouterr().out == ""


def test_the_edition_in_force_decides():
    with stepnet.steps.use_edition("2017"):
        old = stepnet.check(made(planted.of.DENSE, "L_model_backward"), "L_model_backward")
        assert not old and old.mistakes == ("other numbers of dA",), old
        older = planted.of.PLANAR.replace("def compute_cost(A2, Y)", "def compute_cost(A2, Y, parameters)")
        assert stepnet.check(made(older, "compute_cost"), "planar.compute_cost")
        three = "\ndef update_parameters_with_adam(*given):\n    return whole(*given)[:3]\n"
        source = planted.of.OPTIMIZATION.replace("def update_parameters_with_adam", "def whole") + three
        assert stepnet.check(made(source, "update_parameters_with_adam"), "update_parameters_with_adam")


@pytest.mark.parametrize(
    "given, says",
    [
        (("conv",), 'check: function is \'conv\', expected a function'),
        ((len, 3), "check: like is 3, expected the name of a notebook's function"),
        ((len, "conv_forwards"), "did you mean 'conv_forward'?"),
        ((len, "compute_cost"), '"building_dnn.compute_cost" or "planar.compute_cost"'),
        ((len, "yolo.conv_forward"), "expected the name of a notebook's function"),
    ],
)
def test_wrong_use_is_refused_in_a_line(given, says):
    with pytest.raises((TypeError, ValueError)) as error:
        stepnet.check(*given)
    assert says in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(ValueError, match="seconds is 0, expected a number above 0"):
        stepnet.check(len, "iou", seconds=0)


@pytest.mark.parametrize("edition", ["2017", "v8a", "2021"])
def test_the_notebooks_functions_are_right_in_each_edition(edition):
    from stepnet._checking._catalogue import tasks

    with stepnet.steps.use_edition(edition):
        for task in tasks():
            name = f"{task.modules[0]}.{task.name}"
            theirs = getattr(getattr(stepnet.course, task.modules[0]), task.name)
            # One that the notebook has with mistakes for the learner to find.
            assert stepnet.check(theirs, name).right == (task.name != "backward_propagation_n"), name


def test_every_known_mistake_changes_the_result_and_the_models_are_right():
    from stepnet._checking._catalogue import tasks
    from stepnet._checking._compare import differences
    from stepnet._checking._running import evaluate

    count = 0
    for task in tasks():
        cases = task.cases()
        expected = [evaluate(task.witness, case, task.seed) for case in cases]

        def differs(faults):
            made = [evaluate(lambda *args, **kwargs: task.model(frozenset(faults), *args, **kwargs), case, task.seed) for case in cases]
            pairs = zip(expected, made)
            return any(got.raised is not None or differences(task, want.value, got.value) for want, got in pairs)

        assert all(want.raised is None for want in expected), task.name
        assert not differs(()), task.name
        for fault in task.mistakes:
            assert differs((fault,)), (task.name, fault)
            count += 1
    assert count > 750


class Shell:
    """What the magic asks of IPython."""

    def __init__(self):
        self.user_ns = {"np": np}
        self.magics = {}

    def register_magic_function(self, function, kind):
        assert kind == "line_cell"
        self.magics[function.__name__] = function

    def run_cell(self, cell):
        exec(cell, self.user_ns)
        return type("Result", (), {"success": True})

    def transform_cell(self, cell):
        return cell


def test_the_magic_checks_a_cell(capsys):
    shell = Shell()
    stepnet.load_ipython_extension(shell)
    magic = shell.magics["stepnet_check"]

    def said(*given):
        magic(*given)
        return capsys.readouterr().out

    assert said("", planted.of.ZERO_PAD) == "convolution.zero_pad: right, in all 4 cases.\n"
    assert said("zero_pad") == "convolution.zero_pad: right, in all 4 cases.\n"
    lines = said("planar", planted.of.PLANAR).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"planar.{name}" for name in ("sigmoid", "forward_propagation", "compute_cost", "backward_propagation", "predict")
    ] or "logistic_regression.sigmoid" in lines[0]
    assert said("zero_pad", "def mine(X, pad):\n    return X").startswith("convolution.zero_pad: not right yet.")
    assert '"planar.compute_cost"' in said("", "def compute_cost(A2, Y):\n    return 1")
    assert "defines no function of a notebook" in said("", "x = 1")
    assert "nothing is not defined" in said("nothing") and "expected %%stepnet_check" in said("")
