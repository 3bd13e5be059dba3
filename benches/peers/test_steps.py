"""Tests of steps.py without the libraries, but for numpy where there is one."""

import importlib.util
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import naive_loops
import steps
from processes import Failure

HAS_NUMPY = importlib.util.find_spec("numpy") is not None


def row(ours, loops, torch):
    return {"ours": ours, "loops": loops, "torch": torch, "layout": "channels_last" if torch else None}


class Report(unittest.TestCase):
    def test_ratios_are_of_pairs(self):
        # Ratios 2, 0.5, 4; the medians' ratio would be 1.
        rows = {"conv_forward": row([2, 8, 4], [3000, 8000, 8000], [4, 4, 16]), steps.CALL: row([0.01], [], [0.005])}
        text = steps.section(2, rows)
        self.assertIn("## 2 threads", text)
        line = "| conv_forward | 4 | 8,000 | **1,500** (1,000 to 2,000) | 4 | **2** (0.5 to 4) | channels last |"
        self.assertIn(line, text)
        self.assertIn("one number: 10 microseconds, PyTorch 5, **0.5** (0.5 to 0.5) times as fast.", text)

    def test_without_pytorch_there_is_no_column_of_it(self):
        text = steps.section(1, {"pool_forward": row([0.5], [10], []), steps.CALL: row([0.01], [], [])})
        self.assertNotIn("PyTorch", text)
        self.assertIn("| pool_forward | 0.5 | 10 | **20** (20 to 20) |", text)
        self.assertIn("one number: 10 microseconds.", text)

    def test_different_results_are_not_compared(self):
        steps.same("a", "PyTorch", [1.0, 1e6], [1.0 + 1e-5, 1e6])
        for theirs in ([1.0, 1.01e6], [1.0]):
            with self.assertRaisesRegex(Failure, "^a: the results differ"):
                steps.same("a", "PyTorch", [1.0, 1e6], theirs)


@unittest.skipUnless(HAS_NUMPY, "needs numpy")
class Loops(unittest.TestCase):
    """The loops' gradients are those of their forward passes, by differences."""

    def check(self, forward, given, index, gradient):
        """A linear function changes by its gradient."""
        import numpy as np

        place = tuple(size // 2 for size in given[index].shape)
        before = forward(*given)
        moved = [np.array(array) for array in given]
        moved[index][place] += 1e-6
        self.assertAlmostEqual((forward(*moved) - before) / 1e-6, gradient[place], places=5)

    def test_convolution(self):
        import numpy as np

        rng = np.random.RandomState(2)
        A, W, b, dZ = rng.randn(2, 4, 5, 2), rng.randn(3, 3, 2, 3), rng.randn(1, 1, 1, 3), rng.randn(2, 4, 5, 3)
        gradients = naive_loops.conv_backward(dZ, A, W, steps.PAD)
        for index, gradient in enumerate(gradients):
            self.check(lambda *given: (naive_loops.conv_forward(*given, steps.PAD)[0] * dZ).sum(), (A, W, b), index, gradient)

    def test_pooling(self):
        import numpy as np

        rng = np.random.RandomState(2)
        A, dA = rng.randn(2, 4, 6, 3), rng.randn(2, 2, 3, 3)
        (gradient,) = naive_loops.pool_backward(dA, A, steps.WINDOW)
        # At the largest entry, where the gradient is not 0.
        index = np.unravel_index(np.argmax(A), A.shape)
        self.assertNotEqual(gradient[index], 0)
        moved = A.copy()
        moved[index] += 1e-6
        change = naive_loops.pool_forward(moved, dA.shape, steps.WINDOW)[0] - naive_loops.pool_forward(A, dA.shape, steps.WINDOW)[0]
        self.assertAlmostEqual((change * dA).sum() / 1e-6, gradient[index], places=5)

    def test_sums_tell_orders_apart(self):
        import numpy as np

        a = np.arange(6.0).reshape(2, 3)
        with self.assertRaises(Failure):
            steps.same("a", "b", steps.summed_up([a]), steps.summed_up([a[::-1]]))


if __name__ == "__main__":
    unittest.main()
