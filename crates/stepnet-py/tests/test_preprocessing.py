"""What a model file says of raw values is what Python does with them; pictures as the command takes them."""

import dataclasses
import json
import os
import pickle
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest

import stepnet
from stepnet import Network, Preprocessing

TEXT = "linear(10) -> softmax"


@pytest.fixture(scope="module")
def raw():
    return stepnet.data.digits(scale=False)


@pytest.fixture(scope="module")
def command():
    """The command, where it was built."""
    root = Path(__file__).parents[3]
    made = [os.environ.get("STEPNET_COMMAND"), root / "target/release/stepnet", root / "target/debug/stepnet"]
    found = [path for path in made if path and Path(path).is_file()]
    if not found:
        pytest.skip("the command is not built (cargo build), or not named by STEPNET_COMMAND")

    def run(*line, cwd):
        done = subprocess.run([str(found[0]), *map(str, line)], cwd=cwd, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def by_the_command(command, folder, name, X, y, *options):
    """A model that the command has trained, and how good it says it is on the same values."""
    np.savez(folder / f"{name}.npz", x=X, y=y)
    line = ["train", f"{name}.npz", "--model", TEXT, "--epochs", 5, "--out", name, *options]
    command(*line, cwd=folder)
    told = command("evaluate", f"{name}/model.safetensors", f"{name}.npz", "--json", cwd=folder)
    return Network.load(folder / name / "model.safetensors"), json.loads(told)


@pytest.mark.parametrize("options", [(), ("--standardize",)])
@pytest.mark.parametrize("kind", ["uint8 to 16", "uint8 to 200", "float to 16", "float to 1", "float from -1", "int64", "halves"])
def test_models_of_the_command_give_the_same_in_python(command, raw, tmp_path, kind, options):
    X, y = raw
    X = {
        "uint8 to 16": X, "uint8 to 200": X * 12, "float to 16": X.astype(np.float64), "float to 1": X / np.float32(16),
        "float from -1": X / np.float32(8) - 1, "int64": X.astype(np.int64) * 3, "halves": X / np.float32(2),
    }[kind]
    net, told = by_the_command(command, tmp_path, "net", X, y, *options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = net.evaluate(X, y)
        by_path = net.evaluate(tmp_path / "net.npz")
    assert found == by_path
    assert found["accuracy"] == pytest.approx(told["accuracy"], abs=1e-12)
    assert found["loss"] == pytest.approx(told["loss"], rel=1e-6)
    assert bool(net.preprocessing.mean) == bool(options)
    # And back again.
    net.save(tmp_path / "again.safetensors")
    again = json.loads(command("evaluate", "again.safetensors", "net.npz", "--json", cwd=tmp_path))
    assert (again["accuracy"], again["loss"]) == (told["accuracy"], told["loss"])
    # Training goes on with the same division.
    net.fit(X, y, epochs=2, verbose=False)
    assert net.preprocessing == Network.load(tmp_path / "again.safetensors").preprocessing
    assert net.evaluate(X, y)["loss"] < found["loss"]


def test_a_model_of_the_command_on_values_that_are_divided_already(command, raw, tmp_path):
    X, y = raw
    net, told = by_the_command(command, tmp_path, "net", X, y)
    with pytest.warns(UserWarning, match=r"evaluate: X has values from 0 to 1, but .* up to 16, .* divides by 16 itself"):
        found = net.evaluate(*stepnet.data.digits())
    assert found["accuracy"] == pytest.approx(told["accuracy"], abs=1e-12)


@pytest.mark.parametrize("resize", ["stretch", "crop", "fit"])
def test_pictures_are_brought_to_the_network_as_the_command_does_it(command, tmp_path, resize):
    Image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    files = {}
    for name in ("ant", "bee"):
        (tmp_path / "train" / name).mkdir(parents=True)
        for at in range(12):
            values = rng.integers(0, 256, (20 + at, 30, 3)) // (3 if name == "ant" else 1)
            path = tmp_path / "train" / name / f"{at}.png"
            Image.fromarray(values.astype(np.uint8)).save(path)
            files[path] = name
    line = ["train", "train", "--model", "linear(2) -> softmax", "--input", "8x8x3", "--resize", resize, "--epochs", 3]
    command(*line, "--out", "net", cwd=tmp_path)
    net = Network.load(tmp_path / "net" / "model.safetensors")
    assert net.preprocessing.resize == resize and list(net.classes_) == ["ant", "bee"]
    told = command("predict", "net/model.safetensors", *files, "--csv", "-", "--top", 2, cwd=tmp_path).splitlines()
    shares = net.predict_proba(list(files))
    for row, path, share, label in zip(told[-len(files):], files, shares, net.predict(list(files))):
        assert str(path) in row and label in row.split(",")[1]
        assert float(row.split(",")[2]) == pytest.approx(share.max(), abs=1e-5)
    images = [Image.open(path) for path in files]
    for others in (images, [np.asarray(image) for image in images], np.array([str(path) for path in files]),
                   [os.fsencode(path) for path in files]):
        np.testing.assert_array_equal(net.predict_proba(others), shares)
    for one in (next(iter(files)), str(next(iter(files))), images[0], np.asarray(images[0])):
        np.testing.assert_array_equal(net.predict_proba(one), shares[:1])
        np.testing.assert_array_equal(net.outputs(one), shares[:1])
        assert net.why(one).value == pytest.approx(shares[0].max(), rel=1e-5)
    assert str(next(iter(files))) in net.why(next(iter(files))).text
    by_list = net.evaluate(list(files), list(files.values()))
    assert by_list == net.evaluate(tmp_path / "train") == net.evaluate(images, np.array(list(files.values())))


def test_a_network_of_pythons_says_the_same_to_the_command(command, raw, tmp_path):
    X, y = raw
    for kind, given in {"bytes": X * 15, "floats": X.astype(np.float32), "shares": X / 16.0}.items():
        net = Network(TEXT, (8, 8, 1), classes=[f"digit {number}" for number in range(10)])
        labels = net.classes_[y]
        net.fit(given, labels, epochs=5, verbose=False)
        net.save(tmp_path / f"{kind}.safetensors")
        np.savez(tmp_path / f"{kind}.npz", x=given, y=labels)
        told = command("evaluate", f"{kind}.safetensors", f"{kind}.npz", "--json", cwd=tmp_path)
        assert json.loads(told)["accuracy"] == pytest.approx(net.evaluate(given, labels)["accuracy"], abs=1e-12)


# Without the command.


def trained(X, y, **given):
    net = Network(TEXT, (8, 8, 1), **given)
    net.fit(X, y, epochs=3, verbose=False)
    return net


def test_what_values_are_divided_by_is_shown_and_can_be_changed(raw):
    X, y = raw
    net = Network(TEXT, (8, 8, 1))
    net.preprocessing = dataclasses.replace(net.preprocessing, divisor=16.0, mean=(0.3,), deviation=(0.4,), resize="crop")
    assert repr(net.preprocessing) == (
        "Preprocessing(height=8, width=8, channels=1, resize='crop', divisor=16.0, picture_divisor=255.0, "
        "mean=(0.3,), deviation=(0.4,))"
    )
    history = net.fit(X, y, epochs=5, verbose=False)
    assert net.preprocessing.divisor == 16 and net.preprocessing.mean == (0.3,)
    weights = net.get_weights()
    z = ((X.reshape(-1, 64) / 16.0 - 0.3) / 0.4) @ weights["linear1.weight"].T + weights["linear1.bias"]
    assert (net.predict(X) == z.argmax(axis=1)).mean() > 0.999 and history["accuracy"][-1] > 0.8
    for other in (X.astype(float), X.astype(np.int32), X.astype(np.float16), X.tolist()):
        np.testing.assert_array_equal(net.outputs(other), net.outputs(X))


@pytest.mark.parametrize("way", ["file", "pickle"])
def test_it_is_kept(raw, tmp_path, way):
    X, y = raw
    fresh = Network(TEXT, (8, 8, 1))
    described = Network(TEXT, (8, 8, 1))
    described.preprocessing = dataclasses.replace(described.preprocessing, divisor=16.0)
    for net in (fresh, described, trained(X, y), trained(X / 16, y), trained(X / 1.0, y), trained(X / 8.0 - 1, y)):
        net.save(tmp_path / "net.safetensors")
        other = Network.load(tmp_path / "net.safetensors") if way == "file" else pickle.loads(pickle.dumps(net))
        assert other.preprocessing == net.preprocessing
        for given in (X, X / 16, X * 1.0 + 3):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                np.testing.assert_array_equal(other.outputs(given), net.outputs(given))


def test_bytes_and_shares_of_them_are_the_same_pictures(raw):
    X, y = raw
    pictures = X * 15
    of_bytes, of_shares = trained(pictures, y), trained(pictures / 255, y)
    with pytest.warns(UserWarning, match="already divided"):
        np.testing.assert_allclose(of_bytes.outputs(pictures / 255), of_bytes.outputs(pictures), rtol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(of_shares.outputs(pictures), of_shares.outputs(pictures / 255), rtol=1e-5)
        # Raw values in another type are no pictures' shares.
        np.testing.assert_array_equal(of_bytes.outputs(pictures * 1.0), of_bytes.outputs(pictures))
        np.testing.assert_array_equal(of_bytes.outputs(pictures.astype(int)), of_bytes.outputs(pictures))
        assert not np.isnan(of_bytes.outputs(pictures[:1] * 0.0)).any()


def test_values_far_beyond_those_of_training_are_told_of(raw, tmp_path):
    X, y = raw
    shares = X / 16.0
    for net in (trained(shares, y), trained(shares * 2 - 1, y)):
        net.save(tmp_path / "net.safetensors")
        with pytest.warns(UserWarning, match="X has values up to 240, but the network was trained on values up to 1:"):
            Network.load(tmp_path / "net.safetensors").predict(X * 15.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            net.predict(shares * 3 - 1)


def summary_of_training(path):
    """What a model file says of its training, from the header of the file."""
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    (told,) = (json.loads(text) for text in header["__metadata__"].values())
    return told["training"]


def test_the_range_of_values_is_stored_as_the_command_does(raw, tmp_path):
    X, y = raw
    path = tmp_path / "net.safetensors"
    for given, values in [
        (X, {"least": 0, "largest": 16, "whole": True}),
        (X / 8.0 - 1, {"least": -1, "largest": 1, "whole": False}),
        (X * 1.0 - 2, {"least": -2, "largest": 14, "whole": True}),
    ]:
        net = trained(given, y)
        net.save(path)
        assert summary_of_training(path)["values"] == values
        assert "largest value" not in summary_of_training(path)
    # Another training widens it.
    net.fit(X * 2.0, y, epochs=1, verbose=False)
    net.save(path)
    assert summary_of_training(path)["values"] == {"least": -2, "largest": 32, "whole": True}


def test_files_of_earlier_versions_have_their_largest_value(raw, tmp_path):
    X, y = raw
    path = tmp_path / "net.safetensors"
    trained(X / 16.0, y).save(path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    ((name, text),) = header["__metadata__"].items()
    told = json.loads(text)
    del told["training"]["values"]
    told["training"]["largest value"] = 1.0
    # Those had none.
    del told["checksum"], told["checksums"]
    header["__metadata__"][name] = json.dumps(told)
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % 8)
    path.write_bytes(len(written).to_bytes(8, "little") + written + content[8 + length :])
    net = Network.load(path)
    with pytest.warns(UserWarning, match="trained on values up to 1:"):
        net.predict(X * 15.0)
    net.fit(X / 4.0, y, epochs=1, verbose=False)
    net.save(path)
    assert summary_of_training(path)["values"] == {"least": 0, "largest": 4, "whole": False}


def test_a_warning_names_the_line_that_it_is_about(raw):
    X, y = raw
    net = trained(X * 15, y)
    for call in (net.predict, net.outputs, net.predict_proba, lambda X: net.evaluate(X, y), lambda X: net.why(X[0])):
        with pytest.warns(UserWarning) as told:
            call(X / 16)
        assert told[0].filename == __file__


def test_preprocessings_that_are_refused():
    net = Network(TEXT, (8, 8, 1))
    own = net.preprocessing
    for error, match, given in [
        (TypeError, "expected a stepnet.Preprocessing", {"divisor": 3}),
        (ValueError, r"makes inputs of \[9, 8, 1\], expected \[8, 8, 1\]", dataclasses.replace(own, height=9)),
        (ValueError, "divisor is 0", dataclasses.replace(own, divisor=0.0)),
        (ValueError, "divisor", dataclasses.replace(own, divisor=float("nan"))),
        (ValueError, "mean", dataclasses.replace(own, mean=(1.0, 2.0))),
        (ValueError, "deviation is 0", dataclasses.replace(own, deviation=(0.0,))),
        (ValueError, "stretch", dataclasses.replace(own, resize="bend")),
        (ValueError, "divisor|string", dataclasses.replace(own, divisor="16")),
        (TypeError, "expected numbers", dataclasses.replace(own, mean=(object(),))),
    ]:
        with pytest.raises(error, match=match):
            net.preprocessing = given
        assert net.preprocessing == own
    assert isinstance(own, Preprocessing)


@pytest.fixture(scope="module")
def colours(raw):
    X, y = raw
    net = Network(TEXT, (8, 8, 3))
    net.fit(np.repeat(X * 15, 3, axis=3), y, epochs=2, verbose=False)
    return net


def test_pil_images_of_every_mode_are_read_as_their_files(colours, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    values = np.random.default_rng(1).integers(0, 256, (12, 9, 4), dtype=np.uint8)
    plain = Image.fromarray(values)
    grey = plain.convert("L")
    few = plain.convert("RGB").quantize(16)
    few.info["transparency"] = 3
    deep = Image.fromarray((values[..., 0].astype(np.uint16) * 200 + 7))
    turned = plain.convert("RGB")
    turned.getexif()[0x0112] = 6
    for name, image in {"RGBA": plain, "RGB": plain.convert("RGB"), "L": grey, "LA": plain.convert("LA"), "P": few,
                        "1": grey.convert("1"), "I;16": deep}.items():
        path = tmp_path / f"{name[:2]}.png"
        image.save(path)
        np.testing.assert_array_equal(colours.outputs(Image.open(path)), colours.outputs(path), err_msg=name)
    turned.save(tmp_path / "turned.jpg", exif=turned.getexif(), quality=100, subsampling=0)
    opened = Image.open(tmp_path / "turned.jpg")
    np.testing.assert_allclose(colours.outputs(opened), colours.outputs(tmp_path / "turned.jpg"), atol=0.02)
    assert abs(colours.outputs(opened) - colours.outputs(np.asarray(opened))).max() > 0


def test_arrays_of_bytes_of_any_size_are_pictures(colours):
    rng = np.random.default_rng(2)
    large = rng.integers(0, 256, (5, 20, 16, 3), dtype=np.uint8)
    each = np.concatenate([colours.outputs(one) for one in large])
    np.testing.assert_array_equal(colours.outputs(large), each)
    np.testing.assert_array_equal(colours.outputs(list(large)), each)
    np.testing.assert_array_equal(colours.outputs(large[:, ::2, ::2]), colours.outputs(np.ascontiguousarray(large[:, ::2, ::2])))
    # Grey becomes colour; a size that is right is not changed.
    grey = rng.integers(0, 256, (30, 10), dtype=np.uint8)
    np.testing.assert_array_equal(colours.outputs(grey), colours.outputs(np.repeat(grey[:, :, None], 3, axis=2)))
    small = rng.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(colours.outputs(list(small)), colours.outputs(small))
    np.testing.assert_array_equal(colours.outputs(small[0]), colours.outputs(small[:1]))
    mixed = [large[0], grey, small[0]]
    assert colours.predict(mixed).shape == (3,)


def test_pictures_that_are_refused(colours, tmp_path):
    flat = Network("linear(2) -> softmax", 5)
    (tmp_path / "no.png").write_bytes(b"no picture")
    for error, match, net, given in [
        (FileNotFoundError, "nothing.png", colours, tmp_path / "nothing.png"),
        (ValueError, "no.png", colours, [tmp_path / "no.png"]),
        (IsADirectoryError, "is the folder", colours, str(tmp_path)),
        (TypeError, "grey or coloured pictures", flat, "a.png"),
        (TypeError, "grey or coloured pictures", flat, ["a.png", "b.png"]),
        (ValueError, r"numpy.moveaxis\(X, 1, -1\)", colours, np.zeros((2, 3, 8, 8), np.uint8)),
        (ValueError, "X has shape", colours, np.zeros((3, 20, 20), np.uint8)),
        (ValueError, "X has shape", colours, np.zeros((2, 20, 20, 3))),
        (ValueError, "X has shape", colours, np.zeros((0, 20, 20, 3), np.uint8)),
        (ValueError, "channels last", colours, [np.zeros((3, 20, 20), np.uint8)]),
        (FileNotFoundError, r"\.\.\.", colours, "x" * 10_000_000),
        (FileNotFoundError, "", colours, "\udcff.png"),
        (ValueError, "no byte 0", colours, "a\0b.png"),
    ]:
        with pytest.raises((error, OSError) if error is FileNotFoundError else error, match=match) as told:
            net.predict(given)
        assert len(str(told.value)) < 5000
    with pytest.raises(TypeError, match="y is missing"):
        colours.evaluate(np.zeros((2, 8, 8, 3)))
