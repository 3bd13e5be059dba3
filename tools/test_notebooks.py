"""The comparison finds what differs, and nothing else: python -m unittest discover tools"""

import unittest

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from notebooks import FOLDER, compare, different_text, joined


def notebook(*outputs, tags=()):
    return new_notebook(cells=[new_markdown_cell("# A"), new_code_cell("x", outputs=list(outputs), metadata={"tags": list(tags)})])


def printed(text):
    return new_output("stream", name="stdout", text=text)


def shown(**data):
    return new_output("display_data", data={name.replace("_", "/"): value for name, value in data.items()})


class Comparison(unittest.TestCase):
    def test_numbers_may_differ_in_their_last_digits(self):
        self.assertIsNone(different_text("Z = 1.23456789 [1 2]", "Z = 1.23456788 [1 2]"))
        self.assertIsNone(different_text("[0.1  0.25]", "[0.10 0.25]"))
        self.assertIsNone(different_text("1e-17", "-2e-16"))
        self.assertIn("1.2346", different_text("Z = 1.2345", "Z = 1.2346"))
        self.assertIn("-1.5", different_text("Z = 1.5", "Z = -1.5"))
        self.assertIn("nan", different_text("Z = 1.5", "Z = nan"))

    def test_words_may_not(self):
        self.assertIn("maks", different_text("mask = 1", "maks = 1"))
        self.assertIn("prints 2", different_text("[1]", "[2]"))
        self.assertIsNotNone(different_text("1 2", "1 2 3"))

    def test_cells(self):
        same = notebook(printed("loss 0.5\n"))
        self.assertEqual(compare(same, notebook(printed("loss 0.5\n"))), [])
        self.assertIn("cell 2: prints 0.6", compare(same, notebook(printed("loss 0.6\n")))[0])
        self.assertIn("nothing", compare(same, notebook())[0])
        self.assertEqual(compare(notebook(printed("1 s"), tags=["not-compared"]), notebook(printed("2 s"))), [])

    def test_pictures_have_to_be_there(self):
        picture = notebook(shown(image_png="abc", text_plain="<Figure>"))
        self.assertEqual(compare(picture, notebook(shown(image_png="xyz", text_plain="<Figure at 1>"))), [])
        self.assertIn("text", compare(picture, notebook(shown(text_plain="<Figure>")))[0])
        self.assertIn("prints", compare(notebook(shown(text_plain="3")), notebook(shown(text_plain="4")))[0])

    def test_pieces_of_a_stream_are_one(self):
        self.assertEqual([output.text for output in joined([printed("a"), printed("b")])], ["ab"])


class Translations(unittest.TestCase):
    def test_the_code_is_that_of_the_english_notebook(self):
        translations = sorted(FOLDER.glob("*/*.ipynb"))
        self.assertGreaterEqual(len(translations), 3)
        for path in translations:
            own, english = (nbformat.read(file, as_version=4).cells for file in (path, FOLDER / path.name))
            self.assertEqual([cell.cell_type for cell in own], [cell.cell_type for cell in english], path)
            for cell, original in zip(own, english):
                if cell.cell_type == "code":
                    self.assertEqual(cell.source, original.source, path)
                else:
                    self.assertNotEqual(cell.source, original.source, path)


if __name__ == "__main__":
    unittest.main()
