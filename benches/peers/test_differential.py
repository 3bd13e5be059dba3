"""Tests of differential.py; those that compute are skipped where numpy, torch or the package are missing."""

import importlib.util
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import differential
import optimizers
import random_networks

MISSING = [name for name in ("numpy", "torch", "stepnet") if importlib.util.find_spec(name) is None]


def kinds(layers):
    """All kinds of a network's layers, those of residual blocks, scales and branches included."""
    for kind, _, *given in layers:
        yield kind
        inner = {"residual": given, "scale": given, "branch": given[0] if given else []}.get(kind, [])
        for layers in inner:
            yield from kinds(layers)


class Networks(unittest.TestCase):
    def test_every_kind_is_drawn_and_a_seed_draws_one_network(self):
        found, beyond = set(), 0
        for seed in range(300):
            drawn = random_networks.Writer(seed).network()
            self.assertEqual(drawn, random_networks.Writer(seed).network())
            found.update(kinds(drawn[1]))
            beyond += any(layer[0] == "conv" and layer[4][0] > layer[3][0] for layer in drawn[1])
        expected = {"conv", "maxpool", "avgpool", "globalavgpool", "bn", "layernorm", "groupnorm", "pad", "flatten", "linear"}
        expected |= {"residual", "branch", "scale", "globalmaxpool", *random_networks.RARE}
        self.assertEqual(found, expected | set(random_networks.ACTIVATIONS))
        self.assertGreater(beyond, 10)

    def test_layers_are_written_as_the_notation_has_them(self):
        body = [("conv", "c1x", 2, (3, 1), (1, 0, 2, 0), (1, 2), (1, 1), 1, False), ("leakyrelu", "a2x")]
        text = random_networks.written([("residual", "r3x", body, []), ("branch", "b4x", [body[1:], body[1:]])])
        conv = "c1x: conv(2, 3x1, padding=1/0/2/0, stride=1x2, dilation=1x1, groups=1, bias=false)"
        leaky = "a2x: leakyrelu(0.1)"
        pool = random_networks.written([("maxpool", "m5x", (3, 2), (0,) * 4, (2, 1), True)])
        self.assertEqual(pool, "m5x: maxpool(3x2, padding=0/0/0/0, stride=2x1, ceil_mode=true)")
        scale = random_networks.written([("scale", "s6x", body[1:])])
        self.assertEqual(scale, f"s6x: scale({leaky})")
        self.assertEqual(text, f"r3x: residual({conv} -> {leaky}) -> b4x: branch({leaky} | {leaky})")

    def test_sizes_after_windows(self):
        self.assertEqual(random_networks.slid((5, 6, 1), (3, 2), (1, 0, 0, 1), (2, 1), (1, 3), 7), (2, 4, 7))
        self.assertEqual(random_networks.slid((6, 5, 1), (3, 2), (0,) * 4, (2, 4), (1, 1), 7, ceil=True), (3, 2, 7))
        self.assertEqual(random_networks.slid((4, 6, 1), (1, 3), (0,) * 4, (2, 6), (1, 1), 7, ceil=True), (2, 1, 7))


class Rates(unittest.TestCase):
    def test_schedules_follow_their_documentation(self):
        rate = optimizers.rate
        self.assertEqual(rate("constant", 0.1, 3, 0.9), 0.1)
        self.assertEqual(rate("step(0.5, 2)", 0.1, 3, 0.9), 0.05)
        self.assertEqual(rate("decay(0.5)", 0.1, 3, 0.9), 0.05)
        self.assertEqual(rate("decay(0.5, 2)", 0.1, 3, 0.9), 0.1 / 1.5)
        self.assertAlmostEqual(rate("exponential(0.7)", 0.1, 2, 0.9), 0.049)
        self.assertAlmostEqual(rate("cosine", 0.1, 0, 0.025), 0.05)
        self.assertAlmostEqual(rate("one-cycle", 0.1, 0, 0.3), 0.1)
        self.assertAlmostEqual(rate("one-cycle(0.4, 10, 50)", 0.1, 0, 0.0), 0.01)
        self.assertAlmostEqual(rate("one-cycle(0.4, 10, 50)", 0.1, 3, 1.0), 0.0002)

    def test_a_warm_up_takes_the_place_of_the_schedules_own(self):
        rate = optimizers.rate
        self.assertAlmostEqual(rate("constant", 0.1, 0, 0.125, 0.5), 0.025)
        self.assertAlmostEqual(rate("step(0.5, 2)", 0.1, 2, 0.6, 0.5), 0.05)
        self.assertAlmostEqual(rate("exponential(0.5)", 0.1, 1, 0.25, 0.5), 0.025)
        self.assertAlmostEqual(rate("cosine", 0.1, 0, 0.0, 0), 0.1)
        self.assertAlmostEqual(rate("cosine", 0.1, 0, 0.75, 0.5), 0.05)
        self.assertAlmostEqual(rate("one-cycle", 0.1, 0, 0.5, 0.5), 0.1)

    def test_an_average_keeps_little_of_itself_at_first(self):
        self.assertEqual([optimizers.averaged(0.5, step) for step in (1, 8, 100)], [2 / 11, 0.5, 0.5])


class Report(unittest.TestCase):
    def result(self, error):
        return {
            "seed": 7, "isa": "avx2", "text": "relu", "shape": [3], "settings": {}, "moved": {},
            **{whose: {"loss": error} for whose in ("ours", "torch", "double")},
        }

    def test_a_table_has_median_99th_percentile_and_greatest(self):
        lines = differential.table([self.result(error / 100) for error in range(1, 201)])
        self.assertEqual(lines[2], "| loss | 200 |" + " 1.0e+00 2.0e+00 2.0e+00 |" * 3)
        self.assertEqual(len(lines), 3)

    def test_a_double_that_disagrees_is_named(self):
        self.assertEqual(differential.wrong([self.result(1e-10)]), [])
        self.assertEqual(differential.wrong([self.result(1e-8)]), ["seed 7 (avx2): loss differ by 1.0e-08: [3] relu {}"])
        self.assertEqual(len(differential.wrong([self.result(float("inf"))])), 1)

    def test_a_network_that_magnifies_rounding_may_differ_by_some_of_it(self):
        for error, lines in ((1e-8, 0), (3e-8, 1), (float("inf"), 1)):
            self.assertEqual(len(differential.wrong([{**self.result(error), "moved": {"loss": 2e-9}}])), lines)

    @unittest.skipIf("numpy" in MISSING, "needs numpy")
    def test_errors_are_in_units_of_the_largest_value(self):
        import numpy as np

        truth = {"loss": {"a": np.array([4.0, -8.0]), "b": np.array([1.0])}}
        found = {"loss": {"a": np.array([4.0, -8.0]), "b": np.array([2.0])}}
        self.assertEqual(differential.errors(found, truth), {"loss": 0.125})
        found["loss"]["b"] = np.array([float("nan")])
        self.assertEqual(differential.errors(found, truth), {"loss": float("inf")})


@unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
class Differential(unittest.TestCase):
    def test_networks_agree_in_float64(self):
        results = [{**differential.measured(seed, False), "isa": "best"} for seed in range(5)]
        self.assertEqual(differential.wrong(results), [])
        self.assertTrue(all(0 < result["ours"]["outputs"] < 1e-4 for result in results))


if __name__ == "__main__":
    unittest.main()
