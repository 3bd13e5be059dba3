"""The functions of the course's notebooks against numpy: the notebooks' formulas, written down again here, on random input."""

import numpy as np
import pytest

from stepnet import course, steps

ENGINES = ["fast", "loops"]


@pytest.fixture(autouse=True)
def default_afterwards():
    yield
    steps.set_edition("2021")


def same(found, expected, bound=1e-12):
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for name in expected:
            same(found[name], expected[name], bound)
        return
    assert np.shape(found) == np.shape(expected)
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=bound, atol=bound * scale)


def logistic(z):
    return 1 / (1 + np.exp(-z))


def entropy(A, Y):
    return -(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def data(features, m, seed=3):
    rng = np.random.RandomState(seed)
    return rng.randn(features, m), (rng.rand(1, m) > 0.4).astype(np.int64)


def layers(*sizes, seed=5):
    rng = np.random.RandomState(seed)
    parameters = {}
    for layer, (before, units) in enumerate(zip(sizes, sizes[1:]), 1):
        parameters[f"W{layer}"], parameters[f"b{layer}"] = rng.randn(units, before) / 2, rng.randn(units, 1) / 2
    return parameters


# Sizes on both sides of where the kernels begin.
SIZES = [(2, 5), (2, 400), (40, 300)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("features, m", SIZES)
def test_logistic_regression(features, m, engine):
    X, Y = data(features, m)
    w, b = np.random.RandomState(1).randn(features, 1) / features, 0.3
    A = logistic(w.T @ X + b)
    grads, cost = course.logistic_regression.propagate(w, b, X, Y, engine=engine)
    same(grads, {"dw": X @ (A - Y).T / m, "db": np.mean(A - Y)})
    same(cost, np.mean(entropy(A, Y)))
    assert type(cost) is np.ndarray and type(grads["db"]) is np.float64
    same(course.logistic_regression.predict(w, b, X), (A > 0.5).astype(float))
    params, last, costs = course.logistic_regression.optimize(w, b, X, Y, 101, 0.01, engine=engine)
    for step in range(101):
        A = logistic(w.T @ X + b)
        if step % 100 == 0:
            same(costs[step // 100], np.mean(entropy(A, Y)))
        dw, db = X @ (A - Y).T / m, np.mean(A - Y)
        w, b = w - 0.01 * dw, b - 0.01 * db
    same(params, {"w": w, "b": b}, 1e-11)
    same(last, {"dw": dw, "db": db}, 1e-11)


def test_sigmoid_and_relu_take_numbers_too():
    z = np.linspace(-40, 40, 33).reshape(3, 11)
    same(course.planar.sigmoid(z), logistic(z))
    assert type(course.planar.sigmoid(0)) is np.float64 and course.planar.sigmoid(0) == 0.5
    same(course.initialization.relu(z), np.maximum(0, z))
    assert course.initialization.relu(-3) == 0 and course.initialization.relu(2.5) == 2.5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_h", [1, 4, 50])
@pytest.mark.parametrize("features, m", SIZES)
def test_planar(features, m, n_h, engine):
    X, Y = data(features, m)
    p = layers(features, n_h, 1)
    Z1 = p["W1"] @ X + p["b1"]
    A1 = np.tanh(Z1)
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = logistic(Z2)
    found, cache = course.planar.forward_propagation(X, p, engine=engine)
    same(found, A2)
    same(cache, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2})
    assert course.planar.compute_cost(found, Y) == pytest.approx(np.mean(entropy(A2, Y)), rel=1e-12)
    assert course.planar.compute_cost(found, Y, p) == course.planar.compute_cost(found, Y)
    dZ2 = A2 - Y
    dZ1 = p["W2"].T @ dZ2 * (1 - A1**2)
    expected = {
        "dW1": dZ1 @ X.T / m, "db1": dZ1.mean(axis=1, keepdims=True),
        "dW2": dZ2 @ A1.T / m, "db2": dZ2.mean(axis=1, keepdims=True),
    }
    grads = course.planar.backward_propagation(p, cache, X, Y, engine=engine)
    same(grads, expected)
    same(course.planar.update_parameters(p, grads), {name: p[name] - 1.2 * expected[f"d{name}"] for name in p})
    predicted = course.planar.predict(p, X)
    assert predicted.dtype == bool
    np.testing.assert_array_equal(predicted, A2 > 0.5)
    assert course.planar.layer_sizes(X, Y) == (features, 4, 1)


def network(X, p):
    Z1 = p["W1"] @ X + p["b1"]
    A1 = np.maximum(0, Z1)
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = np.maximum(0, Z2)
    Z3 = p["W3"] @ A2 + p["b3"]
    return Z1, A1, Z2, A2, Z3, logistic(Z3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("features, m", SIZES)
def test_the_network_of_three_layers(features, m, engine):
    X, Y = data(features, m)
    p = layers(features, 20, 3, 1)
    Z1, A1, Z2, A2, Z3, A3 = network(X, p)
    found, cache = course.initialization.forward_propagation(X, p, engine=engine)
    same(found, A3)
    for part, expected in zip(cache, (Z1, A1, p["W1"], p["b1"], Z2, A2, p["W2"], p["b2"], Z3, A3, p["W3"], p["b3"])):
        same(part, expected)

    dZ3 = A3 - Y
    dA2 = p["W3"].T @ dZ3
    dZ2 = dA2 * (A2 > 0)
    dA1 = p["W2"].T @ dZ2
    dZ1 = dA1 * (A1 > 0)
    of = {"dW3": dZ3 @ A2.T / m, "db3": dZ3.mean(axis=1, keepdims=True),
          "dW2": dZ2 @ A1.T / m, "db2": dZ2.mean(axis=1, keepdims=True),
          "dW1": dZ1 @ X.T / m, "db1": dZ1.mean(axis=1, keepdims=True)}
    by_gradients = {"dZ3": dZ3, "dW3": of["dW3"], "db3": of["db3"], "dA2": dA2, "dZ2": dZ2, "dW2": of["dW2"], "db2": of["db2"],
                    "dA1": dA1, "dZ1": dZ1, "dW1": of["dW1"], "db1": of["db1"]}
    by_errors = {"dz3": dZ3 / m, "dW3": of["dW3"], "db3": of["db3"], "da2": dA2 / m, "dz2": dZ2 / m, "dW2": of["dW2"],
                 "db2": of["db2"], "da1": dA1 / m, "dz1": dZ1 / m, "dW1": of["dW1"], "db1": of["db1"]}
    same(course.initialization.backward_propagation(X, Y, cache, engine=engine), by_errors)
    same(course.optimization.backward_propagation(X, Y, cache, engine=engine), by_errors)
    same(course.regularization.backward_propagation(X, Y, cache, engine=engine), by_gradients)
    same(course.gradient_checking.backward_propagation_n(X, Y, cache, faults=()), by_gradients)
    faulty = {**by_gradients, "dW2": 2 * of["dW2"], "db1": 4 * of["db1"]}
    same(course.gradient_checking.backward_propagation_n(X, Y, cache), faulty)
    with_l2 = {name: value + 0.7 / m * p[name[1:]] if name[:2] == "dW" else value for name, value in by_gradients.items()}
    same(course.regularization.backward_propagation_with_regularization(X, Y, cache, 0.7, engine=engine), with_l2)

    cost = np.mean(entropy(A3, Y))
    squares = sum(np.sum(p[f"W{layer}"] ** 2) for layer in (1, 2, 3))
    same(course.regularization.compute_cost_with_regularization(A3, Y, p, 0.7), cost + 0.7 / (2 * m) * squares)
    same(course.initialization.compute_loss(A3, Y), cost)
    same(course.gradient_checking.forward_propagation_n(X, Y, p)[0], cost)
    same(course.optimization.compute_cost(A3, Y), cost * m)
    same(course.optimization.compute_cost(A3, Y, edition="2017"), cost)
    new = course.initialization.update_parameters(p, by_errors, 0.1)
    same(new, {name: p[name] - 0.1 * of[f"d{name}"] for name in p})


@pytest.mark.parametrize("keep_prob", [0.3, 0.86, 1.0])
@pytest.mark.parametrize("edition", ["2017", "2021"])
def test_dropout(keep_prob, edition):
    X, Y = data(2, 50)
    p = layers(2, 20, 3, 1)
    np.random.seed(1)
    A1 = np.maximum(0, p["W1"] @ X + p["b1"])
    D1 = np.random.rand(*A1.shape) < keep_prob
    A1 = A1 * D1 / keep_prob
    A2 = np.maximum(0, p["W2"] @ A1 + p["b2"])
    D2 = np.random.rand(*A2.shape) < keep_prob
    A2 = A2 * D2 / keep_prob
    A3 = logistic(p["W3"] @ A2 + p["b3"])
    found, cache = course.regularization.forward_propagation_with_dropout(X, p, keep_prob, edition=edition)
    same(found, A3)
    assert len(cache) == 14
    for at, mask in ((1, D1), (6, D2)):
        assert cache[at].dtype == (np.int64 if edition == "2021" else bool)
        np.testing.assert_array_equal(cache[at], mask)
    same(cache[2], A1)
    dZ3 = A3 - Y
    dA2 = p["W3"].T @ dZ3 * D2 / keep_prob
    dZ2 = dA2 * (A2 > 0)
    dA1 = p["W2"].T @ dZ2 * D1 / keep_prob
    grads = course.regularization.backward_propagation_with_dropout(X, Y, cache, keep_prob)
    same(grads["dA2"], dA2)
    same(grads["dA1"], dA1)
    same(grads["dW1"], dA1 * (A1 > 0) @ X.T / 50)


def test_draws_are_numpys():
    dims = [7, 5, 3, 1]
    rules = {
        course.initialization.initialize_parameters_random: (3, lambda n: 10),
        course.initialization.initialize_parameters_he: (3, lambda n: np.sqrt(2 / n)),
        course.optimization.initialize_parameters: (3, lambda n: np.sqrt(2 / n)),
        course.regularization.initialize_parameters: (3, lambda n: 1 / np.sqrt(n)),
        course.dnn_application.initialize_parameters_deep: (1, lambda n: 1 / np.sqrt(n)),
        course.initialization.initialize_parameters_zeros: (0, lambda n: 0),
    }
    for function, (seed, scale) in rules.items():
        np.random.seed(seed)
        found = function(dims)
        assert list(found) == ["W1", "b1", "W2", "b2", "W3", "b3"]
        for layer in (1, 2, 3):
            drawn = np.random.randn(dims[layer], dims[layer - 1]) * scale(dims[layer - 1])
            np.testing.assert_allclose(found[f"W{layer}"], drawn, rtol=2e-16 * 2)
            np.testing.assert_array_equal(found[f"b{layer}"], np.zeros((dims[layer], 1)))
    np.random.seed(2)
    planar = course.planar.initialize_parameters(2, 4, 1)
    np.testing.assert_array_equal(planar["W1"], np.random.randn(4, 2) * 0.01)
    np.testing.assert_array_equal(planar["W2"], np.random.randn(1, 4) * 0.01)


@pytest.mark.parametrize("m, size, seed", [(148, 64, 0), (300, 64, 11), (64, 64, 3), (5, 10, 1), (7, 1, 2)])
def test_random_mini_batches(m, size, seed):
    X = np.arange(2 * m, dtype=np.int32).reshape(2, m)
    Y = np.arange(m)[None] % 2 == 0
    np.random.seed(seed)
    order = np.random.permutation(m)
    batches = course.optimization.random_mini_batches(X, Y, size, seed)
    assert type(batches) is list and all(type(batch) is tuple for batch in batches)
    assert [batch[0].shape[1] for batch in batches] == [size] * (m // size) + [m % size] * (m % size > 0)
    np.testing.assert_array_equal(np.hstack([x for x, _ in batches]), X[:, order])
    np.testing.assert_array_equal(np.hstack([y for _, y in batches]), Y[:, order])
    assert batches[0][0].dtype == np.int32 and batches[0][1].dtype == bool


def test_momentum_and_adam():
    p = layers(3, 2, 3)
    grads = {f"d{name}": np.random.RandomState(9).randn(*array.shape) for name, array in p.items()}
    v = {f"d{name}": np.full(array.shape, 0.3) for name, array in p.items()}
    s = {f"d{name}": np.full(array.shape, 0.2) for name, array in p.items()}
    new, moved = course.optimization.update_parameters_with_momentum(p, grads, v, beta=0.9, learning_rate=0.01)
    expected = {name: 0.9 * v[name] + 0.1 * grads[name] for name in v}
    same(moved, expected)
    same(new, {name: p[name] - 0.01 * expected[f"d{name}"] for name in p})
    new, v1, s1, vc, sc = course.optimization.update_parameters_with_adam(p, grads, v, s, 2, 0.01, 0.9, 0.99, 1e-2)
    same(v1, expected)
    squares = {name: 0.99 * s[name] + 0.01 * grads[name] ** 2 for name in s}
    same(s1, squares)
    same(vc, {name: expected[name] / (1 - 0.9**2) for name in v})
    same(sc, {name: squares[name] / (1 - 0.99**2) for name in s})
    same(new, {name: p[name] - 0.01 * vc[f"d{name}"] / (np.sqrt(sc[f"d{name}"]) + 1e-2) for name in p})
    zeros = course.optimization.initialize_velocity(p)
    same(zeros, {f"d{name}": np.zeros(array.shape) for name, array in p.items()})
    assert all(np.shares_memory(a, b) is False for a, b in zip(*[d.values() for d in course.optimization.initialize_adam(p)]))


def test_vectors_and_dictionaries():
    p = layers(4, 5, 3, 1)
    theta, keys = course.gradient_checking.dictionary_to_vector(p)
    expected = np.concatenate([array.reshape(-1, 1) for array in p.values()])
    np.testing.assert_array_equal(theta, expected)
    assert keys == [name for name, array in p.items() for _ in range(array.size)]
    back = course.gradient_checking.vector_to_dictionary(theta)
    for name, array in p.items():
        np.testing.assert_array_equal(back[name], array)
    grads = {f"d{name}": 2 * array for name, array in p.items()}
    np.testing.assert_array_equal(course.gradient_checking.gradients_to_vector(grads), 2 * theta)


@pytest.mark.parametrize("dtype, bound", [(np.float32, 1e-6), (np.float64, 1e-13)])
def test_boxes(dtype, bound):
    rng = np.random.RandomState(2)
    boxes, confidence, probabilities = (rng.randn(19, 19, 5, n).astype(dtype) * 4 + 1 for n in (4, 1, 80))
    scores = confidence * probabilities
    best = scores.max(axis=-1)
    mask = best >= 0.5
    found = course.yolo.yolo_filter_boxes(boxes, confidence, probabilities, threshold=0.5)
    np.testing.assert_array_equal(found[0], best[mask])
    np.testing.assert_array_equal(found[1], boxes[mask])
    np.testing.assert_array_equal(found[2], scores.argmax(axis=-1)[mask])
    assert found[0].dtype == dtype and found[2].dtype == np.int64
    first = course.yolo.yolo_filter_boxes(confidence, boxes, probabilities, 0.5, edition="2017")
    np.testing.assert_array_equal(first[0], found[0])
    xy, wh = rng.rand(4, 3, 2).astype(dtype), rng.rand(4, 3, 2).astype(dtype)
    low, high = xy - wh / 2, xy + wh / 2
    corners = np.concatenate([low[..., ::-1], high[..., ::-1]], axis=-1)
    found = course.yolo.yolo_boxes_to_corners(xy, wh)
    np.testing.assert_allclose(found, corners, rtol=bound, atol=bound)
    np.testing.assert_allclose(course.yolo.scale_boxes(found, (720.0, 1280.0)), corners * [720, 1280, 720, 1280], rtol=1e-5, atol=1e-4)


def suppressed(boxes, scores, most, threshold):
    kept = []
    for at in np.argsort(-scores, kind="stable"):
        if len(kept) < most and all(overlap(boxes[at], boxes[k]) <= threshold for k in kept):
            kept.append(at)
    return kept


def overlap(a, b):
    (ay, ax), (by, bx) = (np.sort(a[[0, 2]]), np.sort(a[[1, 3]])), (np.sort(b[[0, 2]]), np.sort(b[[1, 3]]))
    inter = max(min(ay[1], by[1]) - max(ay[0], by[0]), 0) * max(min(ax[1], bx[1]) - max(ax[0], bx[0]), 0)
    areas = (ay[1] - ay[0]) * (ax[1] - ax[0]), (by[1] - by[0]) * (bx[1] - bx[0])
    return inter / (sum(areas) - inter)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_non_max_suppression(seed, threshold):
    rng = np.random.RandomState(seed)
    scores, boxes, classes = rng.rand(54), rng.rand(54, 4), rng.randint(0, 80, 54)
    expected = suppressed(boxes, scores, 10, threshold)
    found = course.yolo.yolo_non_max_suppression(scores, boxes, classes, 10, threshold)
    for ours, theirs in zip(found, (scores, boxes, classes)):
        np.testing.assert_array_equal(ours, theirs[expected])


def test_yolo_eval_takes_the_outputs_in_the_order_of_the_edition():
    rng = np.random.RandomState(0)
    xy, wh, confidence, probabilities = (rng.rand(19, 19, 5, n) for n in (2, 2, 1, 80))
    found = course.yolo.yolo_eval((xy, wh, confidence, probabilities), max_boxes=4)
    assert found[0].shape == (4,) and found[1].shape == (4, 4) and found[1].max() > 100
    first = course.yolo.yolo_eval((confidence, xy, wh, probabilities), max_boxes=4, edition="2017")
    np.testing.assert_array_equal(found[1], first[1])


def test_faces(capsys):
    rng = np.random.RandomState(0)
    anchor, positive, negative = rng.randn(3, 6, 128)
    distances = [np.sum((anchor - other) ** 2, axis=-1) for other in (positive, negative)]
    expected = np.sum(np.maximum(distances[0] - distances[1] + 0.2, 0))
    assert course.face_recognition.triplet_loss(None, [anchor, positive, negative]) == pytest.approx(expected, rel=1e-12)
    people = {name: rng.randn(1, 8) for name in ("danielle", "younes", "tian")}
    people = {name: encoding / np.linalg.norm(encoding) for name, encoding in people.items()}
    dist, is_open = course.face_recognition.verify(people["tian"] * 3, "tian", people, lambda image: image)
    assert dist == pytest.approx(0, abs=1e-15) and is_open is True
    assert capsys.readouterr().out == "It's tian, welcome in!\n"
    dist, is_open = course.face_recognition.verify(people["tian"] * 3, "tian", people, lambda image: image, edition="2017")
    assert dist == pytest.approx(2) and is_open is False
    assert capsys.readouterr().out == "It's not tian, please go away\n"
    near = people["younes"] + 0.1
    dist, name = course.face_recognition.who_is_it(near, people, lambda image: image, edition="2017")
    assert name == "younes" and dist == pytest.approx(np.sqrt(8) * 0.1)
    assert capsys.readouterr().out == f"it's younes, the distance is {dist}\n"
    course.face_recognition.who_is_it(people["tian"] + 9, people, lambda image: image, edition="2017")
    assert capsys.readouterr().out == "Not in the database.\n"
    assert course.face_recognition.who_is_it(near, {}, lambda image: image)[1] is None

    class Keras:
        def predict_on_batch(self, batch):
            return batch[:, :8].reshape(1, 8) * 5

    found = course.face_recognition.img_to_encoding(np.arange(1.0, 9.0), Keras())
    assert found.shape == (1, 8) and np.linalg.norm(found) == pytest.approx(1)


@pytest.mark.parametrize("dtype, bound", [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_style(dtype, bound):
    rng = np.random.RandomState(1)
    S, G = (rng.randn(1, 12, 10, 6).astype(dtype) for _ in range(2))

    def gram(a):
        rows = a.astype(np.float64).reshape(-1, a.shape[-1]).T
        return rows @ rows.T

    content = np.sum((S.astype(float) - G) ** 2) / (4 * 12 * 10 * 6)
    found = course.neural_style.compute_content_cost([None, S], [None, G])
    assert found == pytest.approx(content, rel=bound) and found.dtype == dtype
    assert course.neural_style.compute_content_cost(S, G, edition="v8a") == found
    style = np.sum((gram(S) - gram(G)) ** 2) / (4 * 6**2 * 120**2)
    assert course.neural_style.compute_layer_style_cost(S, G) == pytest.approx(style, rel=20 * bound)
    weights = [("a", 0.3), ("b", 0.7)]
    total = course.neural_style.compute_style_cost([S, G, S], [G, G, S], weights)
    assert total == pytest.approx(0.3 * style, rel=20 * bound)
    np.testing.assert_allclose(course.neural_style.gram_matrix(S[0, 0]), S[0, 0] @ S[0, 0].T, rtol=10 * bound, atol=10 * bound)
    assert course.neural_style.total_cost(0.2, 0.8) == 34 and course.neural_style.total_cost(0.3, 0.5, 3, 8) == pytest.approx(4.9)
