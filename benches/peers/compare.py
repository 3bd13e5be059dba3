"""Measures Stepnet beside PyTorch and ONNX Runtime, and writes docs/performance.md.

    python3 benches/peers/compare.py [--threads 1,2] [--pairs 9] [--only NAMES] [--quick]

It makes a virtual environment under the target folder and installs the libraries there, builds the
benchmark, and lets the libraries take turns. See benches/peers/README.md.
"""

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

import environment
import measure
import report
from processes import Failure, ended

SCALING_LAYERS = ["vgg64", "vgg256"]
INSTRUCTIONS = ["best", "avx2"]


def arguments():
    parser = argparse.ArgumentParser(
        description="Measures Stepnet beside PyTorch and ONNX Runtime, and writes docs/performance.md.",
    )
    parser.add_argument("--threads", type=threads, default=[1, 2], metavar="N,N", help="numbers of threads [1,2]")
    parser.add_argument("--pairs", type=positive, help="interleaved pairs of each case [9; 3 with --quick]")
    parser.add_argument("--window", type=seconds, help="seconds of each measurement [0.3; 0.05 with --quick]")
    parser.add_argument("--only", type=words, default=[], metavar="NAMES",
                        help="cases with one of these words in their name, such as vgg64,step:")
    parser.add_argument("--quick", action="store_true",
                        help="a first look: few pairs, nothing compiled, written under the target folder")
    parser.add_argument("--keep", action="store_true", help="keep rows of the last run that this one does not measure")
    parser.add_argument("--isa", type=instructions, default=["best"], metavar="ISA,ISA",
                        help="instructions that all may use: best, avx2, or both in turn [best]")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--layers", type=Path, default=environment.ROOT / "crates/stepnet/benches/layers.json",
                        help="the convolution layers [crates/stepnet/benches/layers.json]")
    parser.add_argument("--venv", type=Path, help="the virtual environment [peers-venv in the target folder]")
    parser.add_argument("--output", type=Path, help="the page to write [docs/performance.md]")
    parser.add_argument("--render", action="store_true", help="write the page anew from the last run's results")
    return parser.parse_args()


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def threads(text):
    most = os.cpu_count() or 1
    numbers = sorted({positive(part) for part in text.split(",")})
    if numbers[-1] > most:
        raise argparse.ArgumentTypeError(f"{numbers[-1]} threads on a machine with {most} cores measure nothing")
    return numbers


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 60:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0.001 to 60")
    return value


def words(text):
    return [word for word in text.replace(",", " ").split() if word]


def instructions(text):
    names = list(dict.fromkeys(words(text)))
    if not names or any(name not in INSTRUCTIONS for name in names):
        raise argparse.ArgumentTypeError(f"{text} is not one of {', '.join(INSTRUCTIONS)}")
    return names


def read_results(path):
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{path}: there are no results of a run to go by: {error.strerror}") from None
    except ValueError as error:
        raise Failure(f"{path}: {error}") from None
    if not isinstance(results, dict) or results.get("format") != 2:
        raise Failure(f"{path}: not the results of a run of this version; measure anew")
    return results


def save(results, path):
    fresh = Path(f"{path}.new")
    fresh.write_text(json.dumps(results, indent=1), encoding="utf-8")
    fresh.replace(path)


def new_results(options, settings):
    why = "left out of this run" if environment.has_compiler() else "there is no C++ compiler here"
    command = sys.argv[1:]
    return {
        "format": 2,
        "commands": [shlex.join(["python3", "benches/peers/compare.py", *command])],
        "machine": {**environment.machine(), "Stepnet": f"commit {environment.commit()}"},
        "pairs": settings.pairs,
        "window": settings.window,
        "not_compiled_because": why,
        "runs": [],
        "scaling": {},
    }


def measure_run(session, run, done):
    """Measures all cases of one number of threads into `run`; `done` is told after each."""
    failed = False
    for name, peer in session.cases():
        label = f"{name}, {run['threads']} thread(s)"
        try:
            row = session.row(name, peer)
        except Failure as failure:
            if any(server.process.poll() is not None for server in session.servers):
                raise
            run["rows"][name] = {"error": str(failure)}
            print(f"{label}: {failure}", file=sys.stderr)
            failed = True
        else:
            run["rows"][name] = {**row, "compiled": session.settings.compiled}
            print(f"{label}: {report.fast(report.ratios(row)).replace('**', '')} times as fast as {peer}, {row['variant']}",
                  flush=True)
        done()
    return failed


def find_run(results, count, isa):
    """The run of so many threads, new where there is none."""
    for run in results["runs"]:
        if (run["threads"], run["isa"]) == (count, isa):
            return run
    run = {"threads": count, "isa": isa, "instruction_sets": {}, "rows": {}}
    results["runs"].append(run)
    results["runs"].sort(key=lambda run: (INSTRUCTIONS.index(run["isa"]), run["threads"]))
    return run


def measure_all(binary, python, options, settings, results, done):
    """Every number of threads, then the scaling; whether something could not be measured."""
    failed = False
    for isa in options.isa:
        for count in options.threads:
            session = measure.Session(binary, python, count, isa, settings)
            try:
                run = find_run(results, count, isa)
                run["instruction_sets"] = {server.name: server.about["instruction_set"] for server in session.servers}
                for peer in session.peers.values():
                    results["machine"].update(peer.about["versions"])
                failed |= measure_run(session, run, done)
                names = session.ours.about["names"]
            finally:
                session.close()
    if len(options.threads) > 1:
        few, many = options.threads[0], options.threads[-1]
        cases = [f"{which}:{layer}" for layer in SCALING_LAYERS for which in ("forward", "backward")]
        for name in cases:
            if name in names and measure.wanted(name, options.only):
                results["scaling"][name] = measure.scaling(binary, (few, many), settings, name)
                done()
    return failed


def run(options):
    if os.name != "posix":
        raise Failure("stopping and continuing processes takes Linux, macOS or the like")
    target = environment.target_folder()
    folder = target / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    # A quick look must not replace what took hours.
    raw = folder / ("quick.json" if options.quick else "results.json")
    page = options.output or (folder / "quick.md" if options.quick else environment.ROOT / "docs/performance.md")
    if options.render:
        report.write(read_results(raw), page)
        print(page)
        return 0
    if not options.layers.is_file():
        raise Failure(f"{options.layers}: there is no such file")
    # Not after hours of measuring.
    report.notes_of(page)
    compiled = not (options.quick or options.no_compile) and environment.has_compiler()
    settings = measure.Settings(
        pairs=options.pairs or (3 if options.quick else 9),
        window=options.window or (0.05 if options.quick else 0.3),
        compiled=compiled, only=options.only, layers=options.layers.resolve(), logs=folder,
    )
    results = new_results(options, settings)
    if options.keep:
        old = read_results(raw)
        results["runs"], results["scaling"] = old["runs"], old["scaling"]
        others = {old["machine"].get("Stepnet"), results["machine"]["Stepnet"]} - {None}
        results["machine"]["Stepnet"] = "; rows are also of ".join(sorted(others))
        results["commands"] = old["commands"] + [command for command in results["commands"] if command not in old["commands"]]
    python = environment.python_of(options.venv or target / "peers-venv")
    binary = environment.build()
    failed = measure_all(binary, python, options, settings, results, lambda: save(results, raw))
    if not any(run["rows"] for run in results["runs"]):
        raise Failure(f"no case has one of {', '.join(options.only)} in its name")
    report.write(results, page)
    print(f"{page}, from {raw}")
    return 1 if failed else 0


def main():
    return ended(lambda: run(arguments()))


if __name__ == "__main__":
    sys.exit(main())
