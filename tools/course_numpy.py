"""Times the course's follow-up experiments in plain numpy, to hold `stepnet verify-course` against.

    python3 tools/course_numpy.py [--data DIR] [--only NAME] [--stepnet target/release/stepnet] [--rounds N]

Needs numpy, and h5py for the cat pictures. The code is written the way the notebooks ask for it:
vectorised over the examples, a column an example, parameters and gradients in dictionaries. The
last cost of each run is printed so that it can be compared; the timing leaves out making or
reading the data.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def flower():
    np.random.seed(1)
    points, labels = [], []
    for j in range(2):
        angle = np.linspace(j * 3.12, (j + 1) * 3.12, 200) + np.random.randn(200) * 0.2
        radius = 4 * np.sin(4 * angle) + np.random.randn(200) * 0.2
        points.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)]))
        labels.append(np.full((1, 200), j))
    return np.concatenate(points, 1), np.concatenate(labels, 1)


def shuffled(points, labels, noise):
    order = np.arange(len(labels))
    np.random.shuffle(order)
    points = points[order] + np.random.normal(scale=noise, size=points.shape)
    return points.T.copy(), labels[order].reshape(1, -1)


def circles():
    np.random.seed(1)
    angle = np.linspace(0, 2 * np.pi, 150, endpoint=False)
    outer = np.stack([np.cos(angle), np.sin(angle)], 1)
    return shuffled(np.concatenate([outer, 0.8 * outer]), np.repeat([0, 1], 150), 0.05)


def moons():
    np.random.seed(3)
    angle = np.linspace(0, np.pi, 150)
    outer = np.stack([np.cos(angle), np.sin(angle)], 1)
    inner = np.stack([1 - np.cos(angle), 1 - np.sin(angle) - 0.5], 1)
    return shuffled(np.concatenate([outer, inner]), np.repeat([0, 1], 150), 0.2)


def find(folders, name):
    for folder in folders:
        for path in sorted(Path(folder).rglob(name)):
            return path
    return None


def regularization(folders):
    path = find(folders, "regularization.npz")
    if path is None:
        return None
    arrays = np.load(path)
    return arrays["train_x"], arrays["train_y"]


def cats(folders):
    path = find(folders, "train_catvnoncat.h5")
    if path is None:
        return None
    import h5py

    with h5py.File(path) as file:
        x, y = file["train_set_x"][:], file["train_set_y"][:]
    return x.reshape(len(x), -1).T / 255.0, y.reshape(1, -1)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def initial(sizes, seed, scale):
    if seed is not None:
        np.random.seed(seed)
    parameters = {}
    for layer, (before, units) in enumerate(zip(sizes, sizes[1:]), 1):
        if seed is None:
            parameters[f"W{layer}"] = np.zeros((units, before))
        else:
            parameters[f"W{layer}"] = np.random.randn(units, before) * scale(before)
        parameters[f"b{layer}"] = np.zeros((units, 1))
    return parameters


def forward(x, parameters, layers, hidden):
    a = [x]
    for layer in range(1, layers + 1):
        z = np.dot(parameters[f"W{layer}"], a[-1]) + parameters[f"b{layer}"]
        if layer == layers:
            a.append(sigmoid(z))
        else:
            a.append(np.tanh(z) if hidden == "tanh" else np.maximum(0, z))
    return a


def cost_of(output, y):
    losses = np.multiply(-np.log(output), y) + np.multiply(-np.log(1 - output), 1 - y)
    return np.sum(losses)


def backward(a, y, parameters, layers, hidden, l2):
    m = y.shape[1]
    gradients = {}
    dz = a[-1] - y
    for layer in range(layers, 0, -1):
        gradients[f"W{layer}"] = np.dot(dz, a[layer - 1].T) / m
        if l2:
            gradients[f"W{layer}"] += l2 / m * parameters[f"W{layer}"]
        gradients[f"b{layer}"] = np.sum(dz, axis=1, keepdims=True) / m
        if layer > 1:
            da = np.dot(parameters[f"W{layer}"].T, dz)
            below = a[layer - 1]
            dz = da * (1 - np.power(below, 2)) if hidden == "tanh" else da * (below > 0)
    return gradients


def update(parameters, gradients, rate, rule, state):
    for name, gradient in gradients.items():
        if rule == "momentum":
            state[name] = 0.9 * state.get(name, 0) + 0.1 * gradient
            gradient = state[name]
        elif rule == "adam":
            v, s, t = state.get(name, (0, 0, 0))
            t += 1
            v = 0.9 * v + 0.1 * gradient
            s = 0.999 * s + 0.001 * np.power(gradient, 2)
            state[name] = v, s, t
            gradient = v / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        parameters[name] = parameters[name] - rate * gradient


def train(data, sizes, seed, scale, rate, steps, hidden="relu", rule="gd", l2=0, batch=None, decay=None):
    x, y = data
    m, layers = y.shape[1], len(sizes) - 1
    parameters, state, base = initial(sizes, seed, scale), {}, rate
    cost = 0.0
    for step in range(steps):
        if batch is None:
            batches = [(x, y)]
        else:
            np.random.seed(11 + step)
            order = np.random.permutation(m)
            sx, sy = x[:, order], y[:, order]
            batches = [(sx[:, k : k + batch], sy[:, k : k + batch]) for k in range(0, m, batch)]
        total = 0.0
        for bx, by in batches:
            a = forward(bx, parameters, layers, hidden)
            total += cost_of(a[-1], by)
            gradients = backward(a, by, parameters, layers, hidden, l2)
            update(parameters, gradients, rate, rule, state)
        cost = total / m
        if decay is not None:
            rate = base / (1 + step // decay)
    return cost


def he(before):
    return np.sqrt(2 / before)


def fan_in(before):
    return 1 / np.sqrt(before)


def small(_):
    return 0.01


def experiments(folders):
    moon, cat, field = moons(), cats(folders), regularization(folders)
    mini = dict(sizes=[2, 5, 2, 1], seed=3, scale=he, steps=5000, batch=64)
    yield "cat_logistic", cat, dict(sizes=[12288, 1], seed=None, scale=None, rate=0.005, steps=2000)
    yield "cat_two_layer", cat, dict(sizes=[12288, 7, 1], seed=1, scale=small, rate=0.0075, steps=2500)
    yield "cat_l_layer", cat, dict(sizes=[12288, 20, 7, 5, 1], seed=1, scale=fan_in, rate=0.0075, steps=1000)
    planar = dict(seed=2, scale=small, rate=1.2, hidden="tanh")
    yield "planar_4", flower(), dict(sizes=[2, 4, 1], steps=10000, **planar)
    for units in (1, 2, 4):
        yield f"planar_sweep_{units}", flower(), dict(sizes=[2, units, 1], steps=5000, **planar)
    yield "init_zeros", circles(), dict(sizes=[2, 10, 5, 1], seed=None, scale=None, rate=0.01, steps=15000)
    yield "init_he", circles(), dict(sizes=[2, 10, 5, 1], seed=3, scale=he, rate=0.01, steps=15000)
    deep = dict(sizes=[2, 20, 3, 1], seed=3, scale=fan_in, rate=0.3, steps=30000)
    yield "reg_none", field, deep
    yield "reg_l2", field, dict(l2=0.7, **deep)
    yield "opt_gd", moon, dict(rate=0.0007, **mini)
    yield "opt_adam", moon, dict(rate=0.0007, rule="adam", **mini)
    yield "opt_gd_decay_each", moon, dict(rate=0.1, decay=1, **mini)
    yield "opt_gd_decay_fixed", moon, dict(rate=0.1, decay=1000, **mini)
    yield "opt_momentum_decay_fixed", moon, dict(rate=0.1, decay=1000, rule="momentum", **mini)


def seconds_of_stepnet(binary, name, folders):
    command = [binary, "verify-course", "--only", name, "--json"]
    for folder in folders:
        command += ["--data", folder]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return report["runs"][0]["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", action="append", default=[], help="a folder with the files that may not be shipped")
    parser.add_argument("--only", help="one experiment")
    parser.add_argument("--stepnet", help="the command to compare with, run in turns with numpy")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the best counts")
    options = parser.parse_args()
    print(f"numpy {np.__version__}, {os.cpu_count()} cores; seconds, the best of {options.rounds} in turns\n")
    print("| experiment | numpy | stepnet | times as fast | last cost in numpy |\n| --- | --- | --- | --- | --- |")
    for name, data, settings in experiments(options.data):
        if options.only not in (None, name):
            continue
        if data is None:
            print(f"{name}: no data", file=sys.stderr)
            continue
        theirs, ours, cost = [], [], None
        for _ in range(options.rounds):
            start = time.perf_counter()
            cost = train(data, **settings)
            theirs.append(time.perf_counter() - start)
            if options.stepnet:
                ours.append(seconds_of_stepnet(options.stepnet, name, options.data))
        own, ratio = (f"{min(ours):.3f}", f"{min(theirs) / min(ours):.1f}") if ours else ("", "")
        print(f"| {name} | {min(theirs):.3f} | {own} | {ratio} | {cost:.12f} |", flush=True)


main()
