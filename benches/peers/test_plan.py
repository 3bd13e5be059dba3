"""Tests of plan.py without a network."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))

import plan


class Report(unittest.TestCase):
    def test_errors_are_of_the_forecast(self):
        self.assertEqual(plan.line("1Gbit", 2, 11.0, 10.0), "| 1Gbit | 2 | 11.00 | 10.00 | +10 % |")
        rows = [("1Gbit", 1, 11.9, 10.0), ("1Gbit", 2, 12.1, 10.0), ("100Mbit", 2, 7.9, 10.0)]
        self.assertEqual(plan.wrong(rows), rows[1:])

    def test_an_epoch_is_timed_without_the_first_and_without_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            rates = [100, 500, 250, 200]
            lines = [f'{{"images_per_second": {rate}, "seconds": 99}}\n' for rate in rates]
            (folder / "metrics.jsonl").write_text("".join(lines))
            self.assertEqual(plan.trained(folder, 1000), 4.0)


class Skipping(unittest.TestCase):
    def test_what_is_missing_is_named(self):
        with mock.patch("os.geteuid", return_value=1000):
            self.assertIn("root", plan.missing())
        with mock.patch("os.geteuid", return_value=0), mock.patch("shutil.which", lambda name: None if name == "tc" else name):
            self.assertEqual(plan.missing(), "there is no tc")
        with mock.patch("os.geteuid", return_value=0), mock.patch("shutil.which", lambda name: name):
            self.assertIsNone(plan.missing())

    def test_the_second_machine_is_reached_by_the_agent(self):
        with tempfile.TemporaryDirectory() as folder:
            machines = plan.Machines(Path(folder))
            text = machines.agent.read_text()
            self.assertIn(f"ip netns exec {machines.names[1]} sh -c", text)
            self.assertTrue(all(len(card) < 16 for card in machines.cards))


if __name__ == "__main__":
    unittest.main()
