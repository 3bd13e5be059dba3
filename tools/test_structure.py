"""Tests of check_structure.py."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import check_structure


class LengthsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def lengths(self, name, text):
        """What is printed of a file, and how much of it is wrong."""
        file = self.root / name
        file.write_text(text)
        lengths = check_structure.Lengths(self.root)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            lengths.python(file) if name.endswith(".py") else lengths.shell(file)
        return printed.getvalue().split("\n")[:-1], lengths.wrong

    def test_files_of_the_most_lines_are_right_and_longer_ones_wrong(self):
        for name in ("a.py", "a.sh"):
            self.assertEqual(self.lengths(name, "x=1\n" * 400), ([], 0))
            self.assertEqual(self.lengths(name, "x=1\n" * 401), ([f"    401 lines: {name}"], 1))

    def test_functions_are_measured_without_their_documentation(self):
        documented = "def f():\n" + '    """' + "a\n" * 20 + '    """\n'
        self.assertEqual(self.lengths("a.py", documented + "    x = 1\n" * 79), ([], 0))
        self.assertEqual(self.lengths("a.py", documented + "    x = 1\n" * 80), (["    function of 81 lines: f in a.py"], 1))
        self.assertEqual(self.lengths("a.sh", "f() {\n" + "x=1\n" * 78 + "}\n"), ([], 0))
        self.assertEqual(self.lengths("a.sh", "f() {\n" + "x=1\n" * 79 + "}\n"), (["    function of 81 lines: f in a.sh"], 1))


if __name__ == "__main__":
    unittest.main()
