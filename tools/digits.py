"""Writes crates/stepnet-data/data/digits.bin from scikit-learn's copy of the optical digits.

    python3 tools/digits.py digits.npz crates/stepnet-data/data/digits.bin

digits.npz holds `images` (u8, 1797x8x8, values 0 to 16) and `labels` (u8, 1797), as
`numpy.savez_compressed("digits.npz", images=d.images.astype("u1"), labels=d.target.astype("u1"))`
writes them for `d = sklearn.datasets.load_digits()`. Needs nothing but Python.
"""

import sys
import zipfile

COUNT, PIXELS = 1797, 64


def body(archive, name, length):
    """The last `length` bytes of a C-ordered u1 array: its values."""
    data = archive.read(name)
    header = data[: len(data) - length]
    if b"'|u1'" not in header or b"'fortran_order': False" not in header:
        sys.exit(f"{name}: expected a C-ordered array of bytes, its header is {header!r}")
    return data[len(header) :]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with zipfile.ZipFile(sys.argv[1]) as archive:
        images = body(archive, "images.npy", COUNT * PIXELS)
        labels = body(archive, "labels.npy", COUNT)
    if max(images) != 16 or sum(images) != 561_718 or max(labels) != 9:
        sys.exit("these are not the optical digits: their sum of pixels is 561718")
    with open(sys.argv[2], "wb") as out:
        out.write(images + labels)


main()
