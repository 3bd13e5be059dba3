"""`stepnet.data`: the digits, and what is read from files."""

import numpy as np
import pytest

import stepnet


def test_digits():
    X, y = stepnet.data.digits()
    assert X.shape == (1797, 8, 8, 1) and X.dtype == np.float32
    assert X.min() == 0 and X.max() == 1
    assert (np.bincount(y) > 170).all() and len(np.unique(y)) == 10


def test_digits_are_those_of_scikit_learn():
    theirs = pytest.importorskip("sklearn.datasets").load_digits()
    X, y = stepnet.data.digits()
    np.testing.assert_array_equal(X[..., 0] * 16, theirs.images)
    np.testing.assert_array_equal(y, theirs.target)


@pytest.fixture
def pictures(tmp_path):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name, low in (("bright", 200), ("dark", 0)):
        (tmp_path / name).mkdir()
        for number in range(4):
            values = rng.integers(low, low + 50, (6, 5, 3)).astype(np.uint8)
            image.fromarray(values).save(tmp_path / name / f"{number}.png")
    return tmp_path


def test_a_folder_of_pictures(pictures):
    X, y = stepnet.data.load(pictures)
    assert X.shape == (8, 6, 5, 3) and X.dtype == np.uint8
    assert sorted(y) == ["bright"] * 4 + ["dark"] * 4
    assert (X[y == "bright"] >= 200).all() and (X[y == "dark"] < 50).all()
    X, _ = stepnet.data.load(str(pictures), size=(3, 4, 1), resize="crop")
    assert X.shape == (8, 3, 4, 1)
    net = stepnet.Network("linear(classes) -> softmax", (3, 4, 1), classes=np.unique(y))
    net.fit(X, y, epochs=50, learning_rate=0.05, verbose=False)
    assert (net.predict(X) == y).all()


def test_a_file_of_arrays(tmp_path):
    X = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
    np.savez(tmp_path / "data.npz", x_train=X, y_train=[3, 1, 3, 1])
    taken, y = stepnet.data.load(tmp_path / "data.npz")
    np.testing.assert_allclose(taken[..., 0] * X.max(), X)
    assert y.tolist() == [3, 1, 3, 1]


def test_pictures_that_cannot_be_read(pictures):
    (pictures / "dark" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    with pytest.raises(ValueError, match="bad.png.*skip_bad=True leaves"):
        stepnet.data.load(pictures)
    with pytest.warns(UserWarning, match="bad.png"):
        X, _ = stepnet.data.load(pictures, skip_bad=True)
    assert len(X) == 8


@pytest.mark.parametrize(
    ("error", "match", "given"),
    [
        (ValueError, "part is 'all'", {"part": "all"}),
        (ValueError, "size is 5", {"size": 5}),
        (ValueError, r"size is \(3, 3\)", {"size": (3, 3)}),
        (ValueError, "is 0, expected at least 1", {"size": (0, 3, 3)}),
        (ValueError, "resize", {"resize": "squeeze"}),
    ],
)
def test_what_is_refused(pictures, error, match, given):
    with pytest.raises(error, match=match) as told:
        stepnet.data.load(pictures, **given)
    assert "\n" not in str(told.value)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        stepnet.data.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ("label,class,a\n1,1,2\n", "label, class could all hold the labels: choose one with label_column$"),
        ("a,b,c\n1,2,3\n", "no column named label, class, target or y in .*a, b, c: name the label column with label_column$"),
        ("".join(f"{n},5,6,{n % 2}\n" for n in range(30)), "columns 2 to 4: give its number with label_column$"),
    ],
)
def test_tables_without_a_label_column(tmp_path, table, match):
    (tmp_path / "table.csv").write_text(table)
    with pytest.raises(ValueError, match=match):
        stepnet.data.load(tmp_path / "table.csv")


def test_images_without_labels(tmp_path):
    np.save(tmp_path / "images.npy", np.ones((4, 3, 2)))
    with pytest.raises(ValueError, match="give the npy file of the labels with labels$"):
        stepnet.data.load(tmp_path / "images.npy")


def test_notes_are_warnings_once_each(pictures):
    (pictures / "bright" / "readme.txt").write_text("what these are")
    with pytest.warns(UserWarning) as told:
        X, _ = stepnet.data.load(pictures)
    assert len(X) == 8
    words = [str(warning.message) for warning in told]
    assert len(words) == len(set(words)) == 1 and "readme.txt" in words[0], words
    assert told[0].filename == __file__


def test_a_class_without_examples_is_noted(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.ones((4, 3, 2)), y=[3, 1, 3, 1])
    with pytest.warns(UserWarning, match="^no example of class 0, 2$"):
        stepnet.data.load(tmp_path / "data.npz")


def test_the_label_column_and_a_file_of_labels(tmp_path, pictures):
    table = tmp_path / "table.csv"
    table.write_text("a,kind,b\n1,0,2\n3,1,4\n", encoding="utf-8")
    X, y = stepnet.data.load(table, label_column="kind", scale=False)
    assert X.reshape(2, -1).tolist() == [[1, 2], [3, 4]] and y.tolist() == [0, 1]
    listed = tmp_path / "list.csv"
    lines = [f"{name}/{number}.png,{name[0]}{number % 2}" for name in ("bright", "dark") for number in range(4)]
    listed.write_text("file,kind\n" + "\n".join(lines), encoding="utf-8")
    X, y = stepnet.data.load(listed)
    assert X.shape == (8, 6, 5, 3) and y.tolist() == ["b0", "b1", "b0", "b1", "d0", "d1", "d0", "d1"]
    np.save(tmp_path / "x.npy", np.arange(8, dtype="u1").reshape(2, 2, 2))
    np.save(tmp_path / "y.npy", np.array([1, 0]))
    X, y = stepnet.data.load(tmp_path / "x.npy", labels=tmp_path / "y.npy", scale=False)
    assert X.shape == (2, 2, 2, 1) and y.tolist() == [1, 0]


def test_the_help_lists_the_formats():
    text = stepnet.data.load.__doc__
    for words in ("PNG, JPEG, WebP", "a zip archive of images", "Parquet", "an IDX file"):
        assert words in text, words
    assert "FORMATS" not in text and "IMAGES" not in text
