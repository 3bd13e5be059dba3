"""Natural logarithms that are hard to round, for the tests of stepnet's own logarithm.

    python tools/hard_logarithms.py > crates/stepnet-base/fixtures/hard_logarithms.json

Needs nothing but Python: its decimal module computes each logarithm to 60 digits, and float() rounds that
correctly. Numbers are written as the 16 hex digits of their bits, as pairs of x and ln(x).
"""

import json
import struct
from decimal import Decimal, getcontext

# The sum of two floats of the quick path, without a rounding test, gives these wrong
# (found among 700 million random numbers).
NEAR_A_TIE = """
3ff00e59a564a43a 3fee997a31a80313 3ff003060ba05fe8 3ff00ebd2319da60 3ff032851da9d072 3feff25302639cbb
3feff29aa9b6a41c 3ff02fe4734fd861 3feff6abe6724c55 3fe99bc411e1be13 3fefdacb6aeb2abc 3ff013c839c421d0
3feff4d2ea8cbe40 3feff041686d68cd 3fe921396a718b95 3fea60b55dabebf8 3fd74df6b9504156 3fef1a939cbdfa92
"""

# A common C library is one unit of the last place off here.
WRONG_IN_A_C_LIBRARY = """
3fef97557420397c 3fed4dff02e6109f 3fede29c0b8467c3 3fdc3e1ac3303ebc 3febf81961327c62 3fedcc7b6dd98938
3feac2da665566a2 3fe01ae8aab7c750
"""

# The ends of the range, and the neighbours of 1.
EDGES = "0010000000000000 7fefffffffffffff 3fefffffffffffff 3ff0000000000001 3fe0000000000000 3ca0000000000000"


def from_bits(text):
    return struct.unpack(">d", bytes.fromhex(text))[0]


def bits(value):
    return struct.pack(">d", value).hex()


def main():
    getcontext().prec = 60
    texts = (NEAR_A_TIE + WRONG_IN_A_C_LIBRARY + EDGES).split()
    pairs = [[text, bits(float(Decimal(from_bits(text)).ln()))] for text in texts]
    print(json.dumps({"made_by": "tools/hard_logarithms.py", "ln": pairs}, separators=(",", ":")))


if __name__ == "__main__":
    main()
