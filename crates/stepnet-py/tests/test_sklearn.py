"""`stepnet.sklearn`: the estimator checks, and what people do with estimators."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_digits, make_moons, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from stepnet.sklearn import ConvNetClassifier, ConvNetRegressor

TINY = "conv(4, 3) -> relu -> linear(classes) -> softmax"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"class_weight": "balanced"},
        {"dtype": "float64", "optimizer": "adamw", "weight_decay": 0.01},
        {"network": "linear(32) -> leaky_relu -> linear(32) -> relu -> linear(classes) -> softmax"},
        {"network": "linear(32) -> relu -> linear(classes) -> sigmoid"},
    ],
    ids=str,
)
def test_the_estimator_checks(given):
    results = check_estimator(ConvNetClassifier(**given), on_fail=None, on_skip=None)
    failed = [(result["check_name"], result["exception"]) for result in results if result["status"] == "failed"]
    skipped = {result["check_name"] for result in results if result["status"] == "skipped"}
    assert not failed
    assert skipped <= {"check_array_api_input"}
    assert len(results) > 40


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"loss": "huber"},
        {"loss": "mean-absolute-error", "dtype": "float64"},
        {"network": "linear(32) -> leaky_relu -> linear(32) -> relu -> linear(outputs)"},
    ],
    ids=str,
)
def test_the_estimator_checks_of_the_regressor(given):
    results = check_estimator(ConvNetRegressor(**given), on_fail=None, on_skip=None)
    failed = [(result["check_name"], result["exception"]) for result in results if result["status"] == "failed"]
    skipped = {result["check_name"] for result in results if result["status"] == "skipped"}
    assert not failed
    assert skipped <= {"check_array_api_input"}
    assert len(results) > 40


def test_a_regressor_in_a_search_and_with_several_outputs():
    X, y = make_regression(200, n_features=5, n_targets=2, noise=1.0, random_state=0)
    regressor = ConvNetRegressor(random_state=0, learning_rate=0.01)
    scores = cross_val_score(make_pipeline(StandardScaler(), regressor), X, y, cv=3)
    assert scores.min() > 0.9
    search = GridSearchCV(regressor, {"epochs": [1, 30]}, cv=2).fit(X, y[:, 0])
    assert search.best_params_["epochs"] == 30
    fitted = search.best_estimator_
    assert fitted.predict(X).shape == (200,) and regressor.fit(X, y).predict(X).shape == (200, 2)
    other = clone(fitted).partial_fit(X, y[:, 0])
    before = other.score(X, y[:, 0])
    for _ in range(5):
        other.partial_fit(X, y[:, 0])
    assert other.score(X, y[:, 0]) > before
    images = np.random.RandomState(0).rand(120, 8, 8, 1)
    shaped = ConvNetRegressor(image_shape=(8, 8, 1), epochs=3, random_state=0)
    assert shaped.fit(images, images.mean(axis=(1, 2, 3))).predict(images).shape == (120,)
    with pytest.raises(TypeError, match="class_weight"):
        ConvNetRegressor(class_weight="balanced")


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


def test_pictures(digits):
    X, y = digits
    flat = ConvNetClassifier(image_shape=(8, 8, 1), epochs=5, random_state=0).fit(X[:1000] / 16, y[:1000])
    assert flat.score(X[1000:] / 16, y[1000:]) > 0.9
    pictures = (X / 16).reshape(-1, 8, 8, 1)
    shaped = ConvNetClassifier(image_shape=(8, 8, 1), epochs=5, random_state=0).fit(pictures[:1000], y[:1000])
    assert (shaped.predict_proba(pictures) == flat.predict_proba(X / 16)).all()
    assert flat.n_features_in_ == 64 and flat.history_.epochs == 5
    assert "conv(16, 3, same)" in str(flat.network_.summary())


def test_a_pipeline_and_cross_validation(digits):
    X, y = digits
    X, y = X[:600], y[:600]
    pipeline = make_pipeline(MinMaxScaler(), ConvNetClassifier(TINY, image_shape=(8, 8, 1), epochs=15, random_state=0))
    scores = cross_val_score(pipeline, X, y, cv=3)
    assert scores.min() > 0.75
    # Processes of their own get the network by pickle.
    assert (cross_val_score(pipeline, X, y, cv=3, n_jobs=2) == scores).all()


def test_a_search():
    X, y = make_moons(200, noise=0.1, random_state=0)
    pipeline = make_pipeline(StandardScaler(), ConvNetClassifier(random_state=0, learning_rate=0.01))
    grid = {"convnetclassifier__epochs": [1, 30], "convnetclassifier__l2": [0.0, 0.01]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_params_["convnetclassifier__epochs"] == 30
    assert search.best_score_ > 0.9
    other = pickle.loads(pickle.dumps(search))
    assert (other.predict_proba(X) == search.predict_proba(X)).all()


@pytest.mark.parametrize("labels", [np.array(["no", "yes"]), np.array([2.0, 5.0]), np.array([False, True]), np.array(["b", "a"], dtype=object)], ids=str)
def test_labels_come_back_as_they_were(labels):
    X, numbers = make_moons(200, noise=0.1, random_state=0)
    y = labels[numbers]
    classifier = ConvNetClassifier(epochs=60, learning_rate=0.01, random_state=0, class_weight={labels[0]: 1.5}).fit(X, y)
    assert classifier.predict(X).dtype == y.dtype
    assert (classifier.classes_ == np.unique(y)).all()
    assert classifier.score(X, y) > 0.9
    chances = classifier.predict_proba(X)
    assert (classifier.classes_[chances.argmax(axis=1)] == classifier.predict(X)).all()


def test_the_saved_network_knows_the_classes(tmp_path):
    import stepnet

    X, numbers = make_moons(100, noise=0.1, random_state=0)
    y = np.array(["lower", "upper"], dtype=object)[numbers]
    classifier = ConvNetClassifier(random_state=0).fit(X, y)
    classifier.network_.save(tmp_path / "moons.safetensors")
    loaded = stepnet.Network.load(tmp_path / "moons.safetensors")
    assert (loaded.predict(X) == classifier.predict(X)).all()


def test_the_random_state():
    X, y = make_moons(100, noise=0.1, random_state=0)
    def chances(state):
        return ConvNetClassifier(random_state=state, epochs=2).fit(X, y).predict_proba(X)

    assert (chances(3) == chances(3)).all()
    assert (chances(3) != chances(4)).any()
    assert (chances(None) != chances(None)).any()
    assert (chances(np.random.RandomState(3)) == chances(np.random.RandomState(3))).all()
    copy = clone(ConvNetClassifier(TINY, image_shape=(8, 8, 1), random_state=5))
    assert copy.get_params()["network"] == TINY and copy.random_state == 5


@pytest.mark.parametrize(
    ("match", "given", "shape"),
    [
        ("has one class only", {}, (10, 3)),
        (r"image_shape is \(8, 8\)", {"image_shape": (8, 8)}, (10, 64)),
        (r"expected \(examples, 8, 8, 1\)", {"image_shape": (8, 8, 1)}, (10, 7)),
        (r"expected \(examples, 8, 8, 1\); its channels are in front", {"image_shape": (8, 8, 1)}, (10, 1, 8, 8)),
        (r"for pictures, image_shape=\(8, 8, 1\)", {}, (10, 8, 8, 1)),
        ("contains NaN", {}, None),
        ('did you mean "linear"', {"network": "lineer(classes) -> softmax"}, (10, 3)),
        ("2 classes apart", {"network": "linear(2) -> softmax"}, (12, 3)),
    ],
)
def test_what_is_refused(match, given, shape):
    X = np.full((10, 3), np.nan) if shape is None else np.zeros(shape)
    y = np.zeros(len(X), int) if "one class" in match else np.arange(len(X)) % 3
    with pytest.raises(ValueError, match=match):
        ConvNetClassifier(**given).fit(X, y)


def test_partial_fits_go_on_and_fits_start_anew():
    X, y = load_digits(return_X_y=True)
    X, y = X[:200] / 16, y[:200]
    given = {"epochs": 3, "schedule": "constant", "random_state": 0}
    whole, parts = ConvNetClassifier(**given).fit(X, y), ConvNetClassifier(**given)
    for _ in range(3):
        parts.partial_fit(X, y, classes=np.unique(y))
    np.testing.assert_array_equal(whole.predict_proba(X), parts.predict_proba(X))
    before = whole.predict_proba(X)
    np.testing.assert_array_equal(whole.fit(X, y).predict_proba(X), before)
    with pytest.raises(ValueError, match="classes is None"):
        ConvNetClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match="those of the first call"):
        parts.partial_fit(X, y, classes=[0, 1])
    steady = ConvNetClassifier(random_state=0)
    steady.partial_fit(X, y, classes=range(10))
    assert steady.partial_fit(X, y).history_["learning_rate"] == steady.history_["learning_rate"]
    assert steady.history_["learning_rate"][0] > 0
