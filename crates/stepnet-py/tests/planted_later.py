"""A third set of planted mistakes, written when the first two were all named: at first sight 15 of these 20 were named rightly and 5
not at all (a largest product, a mean of squares, x and y swapped, t as a power, a missing dZ), which were added afterwards."""

import learners as of

PLANTED = [
    ("building_dnn.sigmoid", of.DENSE, [("A = 1 / (1 + np.exp(-Z))\n    return A, Z", "A = 1 / (1 + np.exp(Z))\n    return A, Z")], "wrong sign"),
    ("relu_backward", of.DENSE, [("dZ[Z <= 0] = 0", "dZ[Z > 0] = 0")], "inverted"),
    ("building_dnn.compute_cost", of.DENSE, [("(1 - Y) * np.log(1 - AL))\n    cost = np.squeeze(cost)", "(1 - Y) * np.log(1 - AL), keepdims=True)")], "shape is \\(1, 1\\)"),
    ("update_parameters_with_momentum", of.OPTIMIZATION, [("beta * v[\"dW\" + str(l)] + ", ""), ("beta * v[\"db\" + str(l)] + ", "")], "old average is left out"),
    ("update_parameters_with_adam", of.OPTIMIZATION, [("(1 - beta1 ** t)", "(1 - beta1) ** t"), ("(1 - beta2 ** t)", "(1 - beta2) ** t")], "1 - beta1 \\*\\* t"),
    ("iou", of.OTHERS, [("(box1_x1, box1_y1, box1_x2, box1_y2) = box1", "(box1_y1, box1_x1, box1_y2, box1_x2) = box1")], "swapped|x and y"),
    ("gram_matrix", of.OTHERS, [("np.matmul(A, np.transpose(A))", "np.matmul(np.transpose(A), A)")], "A A.T"),
    ("triplet_loss", of.OTHERS, [("axis=-1", "axis=0")], "axis"),
    ("L_model_backward", of.DENSE, [("dAL, current_cache, \"sigmoid\"", "dAL, current_cache, \"relu\"")], "last layer goes back through a ReLU"),
    ("create_mask_from_window", of.POOL_BACKWARD, [("np.max(x)", "np.max(x, axis=1, keepdims=True)")], "each row"),
    ("zero_pad", of.ZERO_PAD, [("(pad, pad), (pad, pad)", "(2 * pad, 2 * pad), (2 * pad, 2 * pad)")], "twice"),
    ("random_mini_batches", of.OPTIMIZATION, [("(k + 1) * inc]", "(k + 1) * inc - 1]")], "one example too few"),
    ("initialize_parameters_he", of.OTHERS, [("np.sqrt(2. / layers_dims[l - 1])", "np.sqrt(2. / layers_dims[l])")], "own units"),
    ("planar.backward_propagation", of.PLANAR, [("axis=1, keepdims=True)\n    dZ1", "axis=1)\n    dZ1")], "keepdims is missing"),
    ("propagate", of.LOGISTIC, [("db = 1 / m * np.sum(A - Y)", "db = np.sum(A - Y) / X.shape[0]"), ("dw = 1 / m", "dw = 1 / X.shape[0]")], "features|axis 0"),
    ("compute_layer_style_cost", of.OTHERS, [("np.sum(np.square(gram", "np.mean(np.square(gram")], "mean|averag"),
    ("conv_forward", of.CONV_FORWARD, [("Z[i, h, w, c] = np.sum(a_slice_prev * weights)", "Z[i, h, w, c] = np.max(a_slice_prev * weights)")], "largest|max"),
    ("conv_backward", of.CONV_BACKWARD, [("W[:, :, :, c] * dZ[i, h, w, c]", "W[:, :, :, c]")], "dZ"),
    ("pool_backward", of.POOL_BACKWARD, [("distribute_value(da, (f, f))", "da / f")], "divided by f"),
    ("logistic_regression.predict", of.LOGISTIC, [("if A[0, i] > 0.5", "if A[0, i] <= 0.5")], "inverted"),
]
