"""Runs the notebooks and compares what they print with what is stored in them.

    python tools/notebooks.py check [NAME ...]     fails where an output is another
    python tools/notebooks.py write [NAME ...]     stores the outputs

Needs the package itself, nbclient, nbformat, ipykernel and matplotlib.

Those in folders named after languages are translations: their code must be that of the English ones, their text must not.

Each runs in a kernel of its own, in an empty folder, so that nothing but installed packages is there. Texts are compared
word for word, their numbers to 1e-6 of their size; of pictures and pages only that they are there. Cells with the tag
"not-compared" (times, results of training, which differ between processors in the last bits) only have to run.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
TOLERANCE = 1e-6
# What is smaller than this is rounding.
NOTHING = 1e-12
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
SECONDS = 300


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["check", "write"])
    parser.add_argument("names", nargs="*", help="parts of file names; all notebooks unless given")
    given = parser.parse_args()
    paths = [path for path in sorted(FOLDER.rglob("*.ipynb")) if chosen(path, given.names)]
    if not paths:
        sys.exit(f"no notebook in {FOLDER.name}/ is called like that")
    differences = 0
    for path in paths:
        name = path.relative_to(FOLDER)
        stored = nbformat.read(path, as_version=4)
        problems = [f"{name}, {problem}" for problem in untranslated(path, stored)]
        try:
            ran = run(stored)
        except CellExecutionError as error:
            problems += [f"{name}: a cell fails: {str(error).strip().splitlines()[-1]}"]
        else:
            if given.action == "write":
                nbformat.write(ran, path)
                print(f"{name}: written")
                continue
            problems += [f"{name}, {problem}" for problem in compare(stored, ran)]
        differences += len(problems)
        print("\n".join(problems) or f"{name}: as stored")
    sys.exit(1 if differences else 0)


def chosen(path, names):
    return not names or any(name in str(path.relative_to(FOLDER)) for name in names)


def untranslated(path, notebook):
    """Where a translation has other cells or code than its original, or the same text."""
    if path.parent == FOLDER:
        return []
    original = nbformat.read(FOLDER / path.name, as_version=4)
    if [cell.cell_type for cell in original.cells] != [cell.cell_type for cell in notebook.cells]:
        return [f"has other cells than {path.name} in English"]
    problems = []
    for number, (english, cell) in enumerate(zip(original.cells, notebook.cells), 1):
        same = english.source == cell.source
        if cell.cell_type == "code" and not same:
            problems.append(f"cell {number}: has other code than in English")
        if cell.cell_type == "markdown" and same:
            problems.append(f"cell {number}: is not translated")
    return problems


def run(notebook):
    """The notebook with new outputs and nothing that changes from run to run."""
    notebook = nbformat.from_dict(notebook)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=resources).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    return notebook


def joined(outputs):
    """Outputs with the pieces of a stream as one: where they are cut is chance."""
    whole = []
    for output in outputs:
        before = whole[-1] if whole else None
        if before and output.output_type == "stream" == before.output_type and output.name == before.name:
            before.text += output.text
        else:
            whole.append(output)
    return whole


def compare(stored, ran):
    """What differs, a line each."""
    problems = []
    for number, (old, new) in enumerate(zip(stored.cells, ran.cells), 1):
        if old.cell_type != "code" or "not-compared" in old.metadata.get("tags", []):
            continue
        problem = different(old.outputs, new.outputs)
        if problem:
            problems.append(f"cell {number}: {problem}")
    return problems


def different(old, new):
    """How the outputs of a cell differ; None if they do not."""
    kinds = [[kind(output) for output in outputs] for outputs in (old, new)]
    if kinds[0] != kinds[1]:
        return f"gives {kinds[1] or 'nothing'}, stored is {kinds[0] or 'nothing'}"
    for one, other in zip(old, new):
        problem = different_text(text(one), text(other))
        if problem:
            return problem
    return None


def kind(output):
    if output.output_type == "stream":
        return output.name
    return sorted(name for name in output.get("data", {}) if name != "text/plain") or "text"


def text(output):
    """What is compared of an output; of pictures and pages nothing."""
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return data.get("text/plain", "") if set(data) == {"text/plain"} else ""


def different_text(old, new):
    words = [NUMBER.split(value) for value in (old, new)]
    numbers = [NUMBER.findall(value) for value in (old, new)]
    # How wide a number is printed moves the spaces beside it.
    if [" ".join(part.split()) for part in words[0]] != [" ".join(part.split()) for part in words[1]]:
        lines = zip(old.splitlines(), new.splitlines())
        first = next((pair for pair in lines if pair[0] != pair[1]), (old[-60:], new[-60:]))
        return f"prints {first[1]!r}, stored is {first[0]!r}"
    for one, other in zip(*numbers):
        a, b = float(one), float(other)
        if abs(a - b) > TOLERANCE * max(abs(a), abs(b)) + NOTHING:
            return f"prints {other}, stored is {one}"
    return None


if __name__ == "__main__":
    main()
