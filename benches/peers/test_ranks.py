"""Tests of ranks.py, bandwidth.py and overlap.py without a launcher."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bandwidth
import overlap
import ranks


class Tables(unittest.TestCase):
    def test_two_ranks_are_compared_turn_by_turn(self):
        one, two = "1 process, 1 thread", "1 process, 2 threads"
        rates = {one: [10.0, 20.0, 10.0], two: [20.0, 40.0, 20.0], "2 ranks, 1 thread": [19.0, 38.0, 10.0]}
        found = {way: (text, ratio) for text, way, ratio in ranks.lines("lenet5", rates)}
        self.assertEqual(found[one], ("lenet5 | 1 process, 1 thread | 10 | 1.90", 1.9))
        self.assertEqual(found[two][1], 0.95)

    def test_bandwidths_are_compared_with_that_of_mpi(self):
        row = {"ranks": 2, "values": 1_000_000, "exact": 0.004, "fast": 0.002, "mpi": 0.001}
        self.assertEqual(bandwidth.line("mpirun", row), "| mpirun | 2 | 1,000,000 | 4.000 | 1.000 (0.25) | 2.000 (0.50) |")

    def test_what_is_hidden_is_what_a_step_takes_less_than_its_parts(self):
        self.assertEqual(overlap.line("1Gbit", 0.010, 0.004, 0.011), "| 1Gbit | 10.00 | 4.00 | 11.00 | 3.00 | 75 % |")


class Data(unittest.TestCase):
    def test_pictures_have_the_sizes_of_the_networks(self):
        with tempfile.TemporaryDirectory() as folder:
            digits = ranks.write_pictures("lenet5", 20, Path(folder) / "digits")
            self.assertEqual((digits / "train-images-idx3-ubyte").stat().st_size, 16 + 20 * 28 * 28)
            self.assertEqual((digits / "train-labels-idx1-ubyte").stat().st_size, 8 + 20)
            colours = ranks.write_pictures("resnet20", 20, Path(folder) / "colours")
            self.assertEqual((colours / "data_batch_1.bin").stat().st_size, 20 * 3073)


class Skipping(unittest.TestCase):
    def test_a_missing_launcher_is_named(self):
        said = io.StringIO()
        with mock.patch("shutil.which", lambda _: None), mock.patch("sys.argv", ["ranks.py"]), contextlib.redirect_stdout(said):
            self.assertEqual(ranks.main(), 0)
        self.assertIn("skipped: there is no mpirun", said.getvalue())


if __name__ == "__main__":
    unittest.main()
