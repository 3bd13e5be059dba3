"""Tests of fit.py without the libraries."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import fit


def answers(*pairs):
    return [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in pairs]


class Report(unittest.TestCase):
    def test_ratios_are_of_pairs_with_the_best_variant(self):
        # Ratios 2, 3, 0.5; the medians' ratio would be 1.
        found = {
            "Stepnet": answers((1, 0.9), (2, 0.95), (4, 1.0)),
            "nchw-eager": answers((9, 0.5), (9, 0.5), (9, 0.5)),
            "channels_last-eager": answers((2, 0.8), (6, 0.9), (2, 0.7)),
        }
        expected = ["2", "2.00", "2.00", "channels last, eager", "**2.00** (0.50 to 3.00)", "95.00%", "80.00%"]
        self.assertEqual(fit.line(2, found), expected)


if __name__ == "__main__":
    unittest.main()
