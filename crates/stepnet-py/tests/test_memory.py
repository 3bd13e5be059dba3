"""More than memory can hold is refused; to end the process would be the other way."""

import multiprocessing

import numpy as np
import pytest

from stepnet import steps

PATIENCE_SECONDS = 120
ENGINES = ["fast", "loops"]
# Beyond what a process can address, so that no system can promise it: 2^53 bytes. Not so many that sizes overflow.
MANY = 2**50


def wide(*shape):
    """An array of so many ones, which takes no memory itself."""
    return np.broadcast_to(1.0, shape)


ONE, ONE_4D = np.ones((1, 1)), np.ones((1, 1, 1, 1))
MATRIX = wide(2**25, 2**25)
TALL, FLAT = wide(MANY, 1), wide(1, MANY)
PICTURE = wide(1, 2**25, 2**25, 1)
CHANNELS, FILTERS = wide(1, 1, 1, MANY), wide(1, 1, MANY, 1)
PLAIN, POINTS = {"stride": 1, "pad": 0}, {"f": 1, "stride": 2**25}
BESIDE = {"W1": ONE, "b1": ONE}

# Each with what its message starts with.
EITHER = {
    "relu": ("relu: Z", lambda e: steps.relu(MATRIX, engine=e)),
    "sigmoid": ("sigmoid: Z", lambda e: steps.sigmoid(MATRIX, engine=e)),
    "relu_backward": ("relu_backward: dA", lambda e: steps.relu_backward(MATRIX, MATRIX, engine=e)),
    "sigmoid_backward": ("sigmoid_backward: ", lambda e: steps.sigmoid_backward(MATRIX, MATRIX, engine=e)),
    "conv_forward A_prev": (
        "conv_forward: A_prev", lambda e: steps.conv_forward(CHANNELS, FILTERS, ONE_4D, PLAIN, engine=e)
    ),
    "conv_forward W": ("conv_forward: W", lambda e: steps.conv_forward(ONE_4D, CHANNELS, CHANNELS, PLAIN, engine=e)),
    "conv_forward strided": (
        "conv_forward: A_prev",
        lambda e: steps.conv_forward(PICTURE, ONE_4D, ONE_4D, {"stride": 2**25, "pad": 0}, engine=e),
    ),
    "conv_backward A_prev": (
        "conv_backward: A_prev",
        lambda e: steps.conv_backward(ONE_4D, (CHANNELS, FILTERS, ONE_4D, PLAIN), engine=e),
    ),
    "conv_backward W": (
        "conv_backward: W", lambda e: steps.conv_backward(CHANNELS, (ONE_4D, CHANNELS, CHANNELS, PLAIN), engine=e)
    ),
    "pool_forward": ("pool_forward: ", lambda e: steps.pool_forward(PICTURE, POINTS, engine=e)),
    "pool_forward batch": (
        "pool_forward: A_prev", lambda e: steps.pool_forward(wide(MANY, 1, 1, 1), POINTS, engine=e)
    ),
    "pool_backward": ("pool_backward: ", lambda e: steps.pool_backward(ONE_4D, (PICTURE, POINTS), engine=e)),
    "pool_backward batch": (
        "pool_backward: A_prev",
        lambda e: steps.pool_backward(wide(MANY, 1, 1, 1), (wide(MANY, 1, 1, 1), POINTS), "average", engine=e),
    ),
    "linear_forward": ("linear_forward: ", lambda e: steps.linear_forward(TALL, FLAT, ONE, engine=e)),
    "linear_backward": ("linear_backward: ", lambda e: steps.linear_backward(ONE, (TALL, FLAT, ONE), engine=e)),
    "linear_activation_backward": (
        "linear_activation_backward: ",
        lambda e: steps.linear_activation_backward(FLAT, ((FLAT, ONE, ONE), FLAT), "relu", engine=e),
    ),
    "L_model_forward": ("L_model_forward: ", lambda e: steps.L_model_forward(FLAT, BESIDE, engine=e)),
    "L_model_backward": (
        "L_model_backward: ", lambda e: steps.L_model_backward(FLAT, FLAT, [((FLAT, ONE, ONE), FLAT)], engine=e)
    ),
}
ALONE = {
    "zero_pad": ("zero_pad: pad", lambda: steps.zero_pad(CHANNELS, 0)),
    "create_mask_from_window": ("create_mask_from_window: x", lambda: steps.create_mask_from_window(MATRIX)),
    "distribute_value": ("distribute_value: shape", lambda: steps.distribute_value(1.0, (2**25, 2**25))),
    "initialize_parameters": ("initialize_parameters: ", lambda: steps.initialize_parameters(2**25, 2**25, 1)),
    "initialize_parameters_deep": (
        "initialize_parameters_deep: layer_dims", lambda: steps.initialize_parameters_deep([2**25, 2**25])
    ),
    "update_parameters": (
        "update_parameters: W1",
        lambda: steps.update_parameters({"W1": MATRIX, "b1": ONE}, {"dW1": MATRIX, "db1": ONE}, 0.1),
    ),
    "update_parameters grads": (
        "update_parameters: dW1", lambda: steps.update_parameters(BESIDE, {"dW1": MATRIX, "db1": ONE}, 0.1)
    ),
    "what numpy converts": ("relu: Z", lambda: steps.relu(np.broadcast_to(np.int8(1), MATRIX.shape))),
}
CALLS = {f"{name}, {engine}": (start, lambda call=call, engine=engine: call(engine))
         for name, (start, call) in EITHER.items() for engine in ENGINES} | ALONE


def refusals(pipe):
    """Tells the type and the words of what each call raises that it is asked for."""
    while True:
        try:
            CALLS[pipe.recv()][1]()
            pipe.send((None, "nothing is raised"))
        except EOFError:
            return
        except Exception as error:
            pipe.send((type(error).__name__, str(error)))


class Helper:
    """A process that may come to its end without this one doing so."""

    process = None

    def ask(self, name):
        if self.process is None:
            context = multiprocessing.get_context("spawn")
            self.pipe, its = context.Pipe()
            self.process = context.Process(target=refusals, args=(its,), daemon=True)
            self.process.start()
            its.close()
        self.pipe.send(name)
        try:
            assert self.pipe.poll(PATIENCE_SECONDS), "it does not come to an end"
            return self.pipe.recv()
        except (AssertionError, EOFError):
            self.end()
            raise

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
        self.process = None


@pytest.fixture(scope="module")
def helper():
    helper = Helper()
    yield helper
    helper.end()


@pytest.mark.parametrize("name", CALLS)
def test_too_much_is_refused(helper, name):
    kind, text = helper.ask(name)
    assert kind == "ValueError", text
    assert text.startswith(CALLS[name][0])
    assert "\n" not in text
    assert "is too large, expected" in text or "expected at most" in text
