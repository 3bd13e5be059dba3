"""Right functions in styles other than the notebook's: vectorised, im2col, einsum, recursive, matrix products, lists."""

import learners as of

LOOPS = [
    *((name, of.CONV_FORWARD) for name in ("conv_forward",)),
    ("conv_backward", of.CONV_BACKWARD), ("pool_forward", of.POOL_FORWARD), ("pool_backward", of.POOL_BACKWARD),
    ("create_mask_from_window", of.POOL_BACKWARD), ("distribute_value", of.POOL_BACKWARD), ("zero_pad", of.ZERO_PAD),
    ("conv_single_step", of.SINGLE_STEP),
    *((f"building_dnn.{name}", of.DENSE) for name in (
        "sigmoid", "relu", "sigmoid_backward", "relu_backward", "linear_forward", "linear_activation_forward", "L_model_forward", "compute_cost",
        "linear_backward", "linear_activation_backward", "L_model_backward", "update_parameters", "initialize_parameters",
        "initialize_parameters_deep",
    )),
    *((f"logistic_regression.{name}", of.LOGISTIC) for name in ("sigmoid", "initialize_with_zeros", "propagate", "optimize", "predict")),
    *((f"planar.{name}", of.PLANAR) for name in ("forward_propagation", "compute_cost", "backward_propagation", "predict")),
    *((f"regularization.{name}", of.REGULARIZATION) for name in (
        "compute_cost", "compute_cost_with_regularization", "backward_propagation_with_regularization", "forward_propagation_with_dropout",
    )),
    *((f"optimization.{name}", of.OPTIMIZATION) for name in (
        "random_mini_batches", "update_parameters_with_momentum", "update_parameters_with_adam", "schedule_lr_decay",
    )),
    *((name, of.OTHERS) for name in ("iou", "triplet_loss", "gram_matrix", "compute_layer_style_cost", "initialize_parameters_he")),
]

OTHERS = [
    ("zero_pad", "by assignment", """
def zero_pad(X, pad):
    m, h, w, c = X.shape
    out = np.zeros((m, h + 2 * pad, w + 2 * pad, c))
    out[:, pad:pad + h, pad:pad + w] = X
    return out
"""),
    ("conv_single_step", "dot product", """
def conv_single_step(a_slice_prev, W, b):
    return a_slice_prev.ravel() @ W.ravel() + b.item()
"""),
    ("conv_forward", "im2col", """
def conv_forward(A_prev, W, b, hparameters):
    s, p = hparameters["stride"], hparameters["pad"]
    f, _, nc, n = W.shape
    X = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
    m, H, Wd, _ = X.shape
    oh, ow = (H - f) // s + 1, (Wd - f) // s + 1
    cols = np.empty((m, oh, ow, f * f * nc))
    for i in range(oh):
        for j in range(ow):
            cols[:, i, j] = X[:, i*s:i*s+f, j*s:j*s+f].reshape(m, -1)
    return (cols @ W.reshape(-1, n) + b.reshape(-1)), (A_prev, W, b, hparameters)
"""),
    ("conv_forward", "einsum", """
def conv_forward(A_prev, W, b, hparameters):
    s, p = hparameters["stride"], hparameters["pad"]
    X = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
    v = np.lib.stride_tricks.sliding_window_view(X, W.shape[:2], axis=(1, 2))[:, ::s, ::s]
    return np.einsum("mhwcij,ijcn->mhwn", v, W) + b, [A_prev, W, b, hparameters]
"""),
    ("conv_forward", "sum over shifts", """
def conv_forward(A_prev, W, b, hparameters):
    s, p = hparameters["stride"], hparameters["pad"]
    f = W.shape[0]
    X = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
    oh, ow = (X.shape[1] - f) // s + 1, (X.shape[2] - f) // s + 1
    Z = np.zeros((len(X), oh, ow, W.shape[3])) + b
    for i in range(f):
        for j in range(f):
            Z += np.tensordot(X[:, i:i + s*(oh-1) + 1:s, j:j + s*(ow-1) + 1:s], W[i, j], axes=1)
    return Z, (A_prev, W, b, hparameters)
"""),
    ("conv_backward", "vectorised", """
def conv_backward(dZ, cache):
    A_prev, W, b, hp = cache
    s, p, f = hp["stride"], hp["pad"], W.shape[0]
    X = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
    dX, dW = np.zeros(X.shape), np.zeros(W.shape)
    oh, ow = dZ.shape[1:3]
    for i in range(f):
        for j in range(f):
            rows, cols = slice(i, i + s*(oh-1) + 1, s), slice(j, j + s*(ow-1) + 1, s)
            dW[i, j] = np.einsum("mhwc,mhwn->cn", X[:, rows, cols], dZ)
            dX[:, rows, cols] += np.einsum("mhwn,cn->mhwc", dZ, W[i, j])
    return dX[:, p:X.shape[1] - p, p:X.shape[2] - p], dW, dZ.sum(axis=(0, 1, 2), keepdims=True)
"""),
    ("pool_forward", "sliding windows", """
def pool_forward(A_prev, hparameters, mode="max"):
    f, s = hparameters["f"], hparameters["stride"]
    v = np.lib.stride_tricks.sliding_window_view(A_prev, (f, f), axis=(1, 2))[:, ::s, ::s]
    return (v.max(axis=(-1, -2)) if mode == "max" else v.mean(axis=(-1, -2))), (A_prev, hparameters)
"""),
    ("pool_forward", "recursive", """
def largest(values):
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    return max(largest(values[:half]), largest(values[half:]))

def pool_forward(A_prev, hparameters, mode="max"):
    f, s = hparameters["f"], hparameters["stride"]
    m, H, W, C = A_prev.shape
    A = np.zeros((m, (H - f) // s + 1, (W - f) // s + 1, C))
    for index in np.ndindex(A.shape):
        i, h, w, c = index
        values = list(A_prev[i, h*s:h*s+f, w*s:w*s+f, c].ravel())
        A[index] = largest(values) if mode == "max" else sum(values) / len(values)
    return A, (A_prev, hparameters)
"""),
    ("pool_backward", "first maximum only", """
def pool_backward(dA, cache, mode="max"):
    A_prev, hp = cache
    f, s = hp["f"], hp["stride"]
    out = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        if mode == "max":
            window = A_prev[i, h*s:h*s+f, w*s:w*s+f, c]
            y, x = np.unravel_index(window.argmax(), window.shape)
            out[i, h*s + y, w*s + x, c] += dA[i, h, w, c]
        else:
            out[i, h*s:h*s+f, w*s:w*s+f, c] += dA[i, h, w, c] / f**2
    return out
"""),
    ("create_mask_from_window", "by position, as numbers", """
def create_mask_from_window(x):
    out = np.zeros(x.size)
    out[x.argmax()] = 1
    return out.reshape(x.shape)
"""),
    ("distribute_value", "full", "def distribute_value(dz, shape):\n    return np.full(shape, dz / np.prod(shape))\n"),
    ("linear_forward", "einsum", "def linear_forward(A, W, b):\n    return np.einsum('ij,jk->ik', W, A) + b, (A, W, b)\n"),
    ("linear_backward", "mean over the last axis", """
def linear_backward(dZ, cache):
    A, W, b = cache
    m = float(dZ.shape[-1])
    return (dZ.T @ W).T, np.einsum('im,jm->ij', dZ, A) / m, np.mean(dZ, axis=-1)[:, None]
"""),
    ("building_dnn.sigmoid", "stable", """
def sigmoid(Z):
    e = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1 / (1 + e), e / (1 + e)), Z
"""),
    ("building_dnn.relu", "mask", "def relu(Z):\n    return Z * (Z > 0), Z\n"),
    ("L_model_forward", "recursive", """
def layer(A, p, l, L, caches):
    if l > L:
        return A, caches
    Z = p[f"W{l}"] @ A + p[f"b{l}"]
    new = 1 / (1 + np.exp(-Z)) if l == L else np.where(Z > 0, Z, 0)
    return layer(new, p, l + 1, L, caches + [((A, p[f"W{l}"], p[f"b{l}"]), Z)])

def L_model_forward(X, parameters):
    return layer(X, parameters, 1, len(parameters) // 2, [])
"""),
    ("building_dnn.compute_cost", "where", """
def compute_cost(AL, Y):
    return np.mean(-np.log(np.where(Y == 1, AL, 1 - AL)))
"""),
    ("building_dnn.compute_cost", "dot products", """
def compute_cost(AL, Y):
    m = Y.shape[1]
    return ((-Y @ np.log(AL).T - (1 - Y) @ np.log(1 - AL).T) / m).item()
"""),
    ("L_model_backward", "all in one", """
def L_model_backward(AL, Y, caches):
    L, m = len(caches), AL.shape[1]
    grads, dZ = {}, AL - Y.reshape(AL.shape)
    for l in range(L, 0, -1):
        (A, W, b), Z = caches[l - 1]
        grads[f"dW{l}"], grads[f"db{l}"], grads[f"dA{l-1}"] = dZ @ A.T / m, dZ.mean(1, keepdims=True), W.T @ dZ
        if l > 1:
            dZ = grads[f"dA{l-1}"] * (caches[l - 2][1] > 0)
    grads["more"] = None
    return grads
"""),
    ("building_dnn.update_parameters", "comprehension", """
def update_parameters(parameters, grads, learning_rate):
    return {k: v - learning_rate * grads["d" + k] for k, v in parameters.items()}
"""),
    ("building_dnn.initialize_parameters_deep", "enumerated", """
def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    p = {}
    for i, (a, b) in enumerate(zip(layer_dims, layer_dims[1:])):
        p["W%d" % (i + 1)], p["b%d" % (i + 1)] = .01 * np.random.standard_normal((b, a)), np.zeros((b, 1))
    return p
"""),
    ("propagate", "logits", """
def propagate(w, b, X, Y):
    z = (X.T @ w).T + b
    d = 1 / (1 + np.exp(-z)) - Y
    cost = np.mean(np.logaddexp(0, z) - Y * z)
    return {"db": d.mean(), "dw": (d @ X.T).T / X.shape[1]}, cost
"""),
    ("logistic_regression.predict", "rounded", "def predict(w, b, X):\n    return (w.T @ X + b > 0).astype(int)\n"),
    ("planar.backward_propagation", "products", """
def backward_propagation(parameters, cache, X, Y):
    n = Y.size
    d2 = (cache["A2"] - Y) / n
    d1 = parameters["W2"].T @ d2 * (1 - cache["A1"]) * (1 + cache["A1"])
    one = np.ones((n, 1))
    return {"dW1": d1 @ X.T, "db1": d1 @ one, "dW2": d2 @ cache["A1"].T, "db2": d2 @ one}
"""),
    ("planar.predict", "rounded", """
def predict(parameters, X):
    A1 = np.tanh(parameters["W1"] @ X + parameters["b1"])
    return np.round(1 / (1 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"]))))
"""),
    ("compute_cost_with_regularization", "norms", """
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]
    ce = -np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    return ce + 0.5 * lambd / m * sum(np.linalg.norm(parameters[k]) ** 2 for k in parameters if k[0] == "W")
"""),
    ("random_mini_batches", "array_split", """
def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    order = np.random.RandomState(seed).permutation(X.shape[1])
    return [(X[:, order[k:k + mini_batch_size]], Y[:, order[k:k + mini_batch_size]]) for k in range(0, len(order), mini_batch_size)]
"""),
    ("update_parameters_with_adam", "one formula", """
def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    v = {k: v[k] + (1 - beta1) * (g - v[k]) for k, g in grads.items()}
    s = {k: s[k] + (1 - beta2) * (g * g - s[k]) for k, g in grads.items()}
    vc = {k: a / (1 - beta1 ** t) for k, a in v.items()}
    sc = {k: a / (1 - beta2 ** t) for k, a in s.items()}
    return {k: p - learning_rate * vc["d" + k] / (sc["d" + k] ** 0.5 + epsilon) for k, p in parameters.items()}, v, s, vc, sc
"""),
    ("iou", "arrays", """
def iou(box1, box2):
    a, b = np.array(box1), np.array(box2)
    side = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    inter = side.prod()
    return inter / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inter)
"""),
    ("triplet_loss", "norms", """
def triplet_loss(y_true, y_pred, alpha=0.2):
    a, p, n = y_pred
    return float(sum(max(0, np.linalg.norm(x - y) ** 2 - np.linalg.norm(x - z) ** 2 + alpha) for x, y, z in zip(a, p, n)))
"""),
    ("compute_layer_style_cost", "einsum", """
def compute_layer_style_cost(a_S, a_G):
    g = [np.einsum("mhwc,mhwd->cd", a, a) for a in (a_S, a_G)]
    return np.sum((g[0] - g[1]) ** 2) / (2 * a_S.size) ** 2
"""),
    ("yolo_filter_boxes", "loops", """
def yolo_filter_boxes(boxes, box_confidence, box_class_probs, threshold=0.6):
    out = []
    for at in np.ndindex(boxes.shape[:-1]):
        s = box_confidence[at] * box_class_probs[at]
        if s.max() >= threshold:
            out.append((s.max(), boxes[at], s.argmax()))
    return tuple(np.array(x) for x in zip(*out))
"""),
    ("yolo_non_max_suppression", "recursive", """
def overlap(a, b):
    side = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return side / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - side)

def pick(order, boxes, left, limit):
    if not len(order) or not left:
        return []
    rest = [k for k in order[1:] if overlap(boxes[order[0]], boxes[k]) <= limit]
    return [order[0]] + pick(rest, boxes, left - 1, limit)

def yolo_non_max_suppression(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    keep = pick(list(np.argsort(-scores)), boxes, max_boxes, iou_threshold)
    return scores[keep], boxes[keep], classes[keep]
"""),
]

RIGHT = [*((name, "loops", source) for name, source in LOOPS), *OTHERS]
