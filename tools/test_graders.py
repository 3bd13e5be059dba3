"""The script that runs public graders, on graders written here."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("run_graders.py")

PLANAR = """
import numpy as np
from helpers import near

def layer_sizes_test(target):
    assert target(np.zeros((5, 3)), np.zeros((2, 3))) == (5, 4, 2)

def initialize_parameters_test(target):
    print("all well")
    near(target(2, 4, 1)["W1"][0, 0], -0.00416758)

def forward_propagation_test(target):
    assert target is None, "planted: " + target.__name__

def compute_cost_test(A2, Y):
    raise AssertionError

def nothing_test(target):
    pass
"""

HELPERS = "def near(found, wanted):\n    assert abs(found - wanted) < 1e-8\n"


class Graders(unittest.TestCase):
    def run_on(self, files, *options):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, SCRIPT, folder, *options], capture_output=True, text=True)
        rows = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith("    ")]
        return done, {row[1]: row[2] for row in rows if len(row) == 3}

    def test_each_grader_is_answered(self):
        done, rows = self.run_on({"W3/public_tests.py": PLANAR, "W3/helpers.py": HELPERS})
        self.assertEqual(rows["layer_sizes_test"], "passed")
        self.assertEqual(rows["initialize_parameters_test"], "passed")
        self.assertEqual(rows["forward_propagation_test"], "FAILED: AssertionError: planted: forward_propagation")
        self.assertEqual(rows["compute_cost_test"], "skipped: it takes values of the notebook (A2, Y)")
        self.assertEqual(rows["nothing_test"], "skipped: the module has no such function")
        self.assertIn("2 passed, 1 FAILED, 2 skipped", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_editions_differ(self):
        text = "def L_model_backward_test(target):\n    pass\ndef initialize_parameters_deep_test(target):\n    pass\n"
        text += "def compute_cost_test_1(target):\n    from stepnet import steps\n    assert steps.edition == '2017'\n"
        done, rows = self.run_on({"a/public_tests.py": text}, "--edition", "2017")
        self.assertEqual(rows["compute_cost_test_1"], "passed")
        self.assertEqual(done.returncode, 0)

    def test_what_cannot_run_is_said(self):
        done, _ = self.run_on({"public_tests.py": "import no_such_module\ndef iou_test(target):\n    pass\n"})
        self.assertIn("skipped: it needs no_such_module", done.stdout)
        self.assertEqual(done.returncode, 2)
        done, _ = self.run_on({"public_tests.py": "def iou_test(target):\n    while True: pass\n"}, "--seconds", "20")
        self.assertIn("FAILED: it did not end in 20 s", done.stdout)
        done, _ = self.run_on({"other.py": ""})
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no file public_tests.py", done.stderr)


if __name__ == "__main__":
    unittest.main()
