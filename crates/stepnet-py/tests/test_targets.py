"""Targets that are numbers or labels: training, predictions, measures, refusals."""

import pickle

import numpy as np
import pytest

import stepnet
from stepnet import Network

RANDOM = np.random.RandomState(0)
X = RANDOM.rand(300, 6).astype(np.float32)
NUMBERS = np.stack([1000 * X[:, 0] + 300 * X[:, 1], 7 - 0.01 * X[:, 2]], axis=1)
NUMBERS += RANDOM.randn(300, 2) * (10, 1e-4)
MARKS = np.stack([X[:, 0] > 0.5, X[:, 1] > 0.4, X[:, 2] > 0.7], axis=1).astype(int)


def regression(loss=None, **others):
    net = Network("linear(outputs)", 6, targets="numbers", outputs=["big", "small"], loss=loss, seed=1)
    net.fit(X, NUMBERS, epochs=120, learning_rate=0.03, verbose=False, **others)
    return net


@pytest.mark.parametrize("loss", [None, "mean-absolute-error", "huber"])
def test_numbers_are_learnt_in_their_units(loss):
    net = regression(loss, validation_data=(X[:100], NUMBERS[:100]))
    found = net.evaluate(X, NUMBERS)
    assert set(found) == {"loss", "r2", "mae", "rmse"}
    assert found["r2"] > 0.99
    predicted = net.predict(X)
    assert predicted.shape == (300, 2)
    errors = np.abs(predicted - NUMBERS).mean(axis=0)
    each = net.evaluate_outputs(X, NUMBERS)
    assert list(each) == ["big", "small"] == net.output_names
    assert np.allclose(errors, [each["big"]["mae"], each["small"]["mae"]], rtol=1e-3)
    assert set(net.history) == {"loss", "val_loss", "val_r2", "val_mae", "val_rmse", "learning_rate", "seconds"}
    assert net.targets == "numbers" and net.classes_ is None
    assert "R2" in repr(net.history) or "val_r2" in repr(net.history)


def test_measures_are_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    net = regression()
    predicted, found = net.predict(X), net.evaluate(X, NUMBERS)
    assert np.isclose(found["r2"], metrics.r2_score(NUMBERS, predicted), rtol=1e-4)
    assert np.isclose(found["mae"], metrics.mean_absolute_error(NUMBERS, predicted), rtol=1e-4)
    labels = Network("linear(3) -> sigmoid", 6, targets="labels", seed=1)
    labels.fit(X, MARKS, epochs=20, learning_rate=0.02, verbose=False)
    chances, found = labels.predict_proba(X), labels.evaluate(X, MARKS)
    assert np.isclose(found["mean_average_precision"], metrics.average_precision_score(MARKS, chances), rtol=1e-6)
    assert np.isclose(found["f1"], metrics.f1_score(MARKS, labels.predict(X), average="macro"))
    assert np.isclose(found["subset_accuracy"], metrics.accuracy_score(MARKS, labels.predict(X)))
    for text in ("linear(2) -> softmax", "linear(1) -> sigmoid"):
        two = Network(text, 6, seed=1)
        two.fit(X, MARKS[:, 0], epochs=5, verbose=False)
        found, chance = two.evaluate(X, MARKS[:, 0]), two.predict_proba(X)[:, 1]
        assert np.isclose(found["roc_auc"], metrics.roc_auc_score(MARKS[:, 0], chance), rtol=1e-5)
        assert np.isclose(found["average_precision"], metrics.average_precision_score(MARKS[:, 0], chance), rtol=1e-5)


def test_the_kind_of_targets_is_seen():
    net = Network("linear(1)", 6, seed=1)
    net.fit(X, NUMBERS[:, 0], epochs=1, verbose=False)
    assert net.targets == "numbers" and net.predict(X).shape == (300,)
    assert net.output_names == ["y"]
    net = Network("linear(3) -> sigmoid", 6, seed=1)
    net.fit(X, MARKS, epochs=1, verbose=False)
    assert net.targets == "labels" and net.output_names == ["0", "1", "2"]
    one_hot = np.eye(3, dtype=int)[np.arange(300) % 3]
    net = Network("linear(3) -> sigmoid", 6, seed=1)
    net.fit(X, one_hot, epochs=1, verbose=False)
    assert net.targets == "classes"
    net = Network("linear(3)", 6, seed=1)
    net.fit(X, np.arange(300) % 3, epochs=1, verbose=False)
    assert net.targets == "classes"


def test_labels_are_predicted_as_rows_of_0_and_1():
    net = Network("linear(outputs) -> sigmoid", 6, targets="labels", outputs=["a", "b", "c"], seed=1)
    net.fit(X, MARKS, epochs=120, learning_rate=0.05, verbose=False, validation_data=(X, MARKS), early_stop=20)
    predicted = net.predict(X)
    assert predicted.shape == MARKS.shape and set(np.unique(predicted)) == {0, 1}
    assert (predicted == MARKS).mean() > 0.9
    assert "val_mean_average_precision" in net.history and "accuracy" not in net.history
    assert net.predict_proba(X).shape == MARKS.shape


def test_a_network_is_kept_with_its_targets(tmp_path):
    net = regression()
    net.save(tmp_path / "net.safetensors")
    loaded = Network.load(tmp_path / "net.safetensors")
    for other in (loaded, pickle.loads(pickle.dumps(net))):
        assert other.targets == "numbers" and other.output_names == ["big", "small"]
        assert (other.predict(X) == net.predict(X)).all()
    # Other data keeps the unit of the first.
    before = loaded.predict(X)
    loaded.fit(X, NUMBERS + 1e6, epochs=1, learning_rate=1e-9, verbose=False)
    assert np.allclose(loaded.predict(X), before, rtol=1e-3)


def test_values_are_explained_and_gradients_checked():
    net = regression("huber")
    assert net.gradcheck(X, NUMBERS, jitter=0)
    told = net.why(X[0], at="linear1[0]", gradient=True, label=[500, 7])
    assert told and "of target 500, 7" in str(told)
    net = Network("linear(3) -> sigmoid", 6, targets="labels", outputs=["a", "b", "c"], seed=1)
    assert net.gradcheck(X, MARKS, jitter=0)
    for label in (["a", "c"], [1, 0, 1], "a,c"):
        assert "of target a, c" in str(net.why(X[0], at="linear1[0]", gradient=True, label=label))


def test_a_table_has_its_targets(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b,width,height\n1,2,0.5,1\n3,4,-1,0\n")
    values, y = stepnet.data.load(path, targets="numbers", label_column="width", scale=False)
    assert values.shape[0] == 2 and (y == [0.5, -1]).all()
    _, y = stepnet.data.load(path, targets="numbers", label_column="width,height")
    assert y.shape == (2, 2)
    with pytest.raises(ValueError, match="0 or 1"):
        stepnet.data.load(path, targets="labels", label_column="width")
    with pytest.raises(ValueError, match='targets is "things"|targets is .things.'):
        stepnet.data.load(path, targets="things")


@pytest.mark.parametrize(
    ("y", "settings", "said"),
    [
        (NUMBERS[:, :1], {}, r"fit: y has shape \(300, 1\), expected \(300, 2\)"),
        (NUMBERS[:10], {}, "fit: y has 10 rows, expected 300"),
        (np.where(X[:, :2] > 0.9, np.nan, 1.0), {}, r"fit: y\[\d+, \d\] is nan, expected a finite number"),
        (NUMBERS, {"class_weight": "balanced"}, "the targets are numbers, not classes"),
        (NUMBERS, {"class_weight": {0: 2}}, "the targets are numbers, not classes"),
        (NUMBERS, {"balance": "sampling"}, "the targets are numbers, not classes"),
        (NUMBERS, {"label_smoothing": 0.1}, "the targets are numbers, not classes"),
        (NUMBERS, {"augment": "mixup(0.2)"}, "no mixup"),
    ],
    ids=str,
)
def test_what_numbers_cannot_be_is_said(y, settings, said):
    net = Network("linear(2)", 6, targets="numbers")
    with pytest.raises(ValueError, match=said):
        net.fit(X, y, epochs=1, verbose=False, **settings)


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        ("linear(2) -> softmax", {"targets": "numbers"}, "because the targets are numbers"),
        ("linear(2)", {"targets": "labels"}, "ends in sigmoid"),
        ("linear(2)", {"targets": "things"}, 'Network: targets is "things"'),
        ("linear(2)", {"outputs": 2}, "targets is expected"),
        ("linear(3)", {"targets": "numbers", "outputs": 2}, r"3 output\(s\), but the data has 2"),
        ("linear(2) -> softmax", {"loss": "huber"}, None),
        ("linear(2)", {"loss": "square"}, "mean-absolute-error or huber"),
    ],
)
def test_networks_and_targets_that_do_not_fit(text, given, said):
    if said is None:
        assert Network(text, 6, **given)._net.loss == "huber"
        return
    with pytest.raises(ValueError, match=said):
        Network(text, 6, **given)


def test_labels_that_are_neither_0_nor_1():
    net = Network("linear(3) -> sigmoid", 6, targets="labels")
    with pytest.raises(ValueError, match=r"fit: y\[0, 0\] is 0\.5, expected 0 or 1"):
        net.fit(X, np.full((300, 3), 0.5), epochs=1, verbose=False)
    with pytest.raises(ValueError, match="predict_proba"):
        regression().predict_proba(X)
    with pytest.raises(ValueError, match="the targets are classes"):
        Network("linear(2) -> softmax", 6).evaluate_outputs(X, MARKS[:, 0])


def test_callbacks_watch_the_measures_of_numbers():
    X = np.random.default_rng(2).random((100, 4)).astype(np.float32)
    y = X @ np.arange(1.0, 5.0)
    for monitor, better in (("val_r2", max), ("val_mae", min)):
        net = stepnet.Network("linear(1)", input_shape=4, targets="numbers")
        stopping = stepnet.callbacks.EarlyStopping(monitor, patience=50)
        history = net.fit(X, y, validation_data=(X, y), epochs=4, verbose=False, callbacks=stopping)
        assert stopping.best == better(history[monitor])
    with pytest.raises(ValueError, match="'val_r2'; an epoch has loss, accuracy, val_loss"):
        net = stepnet.Network("linear(2) -> softmax", input_shape=4)
        stopping = stepnet.callbacks.EarlyStopping("val_r2")
        labels = y > y.mean()
        net.fit(X, labels, validation_data=(X, labels), epochs=1, verbose=False, callbacks=stopping)


def table(path, columns, rows):
    lines = [",".join(columns), *(",".join(f"{value:g}" for value in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_path_is_evaluated_with_its_columns_found_by_name(tmp_path):
    net = regression()
    wanted = net.evaluate(X.astype(float).round(5), NUMBERS.round(3))
    inputs = [f"x{at}" for at in range(6)]
    # In another order than the network's outputs.
    swapped = np.hstack([NUMBERS[:, 1:].round(3), X.round(5), NUMBERS[:, :1].round(3)])
    path = table(tmp_path / "numbers.csv", ["small", *inputs, "big"], swapped)
    found = net.evaluate(path)
    assert found == pytest.approx(wanted, rel=1e-3) and found["r2"] > 0.9
    assert net.evaluate_outputs(path)["small"]["mae"] < 1 < net.evaluate_outputs(path)["big"]["mae"]
    lacking = table(tmp_path / "lacking.csv", ["small", *inputs, "large"], swapped)
    with pytest.raises(ValueError, match="lacking.csv.*small, x0, x1, x2, x3, x4, x5, large"):
        net.evaluate(lacking)
    marks = Network("linear(outputs) -> sigmoid", 6, targets="labels", outputs=["a", "b", "c"], seed=1)
    marks.fit(X, MARKS, epochs=20, learning_rate=0.02, verbose=False)
    wanted = marks.evaluate(X.round(5), MARKS)
    path = table(tmp_path / "labels.csv", ["c", "b", "a", *inputs], np.hstack([MARKS[:, ::-1], X.round(5)]))
    assert marks.evaluate(path) == pytest.approx(wanted, rel=1e-3)
    with pytest.raises(ValueError, match="numbers.csv"):
        marks.evaluate(tmp_path / "numbers.csv")
