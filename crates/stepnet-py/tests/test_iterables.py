"""Examples in the forms of other libraries: data sets with an index, batches, generators."""

import numpy as np
import pytest

import stepnet

TEXT = "flatten -> linear(2) -> softmax"


class Pairs:
    """As a data set of PyTorch: a length and an index, and no end by iteration."""

    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, at):
        return self.X[at], self.y[at]


class Tensor(np.ndarray):
    """An array that says that it is a tensor of PyTorch's."""


Tensor.__module__ = "torch"


def examples():
    random = np.random.default_rng(0)
    y = np.arange(20) % 2
    X = random.normal(size=(20, 3, 4, 2)).astype("f4") + y[:, None, None, None]
    return X, y


def trained(*given, **more):
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2), classes=2)
    net.fit(*given, epochs=2, verbose=False, **more)
    return net.get_weights()["linear1.weight"]


def test_all_forms_train_the_same():
    X, y = examples()
    expected = trained(X, y)
    batches = [(X[at : at + 6], y[at : at + 6]) for at in range(0, 20, 6)]
    front = np.moveaxis(X, -1, 1).view(Tensor)
    forms = [
        Pairs(X, y),
        Pairs(front, y),
        list(zip(X, y)),
        zip(X, y),
        (pair for pair in zip(X, y)),
        batches,
        ((front[at : at + 6], y[at : at + 6]) for at in range(0, 20, 6)),
        Pairs(X, np.eye(2)[y]),
    ]
    for number, form in enumerate(forms):
        assert np.array_equal(trained(form), expected), number


def test_evaluation_and_validation_take_them_too():
    X, y = examples()
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
    history = net.fit(Pairs(X, y), epochs=2, validation_data=Pairs(X, y), verbose=False)
    assert len(history["val_loss"]) == 2
    assert net.evaluate(zip(X, y)) == net.evaluate(X, y)


def test_what_is_no_pair_is_named():
    X, y = examples()
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
    with pytest.raises(TypeError, match="fit: y is missing, and X is"):
        net.fit(X)
    with pytest.raises(TypeError, match=r"X\[1\] is 5: expected y, or pairs"):
        net.fit([(X[0], 0), 5])
    with pytest.raises(ValueError, match="fit: X has no examples"):
        net.fit(iter([]))
    with pytest.raises(ValueError, match=r"X\[1\] has shape \(2, 4, 2\), but the first has \(3, 4, 2\)"):
        net.fit([(X[0], 0), (X[1][:2], 1)])
    with pytest.raises(TypeError, match="validation_data is"):
        net.fit(X, y, validation_data=5)


class Loader:
    """As PyTorch's ``DataLoader``: batches by iteration, their number as its length, and no index."""

    def __init__(self, *arrays, size=6):
        self.arrays, self.size = arrays, size

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __iter__(self):
        for at in range(0, len(self.arrays[0]), self.size):
            yield [array[at : at + self.size] for array in self.arrays]


class Stream:
    """As its ``IterableDataset``: examples by iteration, and nothing else."""

    def __init__(self, X, y):
        self.X, self.y = X, y

    def __iter__(self):
        return zip(self.X, self.y)


def test_loaders_and_streams_train_validate_and_evaluate():
    X, y = examples()
    front = np.moveaxis(X, -1, 1).view(Tensor)
    expected = trained(X, y)
    for form in (Loader(X, y), Loader(front, y.view(Tensor)), Loader(X, y, size=1), Loader(X, y, size=99), Stream(X, y)):
        assert np.array_equal(trained(form), expected)
        net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
        history = net.fit(form, epochs=2, validation_data=form, verbose=False)
        scores = net.evaluate(form)
        assert scores == net.evaluate(X, y)
        assert history["val_loss"][-1] == scores["loss"]


def test_predictions_leave_labels_out():
    X, y = examples()
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
    net.fit(X, y, epochs=2, verbose=False)
    expected = net.predict_proba(X)
    front = np.moveaxis(X, -1, 1).view(Tensor)
    forms = [
        Loader(X, y), Loader(X), Loader(front, y), Pairs(X, y), Stream(X, y), iter(X), (row.ravel() for row in X),
        Loader(X.reshape(20, -1), y), iter([X[:5], X[5:]]),
    ]
    for number, form in enumerate(forms):
        assert np.array_equal(net.predict_proba(form), expected), number
    assert np.array_equal(net.predict(Loader(X, y)), net.predict(X))
    assert net.predict(iter([])).shape == (0,)
    with pytest.raises(ValueError, match=r"predict: X\[1\] has shape \(2, 4, 2\), but the first has \(3, 4, 2\)"):
        net.predict(iter([X[0], X[1][:2]]))


def test_images_come_from_data_sets_too(tmp_path):
    image = pytest.importorskip("PIL.Image")
    images = [image.new("RGB", (5 + number, 6), (200 * (number % 2), 0, 9)) for number in range(6)]
    labels = [number % 2 for number in range(6)]
    net = stepnet.Network("flatten -> linear(2) -> softmax", input_shape=(4, 4, 3))
    net.fit(list(zip(images, labels)), epochs=3, verbose=False)
    assert np.array_equal(net.predict(Pairs(images, labels)), net.predict(images))
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for path, each in zip(paths, images):
        each.save(path)
    assert np.array_equal(net.predict_proba(path for path in paths), net.predict_proba(images))


def test_tensors_that_cannot_be_read_are_named():
    class Attached:
        shape = (3, 4, 2)

        def __array__(self, *_, **__):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
    with pytest.raises(TypeError, match=r"fit: X\[0\] cannot be read as an array: .*detach"):
        net.fit([(Attached(), 0)])
    with pytest.raises(TypeError, match="predict: X cannot be read as an array: .*detach"):
        net.predict(Attached())


class Counted(Pairs):
    """Counts what is fetched, and keeps none of it."""

    def __init__(self, X, y):
        super().__init__(X, y)
        self.fetched = []

    def __getitem__(self, at):
        self.fetched.append(at)
        example, label = super().__getitem__(at)
        return example.copy(), label


def test_examples_of_a_data_set_are_fetched_in_every_epoch():
    X, y = examples()
    counted = Counted(X, y)
    weights = trained(counted)
    # The first is asked what it is; then all are for their labels; then there are two epochs.
    assert counted.fetched[:21] == [0, *range(20)]
    assert sorted(counted.fetched[21:]) == sorted([*range(20)] * 2)
    assert np.array_equal(weights, trained(X, y))
    for values, dtype in ((X, "float64"), ((X * 100).astype(np.int64), "float32"), ((X * 99 % 256).astype(np.uint8), "float32")):
        net, same = (stepnet.Network(TEXT, input_shape=(3, 4, 2), classes=2, dtype=dtype) for _ in range(2))
        net.fit(Pairs(values, y), epochs=2, verbose=False, augment="flip")
        same.fit(values, y, epochs=2, verbose=False, augment="flip")
        assert np.array_equal(net.get_weights()["linear1.weight"], same.get_weights()["linear1.weight"]), values.dtype
        assert net.preprocessing == same.preprocessing
    numbers = stepnet.Network("linear(1)", 24, targets="numbers")
    numbers.fit(Pairs(X.reshape(20, -1), X[:, 0, 0, 0]), epochs=1, verbose=False)
    same = stepnet.Network("linear(1)", 24, targets="numbers")
    same.fit(X.reshape(20, -1), X[:, 0, 0, 0], epochs=1, verbose=False)
    assert np.array_equal(numbers.get_weights()["linear1.weight"], same.get_weights()["linear1.weight"])
    # Single precision does not hold these: they are read into memory.
    double = Counted(X.astype(np.float64), y)
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2), classes=2, dtype="float64")
    net.fit(double, epochs=3, verbose=False)
    assert len(double.fetched) == 1 + 20 + 20


def test_pictures_of_a_data_set_are_fetched_too():
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (5 + at % 3, 6, 3), dtype=np.uint8) for at in range(12)]
    y = np.arange(12) % 2
    net, same = (stepnet.Network(TEXT, input_shape=(3, 4, 3), classes=2) for _ in range(2))
    net.fit(Pairs(pictures, y), epochs=2, verbose=False)
    same.fit(pictures, y, epochs=2, verbose=False)
    assert np.array_equal(net.get_weights()["linear1.weight"], same.get_weights()["linear1.weight"])
    assert net.preprocessing == same.preprocessing


def test_what_a_data_set_raises_ends_the_training():
    X, y = examples()

    class Failing(Pairs):
        seen = 0

        def __getitem__(self, at):
            self.seen += 1
            if self.seen > 30:
                raise LookupError(f"example {at} has gone")
            return super().__getitem__(at)

    net = stepnet.Network(TEXT, input_shape=(3, 4, 2), classes=2)
    with pytest.raises(LookupError, match="has gone"):
        net.fit(Failing(X, y), epochs=3, verbose=False)
    assert np.isfinite(net.get_weights()["linear1.weight"]).all()

    class Changing(Pairs):
        seen = 0

        def __getitem__(self, at):
            self.seen += 1
            example, label = super().__getitem__(at)
            return (example[:2] if self.seen > 30 else example), label

    with pytest.raises(ValueError, match=r"fit: X\[\d+\] has shape \(2, 4, 2\), expected \(3, 4, 2\)"):
        net.fit(Changing(X, y), epochs=3, verbose=False)
    mixed = Pairs([X[0], np.zeros((9, 9, 2), np.uint8), *X[2:]], y)
    with pytest.raises((TypeError, ValueError), match=r"X\[1\]"):
        net.fit(mixed, epochs=1, verbose=False)
