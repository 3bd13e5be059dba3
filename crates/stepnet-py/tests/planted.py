"""Mistakes planted in learners' functions: the function, what is replaced by what, and a pattern of the right diagnosis.

The checker was tuned on these.
"""

import learners as of

PLANTED = [
    # Convolution.
    ("zero_pad", of.ZERO_PAD, [("((0, 0), (pad, pad), (pad, pad), (0, 0))", "((pad, pad), (pad, pad), (0, 0), (0, 0))")], "wrong axes.*examples and height"),
    ("zero_pad", of.ZERO_PAD, [("(0, 0), (pad, pad), (pad, pad), (0, 0)", "(0, 0), (pad, pad), (0, 0), (0, 0)")], "on height;"),
    ("conv_single_step", of.SINGLE_STEP, [("s = a_slice_prev * W", "s = a_slice_prev * W + b"), ("Z = Z + float(b[0, 0, 0])", "")], "per element"),
    ("conv_forward", of.CONV_FORWARD, [(" + float(biases[0, 0, 0])", "")], "bias is forgotten"),
    ("conv_forward", of.CONV_FORWARD, [("np.sum(a_slice_prev * weights) + float(biases[0, 0, 0])", "np.sum(a_slice_prev * weights + biases)")], "per element"),
    ("conv_forward", of.CONV_FORWARD, [("h * stride", "h"), ("w * stride", "w")], "stride is ignored"),
    ("conv_forward", of.CONV_FORWARD, [("= int((n_W_prev - f + 2 * pad) / stride) + 1", "= int((n_W_prev - f + 2 * pad) / stride)"), ("= int((n_H_prev - f + 2 * pad) / stride) + 1", "= int((n_H_prev - f + 2 * pad) / stride)")], r"\+ 1 is missing"),
    ("conv_forward", of.CONV_FORWARD, [("a_prev_pad = A_prev_pad[i]", "a_prev_pad = A_prev_pad[0]")], "first one"),
    ("conv_forward", of.CONV_FORWARD, [("cache = (A_prev, W", "cache = (A_prev_pad, W")], "cache has the padded"),
    ("conv_forward", of.CONV_FORWARD, [("np.zeros((m, n_H, n_W, n_C))", "np.zeros((m, n_H, n_W, n_C), dtype=int)")], "dtype"),
    ("conv_backward", of.CONV_BACKWARD, [("dW[:, :, :, c] +=", "dW[:, :, :, c] =")], r"dW keeps only"),
    ("conv_backward", of.CONV_BACKWARD, [("da_prev_pad[pad:pad + n_H_prev, pad:pad + n_W_prev, :]", "da_prev_pad[pad:-pad, pad:-pad, :]")], "pad = 0"),
    ("conv_backward", of.CONV_BACKWARD, [("h * stride", "h"), ("w * stride", "w")], "stride is ignored"),
    ("pool_forward", of.POOL_FORWARD, [("stride * h", "h"), ("stride * w", "w")], "stride is ignored"),
    ("pool_forward", of.POOL_FORWARD, [("horiz_start:horiz_end, c]", "horiz_start:horiz_end]")], "all channels"),
    ("pool_backward", of.POOL_BACKWARD, [("average = dz / (n_H * n_W)", "average = dz")], "divide by f"),
    ("pool_backward", of.POOL_BACKWARD, [("mask = create_mask_from_window(a_prev_slice)\n", "mask = a_prev[:, :, c] == np.max(a_prev_slice)\n"), ("dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += mask *", "dA_prev[i, :, :, c] += mask *")], "mask compares values"),
    # Dense.
    ("linear_backward", of.DENSE, [("1 / m * np.dot(dZ", "np.dot(dZ"), ("1 / m * np.sum(dZ", "np.sum(dZ")], "1/m is missing in dW and db"),
    ("linear_backward", of.DENSE, [("dW = 1 / m * np.dot(dZ", "dW = np.dot(dZ")], "dW is not divided"),
    ("linear_backward", of.DENSE, [("axis=1, keepdims=True)\n    dA_prev", "axis=0, keepdims=True)\n    dA_prev")], "wrong axis"),
    ("linear_backward", of.DENSE, [("axis=1, keepdims=True)\n    dA_prev", "axis=1)\n    dA_prev")], "keepdims"),
    ("relu", of.DENSE, [("A = np.maximum(0, Z)\n    return A, Z", "Z[Z < 0] = 0\n    A = Z\n    return A, Z")], "in place"),
    ("relu_backward", of.DENSE, [("dZ = np.array(dA, copy=True)", "dZ = dA")], "in place"),
    ("L_model_forward", of.DENSE, [('parameters["b" + str(L)], "sigmoid")', 'parameters["b" + str(L)], "relu")')], "last layer has a ReLU"),
    ("building_dnn.compute_cost", of.DENSE, [("cost = -1 / m * np.sum(Y * np.log(AL)", "cost = -np.sum(Y * np.log(AL)")], "1/m is missing"),
    ("building_dnn.update_parameters", of.DENSE, [("for l in range(L):\n        parameters", "for l in range(L - 1):\n        parameters")], "last layer is not updated"),
    ("planar.backward_propagation", of.PLANAR, [("np.power(A1, 2)", "A1")], "1 - A1 \\*\\* 2"),
    ("propagate", of.LOGISTIC, [("db = 1 / m * np.sum(A - Y)", "db = np.sum(A - Y)")], "db is not divided"),
    ("compute_cost_with_regularization", of.REGULARIZATION, [("lambd / (2 * m)", "lambd / m")], "1/2 is missing"),
    ("forward_propagation_with_dropout", of.REGULARIZATION, [("    A1 = A1 / keep_prob\n", ""), ("    A2 = A2 / keep_prob\n", "")], "division by keep_prob"),
    ("update_parameters_with_adam", of.OPTIMIZATION, [("np.sqrt(s_corrected[d]) + epsilon", "np.sqrt(s_corrected[d] + epsilon)")], "inside of the root"),
    ("random_mini_batches", of.OPTIMIZATION, [("shuffled_Y = Y[:, permutation]", "shuffled_Y = Y[:, list(np.random.permutation(m))]")], "two permutations"),
    ("iou", of.OTHERS, [("max(xi2 - xi1, 0) * max(yi2 - yi1, 0)", "(xi2 - xi1) * (yi2 - yi1)")], "not cut at 0"),
]
