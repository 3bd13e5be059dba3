"""Examples and labels as pandas has them: columns of every type, an index of any kind, missing values."""

import numpy as np
import pytest

import stepnet
from stepnet.sklearn import ConvNetClassifier

pd = pytest.importorskip("pandas")

X = np.random.default_rng(0).normal(size=(40, 4)).astype("f4")
Y = (X[:, 0] > 0).astype(int)
WORDS = np.array(["no", "yes"])[Y]
# No index that counts from 0, and another one for the labels.
FRAME = pd.DataFrame(X, columns=list("abcd"), index=np.arange(140, 100, -1))
LABELS = pd.Series(Y, index=[f"row {number}" for number in range(40)])
MISSING = np.arange(40) == 3


def trained(examples, labels, outputs=2, **more):
    net = stepnet.Network(f"linear({outputs}) -> softmax", input_shape=(4,))
    net.fit(examples, labels, epochs=3, verbose=False, **more)
    return net


EXPECTED = trained(X, Y)


def same(net):
    return np.array_equal(net.get_weights()["linear1.weight"], EXPECTED.get_weights()["linear1.weight"])


@pytest.mark.parametrize("dtype", ["float32", "float64", "Float32", "float32[pyarrow]", "object", "Sparse[float32]"])
def test_frames_of_every_type_are_their_values(dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    frame = FRAME.astype("float32").astype(dtype)
    net = trained(frame, LABELS)
    assert same(net)
    assert np.array_equal(net.predict(frame.iloc[:5]), EXPECTED.predict(X[:5]))
    assert net.evaluate(frame, LABELS) == EXPECTED.evaluate(X, Y)
    assert len(trained(frame, LABELS, validation_data=(frame, LABELS)).history["val_loss"]) == 3


@pytest.mark.parametrize("dtype", ["bool", "boolean", "bool[pyarrow]"])
def test_columns_of_truth_values_are_0_and_1(dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    positive = trained((FRAME > 0).astype(dtype), LABELS)
    assert np.array_equal(positive.outputs((FRAME > 0).astype(dtype)), positive.outputs((X > 0).astype("f4")))
    mixed = FRAME.assign(b=(FRAME.b > 0).astype(dtype), c=FRAME.c.round().astype("int64"))
    values = np.column_stack([X[:, 0], X[:, 1] > 0, X[:, 2].round(), X[:, 3]])
    assert np.array_equal(EXPECTED.outputs(mixed), EXPECTED.outputs(values))


@pytest.mark.parametrize("labels", [
    LABELS.astype("int8"), LABELS.astype("Int64"), LABELS.astype(float), LABELS.astype("category"), LABELS.to_frame(),
    pd.Index(Y), LABELS.astype("int64[pyarrow]"),
])
def test_numbers_as_labels(labels):
    net = trained(FRAME, labels)
    assert same(net) and net.classes_.tolist() == [0, 1]
    assert net.predict(FRAME).dtype == np.int64


@pytest.mark.parametrize("dtype", ["object", "str", "string", "string[pyarrow]", "category"])
def test_strings_as_labels(dtype):
    net = trained(FRAME, pd.Series(WORDS, index=FRAME.index).astype(dtype))
    assert same(net) and net.classes_.tolist() == ["no", "yes"]
    assert net.predict(FRAME).tolist() == net.classes_[EXPECTED.predict(X)].tolist()


@pytest.mark.parametrize("dtype", ["bool", "boolean", "bool[pyarrow]"])
def test_truth_values_as_labels(dtype):
    net = trained(FRAME, LABELS.astype(bool).astype(dtype))
    assert same(net) and net.classes_.tolist() == [False, True]


def test_categories_name_classes_that_no_example_has_and_their_order():
    categories = pd.CategoricalDtype(["maybe", "no", "yes"])
    net = trained(FRAME, pd.Series(WORDS).astype(categories), outputs=3)
    assert net.classes_.tolist() == ["maybe", "no", "yes"]
    turned = trained(FRAME, pd.Series(WORDS).astype(pd.CategoricalDtype(["yes", "no"], ordered=True)))
    assert turned.classes_.tolist() == ["yes", "no"]
    assert turned.evaluate(FRAME, pd.Series(WORDS))["accuracy"] == turned.evaluate(FRAME, WORDS)["accuracy"]


@pytest.mark.parametrize(("column", "told"), [
    ("x", "such as 'x' in column 'b'"),
    (pd.Categorical(["x"] * 40), "such as 'x' in column 'b'"),
    (pd.Timestamp("2020-01-01"), r"such as Timestamp\('2020-01-01 00:00:00'\) in column 'b'"),
    (pd.array([None] * 40, "Float32"), "such as <NA> in column 'b'"),
])
def test_a_column_that_is_no_number_is_named(column, told):
    frame = FRAME.assign(b=column)
    for call in (lambda: trained(frame, LABELS), lambda: EXPECTED.predict(frame)):
        with pytest.raises(TypeError, match=told):
            call()


@pytest.mark.parametrize("labels", [
    LABELS.astype("Int64").mask(MISSING), LABELS.astype(float).mask(MISSING), pd.Series(WORDS).mask(MISSING),
    pd.Series(WORDS, dtype="string").mask(MISSING), pd.Series(WORDS).mask(MISSING).astype("category"),
    LABELS.astype("boolean").mask(MISSING),
])
def test_a_missing_label_is_named(labels):
    with pytest.raises(ValueError, match=r"fit: y\[3\] is (nan|<NA>|None), .*expected classes"):
        trained(FRAME, labels)


def test_what_has_another_shape_is_told():
    with pytest.raises(ValueError, match=r"fit: X has shape \(40, 3\), expected \(examples, 4\)"):
        trained(FRAME[list("abc")], LABELS)
    with pytest.raises(ValueError, match=r"fit: X has shape \(40,\)"):
        trained(FRAME["a"], LABELS)
    with pytest.raises(ValueError, match="y has 39 labels, expected 40"):
        trained(FRAME, LABELS[:-1])
    with pytest.raises(TypeError, match="fit: y is missing"):
        trained(FRAME, None)
    with pytest.raises(TypeError, match="y is of type datetime64"):
        trained(FRAME, pd.Series(pd.date_range("2020-01-01", periods=40)))


def test_columns_of_paths_are_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    table = pd.DataFrame({"file": [str(tmp_path / f"{number}.png") for number in range(6)], "label": list("ababab")}, index=range(9, 3, -1))
    for number, path in enumerate(table["file"]):
        image.new("RGB", (9, 7), (40 * (number % 2), 10 * number, 0)).save(path)
    net = stepnet.Network("flatten -> linear(2) -> softmax", input_shape=(4, 4, 3))
    net.fit(table["file"], table["label"], epochs=2, verbose=False)
    assert net.classes_.tolist() == ["a", "b"]
    expected = net.predict_proba([image.open(path) for path in table["file"]])
    assert np.array_equal(net.predict_proba(table["file"]), expected)
    if "string" in str(table["file"].astype("string").dtype):
        assert np.array_equal(net.predict_proba(table["file"].astype("string")), expected)


def test_the_classifier_takes_frames():
    classifier = ConvNetClassifier(network="linear(classes) -> softmax", epochs=3).fit(FRAME, pd.Series(WORDS).astype("category"))
    assert classifier.feature_names_in_.tolist() == list("abcd")
    assert classifier.predict(FRAME).tolist() == classifier.predict(FRAME[list("abcd")]).tolist()
    assert set(classifier.classes_) == {"no", "yes"}
