"""Compares the maps of `stepnet explain` with those of captum and pytorch-grad-cam on the same weights.

    python3 benches/peers/explain.py --stepnet target/release/stepnet [--images 12] [--samples 400] [--seed 1]

It runs under a Python that has numpy, pillow, safetensors, torch, captum and grad-cam. It draws small images of three
classes, trains a network on them with the command, exports it as a PyTorch program, and explains the same images with all
methods on both sides. An error is the largest difference of a map in units of its largest magnitude; SmoothGrad draws other
noise on each side, so that the correlation of averages over many samples is compared. Exit code 1 if an error is beyond its
bound.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

NETWORK = (
    "conv(8, 3, same) -> bn -> relu -> maxpool(2) -> residual(conv(8, 3, same) -> relu -> conv(8, 3, same)) -> relu"
    " -> conv(12, 3) -> relu -> globalavgpool -> linear(classes) -> softmax"
)
SIDE = 24
STEPS, PATCH, STRIDE = 64, 6, 3
LAYERS = {"relu3": 7, "relu2": 5}

# Both sides compute in float32. pytorch-grad-cam adds 1e-6 to a divisor of Grad-CAM++ that the paper does not have.
BOUND = 2e-4
BOUNDS = {"grad-cam++": 2e-2}
LEAST_CORRELATION = 0.98


def draw(folder, seed):
    """Writes images of bars, discs and rings on noise."""
    from PIL import Image

    draws = np.random.default_rng(seed)
    for name in ("bar", "disc", "ring"):
        (folder / name).mkdir(parents=True)
        for number in range(40):
            image = draws.integers(0, 90, (SIDE, SIDE, 3))
            rows, cols = np.mgrid[:SIDE, :SIDE]
            row, col = draws.uniform(8, 16, 2)
            distance = np.hypot(rows - row, cols - col)
            shapes = {
                "bar": (abs(rows - row) < 2) & (abs(cols - col) < 7),
                "disc": distance < 5,
                "ring": (distance < 7) & (distance > 5),
            }
            image[shapes[name]] = draws.integers(140, 255, 3)
            Image.fromarray(image.astype(np.uint8)).save(folder / name / f"{number:03}.png")


def exported(program):
    """The module of an exported program."""
    spec = importlib.util.spec_from_file_location(program.stem, program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def inputs(program, names):
    from PIL import Image

    images = [np.asarray(Image.open(name).convert("RGB")) for name in names]
    return program.preprocess(np.stack(images))


def by_captum(network, x, targets, samples):
    """The attributions of captum, a row for each image."""
    from captum.attr import GuidedBackprop, IntegratedGradients, LayerGradCam, NoiseTunnel, Occlusion, Saliency

    smooth = [
        NoiseTunnel(Saliency(network)).attribute(
            x[at : at + 1], nt_type="smoothgrad", nt_samples=samples, nt_samples_batch_size=50,
            stdevs=0.15 * float(x[at].max() - x[at].min()), target=targets[at : at + 1], abs=False,
        )
        for at in range(len(x))
    ]
    found = {
        "saliency": Saliency(network).attribute(x, target=targets, abs=False),
        "guided-relu": GuidedBackprop(network).attribute(x, target=targets),
        "integrated-gradients": IntegratedGradients(network).attribute(
            x, target=targets, n_steps=STEPS, method="riemann_middle", internal_batch_size=64
        ),
        "occlusion": Occlusion(network).attribute(
            x, (3, PATCH, PATCH), strides=(3, STRIDE, STRIDE), target=targets
        )[:, :1],
        "smoothgrad": np.concatenate([one.detach().numpy() for one in smooth]),
    }
    for name, place in LAYERS.items():
        cam = LayerGradCam(network, network.layers[place])
        found[f"grad-cam {name}"] = cam.attribute(x, target=targets, relu_attributions=True)
    numbers = {name: value if isinstance(value, np.ndarray) else value.detach().numpy() for name, value in found.items()}
    # Channels last, as Stepnet has them.
    return {name: np.moveaxis(value, 1, 3) for name, value in numbers.items()}


def by_grad_cam(network, x, targets):
    """The maps of pytorch-grad-cam before it scales and enlarges them."""
    from pytorch_grad_cam import GradCAM, GradCAMPlusPlus
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    found = {}
    for method, kind in (("grad-cam", GradCAM), ("grad-cam++", GradCAMPlusPlus)):
        for name, place in LAYERS.items():
            layers = [network.layers[place]]
            with kind(model=network, target_layers=layers) as cam:
                wanted = [ClassifierOutputTarget(int(target)) for target in targets]
                cam(input_tensor=x, targets=wanted)
                values = cam.activations_and_grads.activations[0].numpy()
                gradients = cam.activations_and_grads.gradients[0].numpy()
                weights = cam.get_cam_weights(x, layers, wanted, values, gradients)
            found[f"{method} {name}"] = np.maximum((weights[:, :, None, None] * values).sum(axis=1), 0)[..., None]
    return found


def by_stepnet(command, model, folder, images, samples):
    """The maps of the command, by method and layer."""
    found, first = {}, None
    for layer in LAYERS:
        file = folder / f"{layer}.npz"
        run(command, "explain", model, *images, "--method", "all", "--layer", layer, "--npz", file,
            "--steps", STEPS, "--samples", samples, "--patch", PATCH, "--stride", STRIDE)
        arrays = np.load(file)
        first = arrays if first is None else first
        found[f"grad-cam {layer}"] = arrays["grad_cam"][..., None]
        found[f"grad-cam++ {layer}"] = arrays["grad_cam_plus_plus"][..., None]
    for method in ("saliency", "guided-relu", "integrated-gradients", "smoothgrad"):
        found[method] = first[method.replace("-", "_") + "_values"]
    found["occlusion"] = first["occlusion"][..., None]
    return found, first["classes"]


def run(command, *words):
    ended = subprocess.run([str(command), *map(str, words)], capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{command} {words[0]} failed: {ended.stderr}")


def error(ours, theirs):
    """The largest difference of each image's map in units of its largest magnitude; of all images the largest."""
    largest = np.abs(theirs).max(axis=(1, 2, 3))
    if ours.shape != theirs.shape or not (largest > 0).all():
        sys.exit(f"maps of shapes {ours.shape} and {theirs.shape}, the least of them up to {largest.min()}")
    return float((np.abs(ours - theirs).max(axis=(1, 2, 3)) / largest).max())


def compare(name, library, ours, theirs):
    """Prints a row; whether it is within its bound."""
    if name == "smoothgrad":
        pairs = zip(ours.reshape(len(ours), -1), theirs.reshape(len(ours), -1))
        least = min(float(np.corrcoef(one, other)[0, 1]) for one, other in pairs)
        print(f"{name:22}  {library:17}  correlation {least:.4f} or more, bound {LEAST_CORRELATION}")
        return least >= LEAST_CORRELATION
    found, bound = error(ours, theirs), BOUNDS.get(name.split()[0], BOUND)
    print(f"{name:22}  {library:17}  error {found:.1e}, bound {bound:.0e}")
    return found <= bound


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--stepnet", type=Path, default=Path("target/release/stepnet"))
    options.add_argument("--images", type=int, default=12)
    options.add_argument("--samples", type=int, default=400)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    command = given.stepnet.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        draw(folder / "data", given.seed)
        run(command, "train", folder / "data", "--model", NETWORK, "--epochs", 15, "--out", folder / "run")
        model = folder / "run" / "model.safetensors"
        run(command, "export", model, "--torch", folder / "exported.py")
        images = sorted((folder / "data").glob("*/*.png"))[:: 120 // given.images][: given.images]
        ours, classes = by_stepnet(command, model, folder, images, given.samples)
        import torch

        program = exported(folder / "exported.py")
        network, x, targets = program.load(), inputs(program, images), torch.as_tensor(classes)
        pairs = [("captum", by_captum(network, x, targets, given.samples)), ("pytorch-grad-cam", by_grad_cam(network, x, targets))]
        fine = [compare(name, library, ours[name], maps[name]) for library, maps in pairs for name in maps]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
