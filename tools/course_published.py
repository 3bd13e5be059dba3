"""Makes crates/stepnet-course/fixtures/course.json: the published numbers of the course's follow-up
experiments and their settings, from a fuller description of them.

    python3 tools/course_published.py DESCRIPTION.json > crates/stepnet-course/fixtures/course.json

Only facts are taken over: settings, printed texts, and the values, spreads and checksums of a
reference run. The experiments of older editions, whose numbers differ by a named switch, are
listed here.
"""

import json
import sys

DATA = {"flower.npz": "flower", "circles.npz": "circles", "moons.npz": "moons",
        "regularization.npz": "regularization", "cat": "cats"}
INIT = {"0.01 * randn(n, n_prev)": "0.01", "randn(n, n_prev) / sqrt(n_prev)": "fan-in",
        "randn(n, n_prev) * sqrt(2 / n_prev)": "he", "w and b all zeros": "zeros", "W and b all zeros": "zeros"}
RULE = {"gradient descent": "gd", "gradient descent with momentum": "momentum", "Adam": "adam"}
EVERY = {"cat_logistic": 100, "cat_two_layer": 100, "cat_l_layer": 100, "reg_none": 10000, "reg_l2": 10000}

# What widely copied editions print besides: experiment -> rows (at, what, text). `at` counts the
# updates or epochs done for accuracies. In which copies these stand is not known, so none is named.
PRINTED = {
    "cat_logistic": [(300, "cost", "0.376007"), (400, "cost", "0.331463"), (500, "cost", "0.303273"),
                     (600, "cost", "0.279880"), (700, "cost", "0.260042"), (800, "cost", "0.242941"),
                     (900, "cost", "0.228004"), (1100, "cost", "0.203078"), (1200, "cost", "0.192544"),
                     (1300, "cost", "0.183033"), (1400, "cost", "0.174399"), (1500, "cost", "0.166521"),
                     (1600, "cost", "0.159305"), (1700, "cost", "0.152667"), (1800, "cost", "0.146542"),
                     (1900, "cost", "0.140872"), (2000, "train accuracy in per cent", "99.04306220095694"),
                     (2000, "test accuracy in per cent", "70.0")],
    "cat_two_layer": [(at * 100, "cost", text) for at, text in enumerate(
        """0.6930497356599888 0.6464320953428849 0.6325140647912677 0.6015024920354665 0.5601966311605748
           0.515830477276473 0.4754901313943325 0.43391631512257495 0.4007977536203886 0.3580705011323798
           0.3394281538366413 0.30527536361962654 0.2749137728213016 0.24681768210614818 0.19850735037466094
           0.17448318112556663 0.17080762978096897 0.11306524562164719 0.09629426845937152 0.08342617959726863
           0.07439078704319081 0.06630748132267933 0.05919329501038171 0.05336140348560556
           0.048554785628770206""".split())] + [(2500, "test accuracy", "0.72")],
    "cat_l_layer": [(300, "cost", "0.611507"), (400, "cost", "0.567047"), (600, "cost", "0.527930"),
                    (700, "cost", "0.465477"), (800, "cost", "0.369126"), (900, "cost", "0.391747")],
    "planar_4": [(3000, "cost", "0.233864"), (4000, "cost", "0.226792"), (6000, "cost", "0.219731"),
                 (7000, "cost", "0.217504")],
    "planar_sweep_3": [(5000, "train accuracy in per cent", "90.75")],
    "planar_sweep_5": [(5000, "train accuracy in per cent", "91.25")],
    "init_zeros": [*((at * 1000, "cost", "0.6931471805599453") for at in range(15)), (15000, "train accuracy", "0.5"), (15000, "test accuracy", "0.5")],
    "init_he": [(at * 1000, "cost", text) for at, text in enumerate(
        """0.8830537463419761 0.6879825919728063 0.6751286264523371 0.6526117768893807 0.6082958970572938
           0.5304944491717495 0.4138645817071794 0.3117803464844441 0.23696215330322562 0.18597287209206836
           0.15015556280371817 0.12325079292273551 0.09917746546525934 0.08457055954024274
           0.07357895962677366""".split())] + [(15000, "train accuracy", "0.993333333333"), (15000, "test accuracy", "0.96")],
    "reg_none": [(20000, "cost", "0.13851642423255986"), (30000, "train accuracy", "0.947867298578"), (30000, "test accuracy", "0.915")],
    "reg_l2": [(20000, "cost", "0.2680916337127301"), (30000, "train accuracy", "0.938388625592"), (30000, "test accuracy", "0.93")],
    "opt_gd": [(2000, "cost", "0.635288"), (4000, "cost", "0.573367"),
               (5000, "train accuracy", "0.7166666666666667")],
    "opt_adam": [(2000, "cost", "0.141316"), (4000, "cost", "0.136066"),
                 (5000, "train accuracy", "0.9433333333333334")],
    "opt_gd_decay_each": [(2000, "cost", "0.658620"), (2000, "learning rate after", "0.000050"),
                          (4000, "learning rate after", "0.000025"), (4000, "cost", "0.655486"),
                          (5000, "train accuracy", "0.6533333333333333")],
    "opt_gd_decay_fixed": [(2000, "cost", "0.120304"), (2000, "learning rate after", "0.033333"),
                           (4000, "learning rate after", "0.020000"),
                           (5000, "train accuracy", "0.9433333333333334")],
    "opt_momentum_decay_fixed": [(2000, "cost", "0.125965"), (2000, "learning rate after", "0.033333"),
                                 (4000, "learning rate after", "0.020000"), (4000, "cost", "0.123218"),
                                 (5000, "train accuracy", "0.9533333333333334")],
}

# The gradient check without the planted faults and with one of them. Of the mended one the notebooks print the difference, which is
# the rounding of the cost: it depends on the order of sums from the third digit on. Those with one fault are a plain numpy run's.
CHECKED = [
    {"what": "difference when mended", "faults": [], "text": "1.18904178788e-07", "other_copies": ["1.1885552035482147e-07"],
     "value": 1.189041787877932e-07, "within": 1e-9},
    {"what": "difference with dW2 doubled", "faults": ["dW2"], "text": None, "value": 0.17344196848435312},
    {"what": "difference with db1 fourfold", "faults": ["db1"], "text": None, "value": 0.25442297145923304},
]

# Experiments of other editions: a base, the switches that differ, and what those editions print.
SECOND = [
    ("cat_two_layer", "scalar-db", {}, "Deep Neural Network - Application, other copies",
     [(100, "cost", "0.6464283150388817")]),
    ("cat_l_layer", "scalar-db", {}, "Deep Neural Network - Application, other copies",
     [(100, "cost", "0.673350")]),
    ("opt_gd", "last-batch", {"steps": 10000}, "Optimization methods, 2017 edition",
     [(at * 1000, "cost", text) for at, text in enumerate(
         "0.690736 0.685273 0.647072 0.619525 0.576584 0.607243 0.529403 0.460768 0.465586 0.464518".split())]
     + [(10000, "train accuracy", "0.796666666667")]),
    ("opt_gd", "last-batch", {"steps": 10000, "rule": "momentum", "id": "opt_momentum"},
     "Optimization methods, 2017 edition",
     [(at * 1000, "cost", text) for at, text in enumerate(
         "0.690741 0.685341 0.647145 0.619594 0.576665 0.607324 0.529476 0.460936 0.465780 0.464740".split())]
     + [(10000, "train accuracy", "0.796666666667")]),
    ("opt_gd", None, {"rule": "momentum", "id": "opt_momentum"}, "Optimization methods, 2021 edition (course 2, week 2)",
     [(at * 1000, "cost", text) for at, text in enumerate("0.702413 0.668167 0.635388 0.600591 0.573444".split())]
     + [(5000, "train accuracy", "0.7166666666666667")]),
    ("reg_none", "same-mask", {"dropout": {"keep": 0.86, "seed": 1}, "id": "reg_dropout"},
     "Regularization, 2017 and v2a (course 2, week 1)",
     [(0, "cost", "0.6543912405149825"), (10000, "cost", "0.061016986574905605"),
      (20000, "cost", "0.060582435798513114"), (30000, "train accuracy", "0.928909952607"),
      (30000, "test accuracy", "0.95")]),
]


def typed(source):
    """One experiment of the description in the form of our file."""
    steps = source.get("iterations", source.get("epochs"))
    mini = isinstance(source["batch"], dict)
    optimiser = source["optimiser"]
    schedule = source.get("schedule", {}).get("name")
    name = source["id"]
    return {
        "id": name, "notebook": source["notebook"], "copies": source["copies"],
        "data": DATA[source["data"]], "sizes": source["network"]["sizes"],
        "hidden": source["network"]["activations"][0] if len(source["network"]["activations"]) > 1 else "relu",
        "init": {"rule": INIT[source["init"]["formula"]], "seed": source["init"]["seed"] or 0},
        "rule": RULE[optimiser["name"]], "learning_rate": optimiser["learning_rate"],
        "decay_every": {None: None, "decay at every epoch": 1, "decay at fixed intervals": 1000}[schedule],
        "l2": 0.7 if name == "reg_l2" else 0.0,
        "batch": {"size": source["batch"]["size"], "seed": 10} if mini else None,
        "steps": steps, "print_every": EVERY.get(name, 1000),
        "init_check": source.get("init_check"), "trace": source.get("trace", []),
        "weights": arrays(source.get("final_weights") or source.get("weights")),
    }


def arrays(facts):
    """Facts by array, without the note of when they were taken: always after the last update."""
    return facts and {name: fact for name, fact in facts.items() if isinstance(fact, dict)}


def rows(source):
    out = []
    for row in source["published"]:
        at = row.get("iteration", row.get("epoch"))
        texts = [row["text"], *row.get("other_copies", [])]
        out.append({"at": at, "what": "cost", "texts": texts, "value": row["value"], "spread": row["spread"]})
        if "learning_rate_after" in row:
            rate = row["learning_rate_after"]
            out.append({"at": at, "what": "learning rate after", "texts": [rate["text"]],
                        "value": rate["value"], "spread": 0.0})
    return out


def extra(entries, known=()):
    return [{"at": at, "what": what, "texts": [text], "elsewhere": True} for at, what, text in entries if (at, what) not in known]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        description = json.load(file)
    sources = {source["id"]: source for source in description["experiments"]}
    assert sources["reg_l2"]["loss"].endswith("lambda = 0.7; the printed cost has both terms")
    experiments, bases = [], {}
    for name, source in sources.items():
        if name.startswith("gradcheck"):
            continue
        if name == "planar_sweep":
            experiments += sweep(source)
            continue
        entry = bases[name] = typed(source)
        published = rows(source)
        known = {(row["at"], row["what"]) for row in published}
        published += extra(PRINTED.get(name, []), known)
        entry["published"] = sorted(published, key=lambda row: (row["at"], row["what"]))
        experiments.append(entry)
    for base, switch, changes, notebook, printed in SECOND:
        entry = {**bases[base], "init_check": None, "trace": [], "weights": None, "notebook": notebook,
                 "copies": [], **changes, "published": extra(printed)}
        entry["id"] = changes.get("id", base) + (f"+{switch}" if switch else "")
        entry["switch"] = switch
        experiments.append(entry)
    data = {DATA[name]: {"columns": facts["arrays"]["train_x"]["shape"][1],
                         "sum": facts["arrays"]["train_x"]["sum"],
                         "first": facts["arrays"]["train_x"]["first_column"],
                         "labels": facts["arrays"]["train_y"]["sum"]}
            for name, facts in description["data"].items() if "arrays" in facts}
    checks = {"one": sources["gradcheck_1d"]["published"],
              "many": {key: sources["gradcheck_nd"][key] for key in
                       ("cost", "gradients_with_faults", "published", "spread")},
              "l2": {key: sources["reg_l2"]["unit_check"][key] for key in
                     ("output", "labels", "cross_entropy", "l2_term", "cost", "text", "other_copies")}}
    both = {"faults": ["dW2", "db1"]}
    checks["many"]["published"] = [number | both for number in checks["many"]["published"]] + CHECKED
    result = {"copies": description["copies"], "data": data, "experiments": experiments, "checks": checks}
    json.dump(result, sys.stdout, indent=1)
    print()


def sweep(source):
    for row in source["published"]:
        units = row["n_h"]
        entry = typed(source | {"init_check": row["init_check"], "final_weights": row["final_weights"]})
        entry |= {"id": f"planar_sweep_{units}", "sizes": [2, units, 1]}
        entry["published"] = [{"at": at, "what": "cost", "texts": [], "value": value, "spread": spread}
                              for at, value, spread in row["costs"]]
        entry["published"].append({"at": 5000, "what": "train accuracy in per cent", "texts": [row["text"]],
                                   "value": 100 * row["correct"] / row["of"], "spread": 0.0})
        yield entry
    for units in (3, 5):
        entry = typed(source) | {"id": f"planar_sweep_{units}", "sizes": [2, units, 1]}
        entry["published"] = extra(PRINTED[entry["id"]])
        yield entry


main()
