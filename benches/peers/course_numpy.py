"""The formulas of the course's notebooks in numpy, as a learner writes them: what `course.py` measures against."""

import numpy as np


def logistic(z):
    return 1 / (1 + np.exp(-z))


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = logistic(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return 1 / m * np.dot(X, (A - Y).T), 1 / m * np.sum(A - Y), cost


def planar_forward(X, p):
    Z1 = np.dot(p["W1"], X) + p["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(p["W2"], A1) + p["b2"]
    A2 = logistic(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def planar_cost(A2, Y):
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return float(np.squeeze(-np.sum(logprobs) / Y.shape[1]))


def planar_backward(p, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dW2 = 1 / m * np.dot(dZ2, cache["A1"].T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(p["W2"].T, dZ2) * (1 - np.power(cache["A1"], 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def descended(p, grads, rate):
    return {name: p[name] - rate * grads["d" + name] for name in p}


def planar_model(X, Y, p, steps):
    for _ in range(steps):
        A2, cache = planar_forward(X, p)
        planar_cost(A2, Y)
        p = descended(p, planar_backward(p, cache, X, Y), 1.2)
    return p


def relu(z):
    return np.maximum(0, z)


def forward(X, p):
    Z1 = np.dot(p["W1"], X) + p["b1"]
    A1 = relu(Z1)
    Z2 = np.dot(p["W2"], A1) + p["b2"]
    A2 = relu(Z2)
    Z3 = np.dot(p["W3"], A2) + p["b3"]
    A3 = logistic(Z3)
    return A3, (Z1, A1, p["W1"], p["b1"], Z2, A2, p["W2"], p["b2"], Z3, A3, p["W3"], p["b3"])


def loss(A3, Y):
    logprobs = np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y)
    return 1.0 / Y.shape[1] * np.nansum(logprobs)


def backward(X, Y, cache):
    m = X.shape[1]
    _, A1, _, _, _, A2, W2, _, _, A3, W3, _ = cache
    dz3 = 1.0 / m * (A3 - Y)
    da2 = np.dot(W3.T, dz3)
    dz2 = np.multiply(da2, np.int64(A2 > 0))
    da1 = np.dot(W2.T, dz2)
    dz1 = np.multiply(da1, np.int64(A1 > 0))
    sums = [np.sum(dz, axis=1, keepdims=True) for dz in (dz3, dz2, dz1)]
    return {
        "dz3": dz3, "dW3": np.dot(dz3, A2.T), "db3": sums[0], "da2": da2, "dz2": dz2, "dW2": np.dot(dz2, A1.T),
        "db2": sums[1], "da1": da1, "dz1": dz1, "dW1": np.dot(dz1, X.T), "db1": sums[2],
    }  # fmt: skip


def model(X, Y, p, steps):
    for _ in range(steps):
        A3, cache = forward(X, p)
        loss(A3, Y)
        p = descended(p, backward(X, Y, cache), 0.01)
    return p


def dropout_forward(X, p, keep):
    np.random.seed(1)
    A1 = relu(np.dot(p["W1"], X) + p["b1"])
    D1 = (np.random.rand(A1.shape[0], A1.shape[1]) < keep).astype(int)
    A1 = A1 * D1 / keep
    A2 = relu(np.dot(p["W2"], A1) + p["b2"])
    D2 = (np.random.rand(A2.shape[0], A2.shape[1]) < keep).astype(int)
    A2 = A2 * D2 / keep
    return logistic(np.dot(p["W3"], A2) + p["b3"]), (D1, A1, D2, A2)


def regularized_cost(A3, Y, p, lambd):
    squares = np.sum(np.square(p["W1"])) + np.sum(np.square(p["W2"])) + np.sum(np.square(p["W3"]))
    return loss(A3, Y) + lambd / (2 * Y.shape[1]) * squares


def mini_batches(X, Y, size, seed):
    np.random.seed(seed)
    order = list(np.random.permutation(X.shape[1]))
    X, Y = X[:, order], Y[:, order].reshape((1, X.shape[1]))
    return [(X[:, at : at + size], Y[:, at : at + size]) for at in range(0, X.shape[1], size)]


def velocity(p):
    return {"d" + name: np.zeros((array.shape[0], array.shape[1])) for name, array in p.items()}


def momentum(p, grads, v, beta, rate):
    v = {name: beta * v[name] + (1 - beta) * grads[name] for name in v}
    return descended(p, v, rate), v


def adam(p, grads, v, s, t, rate, beta1, beta2, epsilon):
    v = {name: beta1 * v[name] + (1 - beta1) * grads[name] for name in v}
    s = {name: beta2 * s[name] + (1 - beta2) * np.power(grads[name], 2) for name in s}
    vc = {name: v[name] / (1 - np.power(beta1, t)) for name in v}
    sc = {name: s[name] / (1 - np.power(beta2, t)) for name in s}
    p = {name: p[name] - rate * vc["d" + name] / (np.sqrt(sc["d" + name]) + epsilon) for name in p}
    return p, v, s, vc, sc


def optimization_model(X, Y, p, epochs):
    v, s, t, seed = velocity(p), velocity(p), 0, 10
    for _ in range(epochs):
        seed += 1
        for x, y in mini_batches(X, Y, 64, seed):
            A3, cache = forward(x, p)
            loss(A3, y)
            t += 1
            p, v, s, _, _ = adam(p, backward(x, y, cache), v, s, t, 0.0007, 0.9, 0.999, 1e-8)
    return p


def deep_model(X, Y, p, steps):
    layers, m = len(p) // 2, X.shape[1]
    for _ in range(steps):
        A, passed = X, []
        for layer in range(1, layers + 1):
            Z = np.dot(p[f"W{layer}"], A) + p[f"b{layer}"]
            passed.append((A, Z))
            A = logistic(Z) if layer == layers else relu(Z)
        np.squeeze((1.0 / m) * (-np.dot(Y, np.log(A).T) - np.dot(1 - Y, np.log(1 - A).T)))
        dA, grads = -(np.divide(Y, A) - np.divide(1 - Y, 1 - A)), {}
        for layer in range(layers, 0, -1):
            A_prev, Z = passed[layer - 1]
            if layer == layers:
                dZ = dA * logistic(Z) * (1 - logistic(Z))
            else:
                dZ = np.array(dA, copy=True)
                dZ[Z <= 0] = 0
            grads[f"dW{layer}"] = 1.0 / m * np.dot(dZ, A_prev.T)
            grads[f"db{layer}"] = 1.0 / m * np.sum(dZ, axis=1, keepdims=True)
            dA = np.dot(p[f"W{layer}"].T, dZ)
        p = descended(p, grads, 0.0075)
    return p


def gradient_check(p, grads, X, Y):
    theta = np.concatenate([array.reshape(-1, 1) for array in p.values()])
    grad = np.concatenate([grads["d" + name].reshape(-1, 1) for name in p])
    approximate = np.zeros_like(theta)

    def cost(theta):
        at, parts = 0, {}
        for name, array in p.items():
            parts[name] = theta[at : at + array.size].reshape(array.shape)
            at += array.size
        A3 = forward(X, parts)[0]
        return 1.0 / X.shape[1] * np.sum(np.multiply(-np.log(A3), Y) + np.multiply(-np.log(1 - A3), 1 - Y))

    for i in range(len(theta)):
        plus, minus = np.copy(theta), np.copy(theta)
        plus[i] += 1e-7
        minus[i] -= 1e-7
        approximate[i] = (cost(plus) - cost(minus)) / 2e-7
    return np.linalg.norm(grad - approximate) / (np.linalg.norm(grad) + np.linalg.norm(approximate))


def filter_boxes(boxes, confidence, probabilities, threshold):
    scores = confidence * probabilities
    classes, best = np.argmax(scores, axis=-1), np.max(scores, axis=-1)
    mask = best >= threshold
    return best[mask], boxes[mask], classes[mask]


def iou(box1, box2):
    width = min(box1[2], box2[2]) - max(box1[0], box2[0])
    height = min(box1[3], box2[3]) - max(box1[1], box2[1])
    inter = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (box1, box2)]
    return inter / (sum(areas) - inter)


def suppression(scores, boxes, classes, most, threshold):
    order, kept = np.argsort(-scores, kind="stable"), []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while len(order) and len(kept) < most:
        at, order = order[0], order[1:]
        kept.append(at)
        low, high = np.maximum(boxes[at, :2], boxes[order, :2]), np.minimum(boxes[at, 2:], boxes[order, 2:])
        inter = np.prod(np.maximum(high - low, 0), axis=1)
        order = order[inter / (areas[at] + areas[order] - inter) <= threshold]
    return scores[kept], boxes[kept], classes[kept]


def triplet_loss(anchor, positive, negative, alpha):
    near = np.sum(np.square(anchor - positive), axis=-1)
    far = np.sum(np.square(anchor - negative), axis=-1)
    return np.sum(np.maximum(near - far + alpha, 0))


def content_cost(a_C, a_G):
    _, n_H, n_W, n_C = a_G.shape
    return np.sum(np.square(a_C - a_G)) / (4 * n_H * n_W * n_C)


def style_cost(a_S, a_G):
    _, n_H, n_W, n_C = a_G.shape
    S, G = a_S.reshape(n_H * n_W, n_C).T, a_G.reshape(n_H * n_W, n_C).T
    return np.sum(np.square(np.dot(S, S.T) - np.dot(G, G.T))) / (2 * n_C * n_H * n_W) ** 2
