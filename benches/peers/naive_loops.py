"""Convolution and pooling as loops in numpy, as they are written to learn from."""


def conv_forward(A, W, b, pad):
    """A convolution at stride 1."""
    import numpy as np

    f, n_C = W.shape[0], W.shape[3]
    framed = np.pad(A, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    m, n_H, n_W = A.shape[0], framed.shape[1] - f + 1, framed.shape[2] - f + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    for example in range(m):
        picture = framed[example]
        for row in range(n_H):
            for column in range(n_W):
                for channel in range(n_C):
                    part = picture[row:row + f, column:column + f, :]
                    Z[example, row, column, channel] = np.sum(part * W[..., channel]) + float(b[0, 0, 0, channel])
    return [Z]


def conv_backward(dZ, A, W, pad):
    """The gradients of A, W and b."""
    import numpy as np

    f = W.shape[0]
    framed = np.pad(A, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    d_framed, dW, db = np.zeros(framed.shape), np.zeros(W.shape), np.zeros((1, 1, 1, W.shape[3]))
    for example in range(dZ.shape[0]):
        picture, d_picture = framed[example], d_framed[example]
        for row in range(dZ.shape[1]):
            for column in range(dZ.shape[2]):
                for channel in range(dZ.shape[3]):
                    slope = dZ[example, row, column, channel]
                    part = picture[row:row + f, column:column + f, :]
                    d_picture[row:row + f, column:column + f, :] += W[..., channel] * slope
                    dW[..., channel] += part * slope
                    db[..., channel] += slope
    return [d_framed[:, pad:framed.shape[1] - pad, pad:framed.shape[2] - pad, :], dW, db]


def pool_forward(A, shape, window):
    """The maxima of windows that lie side by side."""
    import numpy as np

    pooled = np.zeros(shape)
    for example in range(shape[0]):
        for row in range(shape[1]):
            top = row * window
            for column in range(shape[2]):
                left = column * window
                for channel in range(shape[3]):
                    part = A[example, top:top + window, left:left + window, channel]
                    pooled[example, row, column, channel] = np.max(part)
    return [pooled]


def pool_backward(dA, A, window):
    """The gradient of A, to every maximum of a window."""
    import numpy as np

    back = np.zeros(A.shape)
    for example in range(dA.shape[0]):
        for row in range(dA.shape[1]):
            top = row * window
            for column in range(dA.shape[2]):
                left = column * window
                for channel in range(dA.shape[3]):
                    where = (example, slice(top, top + window), slice(left, left + window), channel)
                    mask = A[where] == np.max(A[where])
                    back[where] += mask * dA[example, row, column, channel]
    return [back]
