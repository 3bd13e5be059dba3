"""Tests of what can be tested without the libraries: python3 -m unittest discover benches/peers"""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import measure
import networks
import report
from processes import Failure, Server


def row(ours, theirs, **more):
    return {
        "peer": "PyTorch", "variant": "channels_last,eager", "ours_ms": ours, "theirs_ms": theirs,
        "failed": {}, "gflop": 1.0, "examples": 64, "peak_gflops": 100.0, **more,
    }


def results(rows, **more):
    run = {"threads": 1, "isa": "best", "instruction_sets": {"Stepnet": "AVX2"}, "rows": rows}
    return {
        "format": 2, "commands": ["python3 benches/peers/compare.py"], "machine": {"Cores": "2"}, "pairs": 3,
        "window": 0.3, "not_compiled_because": "", "runs": [run],
        "scaling": {}, **more,
    }


class Ratios(unittest.TestCase):
    def test_the_median_of_pair_ratios_is_not_the_ratio_of_medians(self):
        # Ratios 2, 0.5, 4; the medians' ratio would be 4 / 4.
        self.assertEqual(report.fast(report.ratios(row([2, 8, 4], [4, 4, 16]))), "**2.00** (0.50 to 4.00)")

    def test_geometric_mean(self):
        self.assertAlmostEqual(report.geometric_mean([row([1], [4]), row([1], [1])]), 2.0)


class Page(unittest.TestCase):
    def test_rows_land_in_their_tables(self):
        page = report.page(results({
            "forward:vgg64": row([20.0] * 9, [10.0] * 9),
            "backward:vgg64": row([10.0] * 9, [30.0] * 9),
            "step:lenet5": row([2.0] * 9, [4.0] * 9, memory=[10 * 2**20, 40 * 2**20]),
            "step:cat-cnn": row([2.0] * 9, [4.0] * 9, memory=[None, 40 * 2**20]),
            "infer:lenet5": row([0.02] * 9, [0.05] * 9, peer="ONNX Runtime", variant="bound", examples=1),
        }), "notes\n")
        self.assertIn("| vgg64 | **0.50** (0.50 to 0.50) | 50.0 | 100.0 | 50 % | 100 % | channels last, eager |", page)
        self.assertIn("| vgg64 | **3.00** (3.00 to 3.00) | 100.0 | 33.3 | 100 % | 33 % | channels last, eager |", page)
        self.assertIn("| lenet5 | **2.00** (2.00 to 2.00) | 32,000 | 16,000 | channels last, eager | 10 | 40 | **0.25** |", page)
        self.assertIn("| cat-cnn | **2.00** (2.00 to 2.00) | 32,000 | 16,000 | channels last, eager |  |  |  |", page)
        self.assertIn("| lenet5 | **2.50** (2.50 to 2.50) | 20.0 | 50.0 | bound |", page)
        self.assertIn("ratios of 9 such pairs", page)
        self.assertNotIn("quick look", page)

    def test_few_pairs_are_not_to_be_quoted(self):
        page = report.page(results({"forward:a": row([1.0] * 8, [1.0] * 8)}), "")
        self.assertIn("take at least 9 pairs", page)

    def test_compiled_rows_are_told_from_others(self):
        def said(**compiled):
            rows = {f"step:{name}": row([1.0], [1.0], compiled=value) for name, value in compiled.items()}
            return report.modes(results(rows, not_compiled_because="no time"))
        self.assertEqual(said(a=True, b=True), "eager and compiled")
        self.assertEqual(said(a=False, b=False), "eager and not compiled (no time)")
        self.assertEqual(said(a=True, b=False), "eager, and of step:a compiled too")

    def test_every_command_is_shown(self):
        page = report.page(results({}, commands=["one", "two --keep"]), "")
        self.assertIn("\n    one\n    two --keep\n", page)

    def test_what_failed_is_said(self):
        rows = {"forward:a": {"error": "PyTorch: no"}, "forward:b": row([1.0], [1.0], failed={"nchw,compiled": "no c++"})}
        page = report.page(results(rows), "")
        self.assertIn("- forward:a: not measured: PyTorch: no", page)
        self.assertIn("- forward:b: without nchw,compiled: no c++", page)

    def test_scaling_is_few_threads_over_many(self):
        scaling = {"forward:vgg64": {"threads": [1, 2], "ms": [[40.0, 38.0], [20.0, 20.0]]}}
        page = report.page(results({}, scaling=scaling), "")
        self.assertIn("| forward vgg64 | 1 | 2 | 39.00 | 20.00 | **1.95** (1.90 to 2.00) |", page)

    def test_notes_stay(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "docs" / "performance.md"
            data = results({"forward:a": row([1.0], [1.0])})
            report.write(data, path)
            text = path.read_text(encoding="utf-8").replace("## What binds each layer", "## Bound\n\nload ports")
            path.write_text(text, encoding="utf-8")
            report.write(data, path)
            self.assertEqual(path.read_text(encoding="utf-8"), text)

    def test_a_page_without_markers_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "performance.md"
            path.write_text("mine", encoding="utf-8")
            with self.assertRaisesRegex(Failure, "markers of the notes are missing"):
                report.write(results({}), path)
            self.assertEqual(path.read_text(encoding="utf-8"), "mine")


class Environments(unittest.TestCase):
    def test_all_are_held_to_the_same_instructions(self):
        ours, theirs = measure.environments(2, "avx2")
        self.assertEqual(ours["STEPNET_ISA"], "avx2")
        self.assertEqual((theirs["ONEDNN_MAX_CPU_ISA"], theirs["OMP_NUM_THREADS"]), ("AVX2", "2"))
        ours, theirs = measure.environments(1, "best")
        self.assertEqual(ours.get("STEPNET_ISA"), os.environ.get("STEPNET_ISA"))
        self.assertNotIn("ONEDNN_MAX_CPU_ISA", set(theirs) - set(os.environ))


class Networks(unittest.TestCase):
    def test_same_padding_puts_the_odd_rest_behind(self):
        self.assertEqual([networks.same_pads(kernel) for kernel in (1, 2, 3, 4)], [(0, 0), (0, 1), (1, 1), (1, 2)])

    def count(self, layers, shape):
        """How many numbers some layers hold."""
        total = 0
        for number, (layer, shape) in enumerate(networks.sized_layers(layers, shape)):
            if layer[0] == "conv":
                bias = not networks.is_normalised(layers, number)
                total += layer[1] * (layer[2] ** 2 * shape[0] + bias)
            elif layer[0] == "bn":
                total += 4 * shape[0]
            elif layer[0] == "linear":
                total += layer[1] * (shape[0] + 1)
            elif layer[0] == "residual":
                total += self.count(layer[1], shape) + self.count(layer[2], shape)
        return total

    def test_parameters_are_those_of_the_presets(self):
        # LeNet-5 with 28x28 pictures and valid padding; the course's network; ResNet-20 with
        # projections, and with the running means and variances.
        for name, expected in [("lenet5", 44426), ("cat-cnn", 1310), ("resnet20", 272474 + 2 * 784)]:
            network = networks.NETWORKS[name]
            self.assertEqual(self.count(network["layers"], network["input"]), expected, name)

    def test_shapes_follow_strides_and_blocks(self):
        network = networks.NETWORKS["resnet20"]
        shapes = [shape for _, shape in networks.sized_layers(network["layers"], network["input"])]
        self.assertEqual(shapes[0], (3, 32, 32))
        self.assertEqual(shapes[-2:], [(64, 8, 8), (64,)])
        self.assertEqual(networks.output_shape(("conv", 5, 4, "same", 1), (2, 7, 6)), (5, 7, 6))

    def test_networks_that_differ_are_not_compared(self):
        measure.check_parameters("step:a", {"parameters": 5}, {"parameters": 5})
        with self.assertRaisesRegex(Failure, "step:a: the networks differ: 5 parameters and 6"):
            measure.check_parameters("step:a", {"parameters": 5}, {"parameters": 6})


class Processes(unittest.TestCase):
    PROGRAM = (
        "import sys, json\n"
        "print('a library says hello')\n"
        "print(json.dumps({'ready': True}), flush=True)\n"
        "for line in sys.stdin:\n"
        "    if 'die' in line: sys.exit('no such luck')\n"
        "    answer = {'error': 'bad name'} if 'bad' in line else {'line': line.split()}\n"
        "    print(json.dumps(answer), flush=True)\n"
    )

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        log = Path(self.folder.name) / "log"
        self.server = Server("Peer", [sys.executable, "-c", self.PROGRAM], None, log)

    def tearDown(self):
        self.server.close()
        self.folder.cleanup()

    def test_answers_errors_and_ends(self):
        self.assertEqual(self.server.ask("forward:a", 0.5), {"line": ["forward:a", "0.5"]})
        with self.assertRaisesRegex(Failure, "^Peer: bad: bad name$"):
            self.server.ask("bad")
        self.assertEqual(self.server.ask("again")["line"], ["again"])
        with self.assertRaisesRegex(Failure, "^Peer ended: no such luck"):
            self.server.ask("die")

    @unittest.skipUnless(Path("/proc/self/status").exists(), "needs /proc")
    def test_memory_is_that_of_a_fresh_process(self):
        self.server.ask("a")
        more = "ballast = bytearray(b'x') * (64 << 20)\n"
        self.server.command = [sys.executable, "-c", more + self.PROGRAM]
        self.assertGreater(measure.memory_of(self.server, "a"), self.server.peak_memory() + (48 << 20))

    @unittest.skipUnless(Path("/proc/self/stat").exists(), "needs /proc")
    def test_it_is_stopped_between_questions(self):
        self.server.ask("a")
        deadline = 200
        while deadline:
            state = Path(f"/proc/{self.server.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
            if state == "T":
                return
            deadline -= 1
        self.fail(f"its state is {state}")


if __name__ == "__main__":
    unittest.main()
