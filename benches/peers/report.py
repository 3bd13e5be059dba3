"""The results as a page of Markdown."""

import statistics
from pathlib import Path

from processes import Failure

NOTES_BEGIN = "<!-- notes: begin (written by hand; kept when the page is written anew) -->"
NOTES_END = "<!-- notes: end -->"
FEWEST_PAIRS = 9

INTRODUCTION = """\
# Performance beside other libraries

How fast Stepnet's convolution layers, whole training steps and single predictions are on the CPU,
in `f32`, beside PyTorch and ONNX Runtime. This page is written by

{commands}

Each library runs in a process of its own, of which only one runs at a time (the others are
stopped), with the same number of threads. A measurement is the best of the batches of calls that
fit into {window:g} s. Ours and theirs take turns; **a figure "times as fast" is the median of the
ratios of {pairs} such pairs, with their least and greatest in brackets**; above 1 Stepnet is
faster. PyTorch runs in both layouts (NCHW and channels last), {modes}, and the best of these counts
in each row. Stepnet's times include packing, padding and transforms. GFLOP/s count the direct method's operations, two for
a multiply-add, whatever the method; the peak is what Stepnet's own instruction set, named in each
section, reached in the same minute in multiplications and additions alone.
"""


def ratios(row):
    """Their time over ours, pair by pair."""
    return [theirs / ours for ours, theirs in zip(row["ours_ms"], row["theirs_ms"])]


def fast(values):
    """The median of ratios with their range."""
    return f"**{statistics.median(values):.2f}** ({min(values):.2f} to {max(values):.2f})"


def table(heading, rows):
    """A table of Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def geometric_mean(rows):
    """Of the rows' median ratios."""
    return statistics.geometric_mean(statistics.median(ratios(row)) for row in rows)


def pick(rows, kind):
    """The rows of one kind, by the name behind the colon."""
    chosen = {}
    for name, row in rows.items():
        which, _, rest = name.partition(":")
        if which == kind and "error" not in row:
            chosen[rest] = row
    return chosen


def layers(rows):
    """A table of each pass over the layers."""
    titles = {
        "forward": "### Layers forward",
        "backward": "### Layers backward\n\nThe gradients of input, weights and bias together.",
    }
    heading = ["layer", "times as fast", "GFLOP/s, ours", "theirs", "of the peak, ours", "theirs", "their best"]
    parts = []
    for which, title in titles.items():
        chosen = pick(rows, which)
        if not chosen:
            continue
        lines = [[name, *layer_cells(row)] for name, row in chosen.items()]
        lines.append(["geometric mean", f"**{geometric_mean(chosen.values()):.2f}**", "", "", "", "", ""])
        parts.append(f"{title}\n\n{table(heading, lines)}")
    return "\n\n".join(parts)


def layer_cells(row):
    """Ratio, speeds, shares of the peak, and the peer's best variant."""
    rates = [row["gflop"] / (statistics.median(row[f"{who}_ms"]) / 1e3) for who in ("ours", "theirs")]
    shares = [f"{100 * rate / row['peak_gflops']:.0f} %" for rate in rates]
    return [fast(ratios(row)), *(f"{rate:.1f}" for rate in rates), *shares, spoken(row)]


def memory_cells(row):
    """Peak memory in MiB, ours and theirs, and what share ours is of theirs."""
    memory = row.get("memory") or [None, None]
    if None in memory:
        return ["", "", ""]
    ours, theirs = memory
    return [*(f"{size / 2**20:,.0f}" for size in memory), f"**{ours / theirs:.2f}**"]


def spoken(row):
    """The best variant in words."""
    return row["variant"].replace("_", " ").replace("nchw", "NCHW").replace(",", ", ")


def networks(rows):
    """Training steps and predictions."""
    parts = []
    steps = [
        [name, fast(ratios(row)), *(f"{1e3 * row['examples'] / statistics.median(row[f'{who}_ms']):,.0f}"
                                    for who in ("ours", "theirs")), spoken(row), *memory_cells(row)]
        for name, row in pick(rows, "step").items()
    ]
    if steps:
        heading = ["network", "times as fast", "images/s, ours", "images/s, PyTorch", "its best", "peak memory, MiB, ours",
                   "PyTorch", "share"]
        title = (
            "### Training steps\n\nForward, loss, backward, SGD with momentum; 64 pictures a step, 128 for resnet20.\n"
            "Memory is that of a process which does nothing but the row's steps, its libraries included.\n\n"
        )
        parts.append(title + table(heading, steps))
    predictions = [
        [name, fast(ratios(row)), *(f"{1e3 * statistics.median(row[f'{who}_ms']):.1f}" for who in ("ours", "theirs")),
         spoken(row)]
        for name, row in pick(rows, "infer").items()
    ]
    if predictions:
        heading = ["network", "times as fast", "microseconds, ours", "microseconds, ONNX Runtime", "its best"]
        parts.append("### Predictions of one picture\n\n" + table(heading, predictions))
    return "\n\n".join(parts)


def scaling(results):
    """One thread against more."""
    lines = []
    for name, row in results.get("scaling", {}).items():
        few, many = row["ms"]
        speedup = [a / b for a, b in zip(few, many)]
        cells = [f"{statistics.median(ms):.2f}" for ms in (few, many)]
        lines.append([name.replace(":", " "), *map(str, row["threads"]), *cells, fast(speedup)])
    if not lines:
        return ""
    heading = ["case", "threads", "against", "ms", "ms", "times as fast"]
    return "## More threads\n\nStepnet against itself, both processes taking turns.\n\n" + table(heading, lines)


def failures(rows):
    """What could not be measured, and why."""
    lines = [f"- {name}: not measured: {row['error']}" for name, row in rows.items() if "error" in row]
    for name, row in rows.items():
        lines += [f"- {name}: without {variant}: {why}" for variant, why in row.get("failed", {}).items()]
    return "\n".join(lines)


def run_title(run):
    threads = run["threads"]
    title = f"## {threads} thread{'s' if threads > 1 else ''}"
    return title + (", all held to AVX2" if run["isa"] == "avx2" else "")


def run_section(run):
    """The tables of one number of threads."""
    instructions = ", ".join(f"{name}: {isa}" for name, isa in run["instruction_sets"].items())
    peaks = [row["peak_gflops"] for row in run["rows"].values() if "error" not in row]
    text = f"Instruction sets: {instructions}."
    if peaks:
        text += f" Multiply-add peak: {min(peaks):.0f} to {max(peaks):.0f} GFLOP/s."
    if run["isa"] == "avx2":
        text += " ONNX Runtime has no setting for that, and chooses by itself."
    parts = [run_title(run), text, layers(run["rows"]), networks(run["rows"]), failures(run["rows"])]
    return "\n\n".join(part for part in parts if part)


def modes(results):
    """How PyTorch ran: which rows were measured compiled as well."""
    rows = [item for run in results["runs"] for item in run["rows"].items() if "compiled" in item[1]]
    compiled = dict.fromkeys(name for name, row in rows if row["compiled"])
    if not compiled:
        return f"eager and not compiled ({results['not_compiled_because']})"
    if all(row["compiled"] for _, row in rows):
        return "eager and compiled"
    return f"eager, and of {', '.join(compiled)} compiled too"


def page(results, notes):
    """The whole page."""
    rows = [row for run in results["runs"] for row in run["rows"].values() if "error" not in row]
    counts = [len(row["ours_ms"]) for row in rows] or [results["pairs"]]
    introduction = INTRODUCTION.format(
        commands="\n".join(f"    {command}" for command in results["commands"]), window=results["window"],
        modes=modes(results),
        pairs=min(counts) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}",
    )
    if min(counts) < FEWEST_PAIRS:
        introduction += f"\nThis was a quick look: figures to quote take at least {FEWEST_PAIRS} pairs.\n"
    facts = table(["", ""], [[key, value] for key, value in results["machine"].items()])
    parts = [introduction.rstrip(), "## The machine", facts]
    parts += [run_section(run) for run in results["runs"]]
    parts += [scaling(results), f"{NOTES_BEGIN}\n{notes}{NOTES_END}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def notes_of(path):
    """What was written by hand into a page; a page without its markers is not ours to write."""
    if not path.exists():
        return "\n## What binds each layer\n\n"
    old = path.read_text(encoding="utf-8")
    begin, end = old.find(NOTES_BEGIN), old.find(NOTES_END)
    if not 0 <= begin < end:
        raise Failure(f"{path}: not written anew, since the markers of the notes are missing: {NOTES_BEGIN}")
    return old[begin + len(NOTES_BEGIN):end].removeprefix("\n")


def write(results, path):
    """Writes the page and keeps what stands between its markers."""
    notes = notes_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(f"{path}.new")
    fresh.write_text(page(results, notes), encoding="utf-8")
    fresh.replace(path)
