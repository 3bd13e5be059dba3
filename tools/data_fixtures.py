"""Writes the small files in crates/stepnet-data/tests/files that Rust cannot write by itself here.

    python3 tools/data_fixtures.py crates/stepnet-data/tests/files

Needs numpy, Pillow (12 or later), h5py, tifffile with imagecodecs, pyarrow, and cjpeg and jpegtran of libjpeg-turbo. Everything is computed, nothing is taken from a data
set: the pictures are smooth waves, so that a decoder's answer can be checked against the formula.
"""

import io
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from PIL import Image


def wave(height, width):
    """Pixel (y, x): R 128 + 100 sin(x / 9), G 128 + 100 cos(y / 7), B 128 + 60 sin((x + y) / 11)."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = [128 + 100 * np.sin(x / 9), 128 + 100 * np.cos(y / 7), 128 + 60 * np.sin((x + y) / 11)]
    return Image.fromarray(np.rint(np.stack(rgb, axis=-1)).astype("u1"), "RGB")


def jpegs(folder):
    # 45x37 leaves part of a block, and part of a 4:2:0 unit, at the right and at the bottom.
    rgb = wave(37, 45)
    save = lambda name, picture, **how: picture.save(f"{folder}/{name}.jpg", quality=92, **how)
    save("wave-444", rgb, subsampling=0)
    save("wave-444-progressive", rgb, subsampling=0, progressive=True)
    save("wave-420", rgb, subsampling=2)
    save("wave-420-progressive", rgb, subsampling=2, progressive=True)
    save("wave-420-restart", rgb, subsampling=2, restart_marker_blocks=2)
    save("wave-grey", rgb.convert("L"))
    save("wave-grey-progressive", rgb.convert("L"), progressive=True)
    save("wave-cmyk", rgb.convert("CMYK"))


def run(command, data, scans=None):
    """What a program of libjpeg-turbo makes of bytes, with the scans that a text lists."""
    with tempfile.NamedTemporaryFile("w") as script:
        script.write(scans or "")
        script.flush()
        listed = ["-scans", script.name] if scans else []
        return subprocess.run(command + listed, input=data, check=True, capture_output=True).stdout


def jpegs_in_several_scans(folder):
    """The same coefficients as in other files, sequential, but in several scans."""
    for name, of, scans, how in [
        ("420-apart", "420", "0; 1; 2;", []),
        ("420-apart-restart", "420", "2; 0; 1;", ["-restart", "2B"]),
        ("420-chroma-together", "420", "0; 1 2;", []),
        ("444-chroma-apart", "444", "0 1; 2;", []),
        ("cmyk-apart", "cmyk", "3; 0; 1; 2;", []),
    ]:
        with open(f"{folder}/wave-{of}.jpg", "rb") as file:
            made = run(["jpegtran", "-copy", "all", *how], file.read(), scans)
        with open(f"{folder}/wave-{name}.jpg", "wb") as file:
            file.write(made)


def rare_jpegs(folder):
    """Samplings and codings that few programs write."""
    ppm = io.BytesIO()
    wave(37, 45).save(ppm, "PPM")
    for name, how in [
        ("411", ["-sample", "4x1,1x1,1x1"]),
        ("440", ["-sample", "1x2,1x1,1x1"]),
        ("coarse-luma", ["-sample", "1x1,2x2,2x2"]),
        ("arithmetic", ["-arithmetic"]),
    ]:
        with open(f"{folder}/wave-{name}.jpg", "wb") as file:
            file.write(run(["cjpeg", "-quality", "92", *how], ppm.getvalue()))


def hdf5s(folder):
    images = np.arange(6 * 4 * 5 * 3, dtype="u1").reshape(6, 4, 5, 3)
    with h5py.File(f"{folder}/chunked.h5", "w") as file:
        file.create_dataset("train_set_x", data=images, chunks=(2, 4, 5, 3), compression="gzip", shuffle=True)
        file.create_dataset("train_set_y", data=np.array([[0, 1, 2, 0, 1, 2]], "i4"))
        file.create_dataset("test_set_x", data=images[:2])
        file.create_dataset("test_set_y", data=np.array([[2], [0]], ">i2"))
        file.create_dataset("list_classes", data=["red", "grün", "blue"], dtype=h5py.string_dtype())
    with h5py.File(f"{folder}/latest.h5", "w", libver="latest") as file:
        file.create_dataset("x", data=images.astype("f4") / 500)
        file.create_dataset("y", data=np.array([0, 1, 0, 1, 0, 1], "u1"))
    # An old file, whose groups are tables of links: soft ones, one that leads nowhere, and hard ones in a ring.
    with h5py.File(f"{folder}/linked.h5", "w") as file:
        file["images"] = images
        file["labels"] = np.array([0, 1, 0, 1, 0, 1], "u1")
        file["soft"] = h5py.SoftLink("/images")
        file["nowhere"] = h5py.SoftLink("/none")
        group = file.create_group("group")
        group["again"] = group
        group["up"] = file["/"]
        group["bools"] = np.array([True, False, True])
        colours = h5py.enum_dtype({"red": 0, "blue": 300}, basetype=">i2")
        group.create_dataset("enum", data=np.array([0, 300], ">i2"), dtype=colours)
        group["latin"] = np.array([b"caf\xe9", b"caf\xe8"])
        group["compound"] = np.zeros(3, [("a", "i4"), ("b", "f8")])
    # A new file, whose groups have their links in their headers: chains of soft ones through other groups, a
    # ring of them, and links to another file.
    with h5py.File(f"{folder}/links.h5", "w", libver="latest") as file:
        file["raw/set/one"] = images
        file["raw/set/two"] = np.array([0, 1, 0, 1, 0, 1], "u1")
        file["images"] = h5py.SoftLink("alias/one")
        file["alias"] = h5py.SoftLink("/raw/set")
        file["raw/near"] = h5py.SoftLink("./set/two")
        file["labels"] = h5py.SoftLink("/raw/near")
        file["ring"] = h5py.SoftLink("ring")
        file["far"] = h5py.ExternalLink("other.h5", "/images")
        file["farther"] = h5py.SoftLink("/far")
    with h5py.File(f"{folder}/grouped.h5", "w") as file:
        for part, count in (("train", 6), ("test", 2)):
            file[f"set/{part}/images"] = images[:count]
            file[f"set/{part}/labels"] = np.arange(count, dtype="u1") % 2
        file["set/classes"] = np.array([b"cat", b"dog"])


def gradient():
    """6x9 pixels; pixel (y, x) is (20 x, 30 y, 10 (x + y))."""
    y, x = np.mgrid[0:6, 0:9]
    return np.stack([20 * x, 30 * y, 10 * (x + y)], axis=-1).astype("u1")


def webps_and_tiffs(folder):
    import tifffile

    rgb = gradient()
    image, other = Image.fromarray(rgb), Image.fromarray(255 - rgb)
    image.save(f"{folder}/lossy.webp", quality=90)
    image.save(f"{folder}/lossless.webp", lossless=True)
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 255, "u1")])
    alpha[0, 0, 3] = 0
    Image.fromarray(alpha).save(f"{folder}/alpha.webp", lossless=True, exact=True)
    image.save(f"{folder}/animated.webp", save_all=True, append_images=[other], lossless=True)
    for name, how in (("lzw", "tiff_lzw"), ("deflate", "tiff_adobe_deflate"), ("jpeg", "jpeg")):
        image.save(f"{folder}/{name}.tif", compression=how)
    image.convert("L").save(f"{folder}/grey.tif")
    stripes = (np.arange(54).reshape(6, 9) % 2 * 255).astype("u1")
    Image.fromarray(stripes).convert("1").save(f"{folder}/fax.tif", compression="group4")
    image.convert("P", palette=Image.ADAPTIVE).save(f"{folder}/palette.tif")
    image.convert("CMYK").save(f"{folder}/cmyk.tif")
    image.save(f"{folder}/pages.tif", save_all=True, append_images=[other])
    exif = Image.Exif()
    exif[0x112] = 6
    image.save(f"{folder}/turned.tif", exif=exif)
    save = lambda name, array, **how: tifffile.imwrite(f"{folder}/{name}.tif", array, **how)
    save("float", rgb.astype("f4") / 255, photometric="rgb")
    save("deep", rgb.astype("u2") * 257, photometric="rgb")
    save("planar", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate")
    save("big", rgb, photometric="rgb", bigtiff=True)
    save("int", rgb[..., 0].astype("i4"))


def parquets(folder):
    """Tables of eight images of one colour each, as the Hugging Face library writes them, and plainly."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def png(value):
        file = io.BytesIO()
        Image.new("RGB", (5, 4), (value,) * 3).save(file, "PNG")
        return file.getvalue()

    images = [png(10 * number) for number in range(8)]
    file = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [{"bytes": image, "path": f"{number}.png"} for number, image in enumerate(images)]
    table = pa.table({"image": pa.array(rows, file), "label": pa.array([0, 1] * 4, pa.int64())})
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, f"{folder}/hub.parquet", compression="snappy")
    pq.write_table(table, f"{folder}/zstd.parquet", compression="zstd")
    plain = pa.table({"img": pa.array(images, pa.binary()), "name": ["b", "a"] * 4})
    pq.write_table(plain, f"{folder}/plain.parquet", compression="none")
    pq.write_table(pa.table({"x": [1.0], "y": [1]}), f"{folder}/numbers.parquet")
    angles, marks = [0.5 * number for number in range(8)], [number % 3 == 0 for number in range(8)]
    targets = pa.table({"img": pa.array(images, pa.binary()), "angle": angles, "size": [*range(8)], "sunny": marks})
    pq.write_table(targets, f"{folder}/targets.parquet")

if len(sys.argv) != 2:
    sys.exit(__doc__)
os.makedirs(sys.argv[1], exist_ok=True)
jpegs(sys.argv[1])
jpegs_in_several_scans(sys.argv[1])
rare_jpegs(sys.argv[1])
hdf5s(sys.argv[1])
webps_and_tiffs(sys.argv[1])
parquets(sys.argv[1])
