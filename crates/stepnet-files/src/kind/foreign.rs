//! Formats that are not read, so that a message can name them and say what to do.

/// A format that is known by its first bytes, and not read.
#[derive(Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its name, with the article.
    pub name: &'static str,
    /// How to convert it to a file that can be read.
    pub advice: &'static str,
    /// Whether it is an image, which [`super::Kind::is_foreign_image`] asks.
    pub image: bool,
}

/// Where a format's mark lies and what it is.
pub(super) type Mark = (usize, &'static [u8]);

const IMAGE: &str = "convert it to PNG or JPEG";
const PHONE: &str = "convert it to JPEG or PNG (on a Mac: sips -s format jpeg FILE --out FILE.jpg; with ImageMagick: magick FILE FILE.jpg; with pillow-heif in Python)";
const VIDEO: &str = "save single frames of it as PNG or JPEG";
const SOUND: &str = "Stepnet reads images and tables of numbers";
const UNPACK: &str = "unpack it first";
const TABLE: &str = "save the table as CSV";
const ARRAYS: &str = "save the arrays as npz with numpy.savez";
const WEIGHTS: &str = "save the weights as .safetensors, or as arrays with numpy.savez";
/// Of what the models of other frameworks can be read from.
pub(super) const IMPORT: &str = "import it as a model first";
const NOT_DATA: &str = "name the file that holds the data";

const fn image(name: &'static str) -> Foreign {
    Foreign {
        name,
        advice: IMAGE,
        image: true,
    }
}

const fn phone(name: &'static str) -> Foreign {
    Foreign {
        name,
        advice: PHONE,
        image: true,
    }
}

const fn other(name: &'static str, advice: &'static str) -> Foreign {
    Foreign {
        name,
        advice,
        image: false,
    }
}

/// Every mark of a row must be there; the first row that fits counts.
static FORMATS: &[(&[Mark], Foreign)] = &[
    // Images.
    (&[(4, b"ftypavif")], phone("an AVIF image")),
    (&[(4, b"ftypavis")], phone("an AVIF image")),
    (&[(4, b"ftyphei")], phone("a HEIC image")),
    (&[(4, b"ftyphev")], phone("a HEIC image")),
    (&[(4, b"ftypmif1")], phone("a HEIF image")),
    (&[(4, b"ftypmsf1")], phone("a HEIF image")),
    (&[(4, b"ftypcrx")], image("a raw image of a camera (CR3)")),
    (
        &[(0, b"\0\0\0\x0cJXL \r\n\x87\n")],
        image("a JPEG XL image"),
    ),
    (&[(0, b"\xff\x0a")], image("a JPEG XL image")),
    (
        &[(0, b"\0\0\0\x0cjP  \r\n\x87\n")],
        image("a JPEG 2000 image"),
    ),
    (&[(0, b"\xff\x4f\xff\x51")], image("a JPEG 2000 image")),
    (&[(0, b"\0\0\x01\0"), (5, b"\0")], image("an ICO image")),
    (&[(0, b"8BPS")], image("a Photoshop image")),
    (&[(0, b"qoif")], image("a QOI image")),
    (&[(0, b"farbfeld")], image("a farbfeld image")),
    (&[(0, b"\x76\x2f\x31\x01")], image("an OpenEXR image")),
    (&[(0, b"#?RADIANCE")], image("a Radiance HDR image")),
    (&[(0, b"DDS ")], image("a DDS image")),
    (&[(0, b"gimp xcf")], image("a GIMP image")),
    (&[(128, b"DICM")], image("a DICOM image")),
    (&[(0, b"SIMPLE  =")], image("a FITS image")),
    (&[(344, b"n+1\0")], image("a NIfTI volume")),
    (&[(0, b"<svg")], image("an SVG drawing")),
    // Models of other programs, and what they leave.
    (
        &[(0, b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19")],
        other("a PyTorch file in its old form (pickle)", IMPORT),
    ),
    (&[(4, b"TFL3")], other("a TensorFlow Lite model", WEIGHTS)),
    (&[(0, b"GGUF")], other("a GGUF model", WEIGHTS)),
    (&[(0, b"\x80\x02")], other("a Python pickle", ARRAYS)),
    (&[(0, b"\x80\x03")], other("a Python pickle", ARRAYS)),
    (&[(0, b"\x80\x04")], other("a Python pickle", ARRAYS)),
    (&[(0, b"\x80\x05")], other("a Python pickle", ARRAYS)),
    // Arrays and tables.
    (
        &[(0, b"MATLAB 5.0 MAT-file")],
        other(
            "a MATLAB .mat file",
            "load it with scipy.io.loadmat and save the arrays with numpy.savez",
        ),
    ),
    (
        &[(0, b"MATLAB 7.3 MAT-file")],
        other(
            "a MATLAB 7.3 .mat file",
            "load it with h5py and save the arrays with numpy.savez",
        ),
    ),
    (&[(0, b"CDF\x01")], other("a NetCDF file", ARRAYS)),
    (&[(0, b"CDF\x02")], other("a NetCDF file", ARRAYS)),
    (&[(0, b"CDF\x05")], other("a NetCDF file", ARRAYS)),
    (&[(0, b"\x0e\x03\x13\x01")], other("an HDF4 file", ARRAYS)),
    (&[(0, b"RDX3\n")], other("an R data file", TABLE)),
    (&[(0, b"RDX2\n")], other("an R data file", TABLE)),
    (&[(0, b"ARROW1")], other("an Arrow (Feather) table", TABLE)),
    (&[(0, b"FEA1")], other("a Feather table", TABLE)),
    (&[(0, b"ORC")], other("an ORC table", TABLE)),
    (&[(0, b"Obj\x01")], other("an Avro table", TABLE)),
    (
        &[(0, b"SQLite format 3\0")],
        other("an SQLite database", TABLE),
    ),
    (
        &[(16, b"\xde\xc0\xef\xbe")],
        other("an LMDB database", TABLE),
    ),
    (&[(0, b"$FL2")], other("an SPSS table", TABLE)),
    (&[(0, b"<stata_dta>")], other("a Stata table", TABLE)),
    (
        &[(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
        other("an old Office file (such as an Excel .xls)", TABLE),
    ),
    // Archives and packed files.
    (
        &[(0, b"BZh"), (4, b"1AY&SY")],
        other("a bzip2 file", UNPACK),
    ),
    (&[(0, b"\xfd7zXZ\0")], other("an xz file", UNPACK)),
    (&[(0, b"\x28\xb5\x2f\xfd")], other("a zstd file", UNPACK)),
    (&[(0, b"\x04\x22\x4d\x18")], other("an lz4 file", UNPACK)),
    (
        &[(0, b"\x5d\0\0"), (10, b"\xff\xff")],
        other("an lzma file", UNPACK),
    ),
    (&[(0, b"LZIP")], other("an lzip file", UNPACK)),
    (&[(0, b"\x1f\x9d")], other("a compress (.Z) file", UNPACK)),
    (&[(0, b"7z\xbc\xaf\x27\x1c")], other("a 7z archive", UNPACK)),
    (&[(0, b"Rar!\x1a\x07")], other("a RAR archive", UNPACK)),
    (&[(0, b"MSCF\0\0\0\0")], other("a cab archive", UNPACK)),
    (&[(0, b"!<arch>\n")], other("an ar archive", UNPACK)),
    // Video and sound.
    (&[(4, b"ftyp")], other("a video (MP4, MOV)", VIDEO)),
    (
        &[(0, b"\x1a\x45\xdf\xa3")],
        other("a video (Matroska, WebM)", VIDEO),
    ),
    (&[(0, b"RIFF"), (8, b"AVI ")], other("a video (AVI)", VIDEO)),
    (&[(0, b"FLV\x01")], other("a video (Flash)", VIDEO)),
    (
        &[(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")],
        other("a video (WMV)", VIDEO),
    ),
    (&[(0, b"\0\0\x01\xba")], other("a video (MPEG)", VIDEO)),
    (
        &[(0, b"RIFF"), (8, b"WAVE")],
        other("a sound file (WAV)", SOUND),
    ),
    (&[(0, b"ID3")], other("a sound file (MP3)", SOUND)),
    (&[(0, b"fLaC")], other("a sound file (FLAC)", SOUND)),
    (&[(0, b"OggS")], other("a sound or video file (Ogg)", SOUND)),
    // Documents, programs, and what a download can leave.
    (
        &[(0, b"%PDF-")],
        other("a PDF document", "save its images as PNG or JPEG"),
    ),
    (
        &[(0, b"%!PS")],
        other("a PostScript document", "save its images as PNG or JPEG"),
    ),
    (&[(0, b"{\\rtf")], other("an RTF document", NOT_DATA)),
    (&[(0, b"\x7fELF")], other("a program", NOT_DATA)),
    (&[(0, b"MZ"), (3, b"\0")], other("a program", NOT_DATA)),
    (&[(0, b"\0asm")], other("a program", NOT_DATA)),
    (
        &[(0, b"version https://git-lfs.github.com/spec/")],
        other(
            "a pointer of Git LFS in place of the file",
            "fetch the file with git lfs pull",
        ),
    ),
];

/// The marks of those formats that are texts.
static TEXTS: &[&[u8]] = &[
    b"%PDF-",
    b"%!PS",
    b"{\\rtf",
    b"<svg",
    b"<stata_dta>",
    b"#?RADIANCE",
    b"SIMPLE  =",
    b"MATLAB 5.0 MAT-file",
    b"MATLAB 7.3 MAT-file",
    b"version https://git-lfs.github.com/spec/",
];

static HTML: Foreign = other(
    "an HTML page",
    "a download may have failed: open it in a browser to see what it says",
);
static XML: Foreign = other("an XML document", NOT_DATA);
static SVG: Foreign = image("an SVG drawing");
static PNM: Foreign = image("a PNM (PPM, PGM, PBM) image");
static ONNX: Foreign = other("an ONNX model", IMPORT);
static RECORDS: Foreign = other(
    "a file of TensorFlow records",
    "write the images as PNG or JPEG, or the arrays with numpy.savez",
);
static SAVED_MODEL: Foreign = other("a TensorFlow SavedModel", WEIGHTS);

/// Whether `bytes` begin with all of these marks.
pub(super) fn has(bytes: &[u8], marks: &[Mark]) -> bool {
    let has = |&(at, mark): &Mark| bytes.get(at..).is_some_and(|rest| rest.starts_with(mark));
    marks.iter().all(has)
}

/// The format that `bytes` begin with, if it is one of these.
pub(super) fn of(bytes: &[u8]) -> Option<&'static Foreign> {
    let known = FORMATS.iter().find(|(marks, _)| has(bytes, marks));
    // A table whose first column is called ID3 is one all the same.
    let is_text = super::is_text(bytes);
    let textual = |marks: &[Mark]| TEXTS.iter().any(|text| marks.contains(&(0, *text)));
    if let Some((_, format)) = known.filter(|(marks, _)| !is_text || textual(marks)) {
        return Some(format);
    }
    let start = bytes.trim_ascii_start();
    let lower = start[..start.len().min(256)].to_ascii_lowercase();
    match bytes {
        _ if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") => Some(&HTML),
        _ if lower.starts_with(b"<?xml") => match lower.windows(4).any(|part| part == b"<svg") {
            true => Some(&SVG),
            false => Some(&XML),
        },
        // The sizes follow after white space: `P5 640 480 255` or with a comment between.
        [
            b'P',
            b'1'..=b'6',
            b' ' | b'\n' | b'\r' | b'\t',
            b'0'..=b'9' | b'#',
            ..,
        ] => Some(&PNM),
        _ if is_record(bytes) => Some(&RECORDS),
        // Protocol buffers have no mark: field 1 is a small number, the version, and field 2 follows: in
        // ONNX the name of the program that wrote it, in a SavedModel a graph.
        [8, 1..=32, 0x12, length, text, ..]
            if usize::from(*length) < 64 && text.is_ascii_alphabetic() =>
        {
            Some(&ONNX)
        }
        [8, 1..=32, 0x3a, ..] => Some(&ONNX),
        [8, 1, 0x12, ..] => Some(&SAVED_MODEL),
        _ => None,
    }
}

/// Whether a file of TensorFlow records begins here: the length of the first in eight bytes, then the
/// masked CRC-32C of these.
fn is_record(bytes: &[u8]) -> bool {
    let (Some(length), Some(sum)) = (bytes.first_chunk::<8>(), bytes.get(8..12)) else {
        return false;
    };
    let crc = length.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1))
        })
    });
    let masked = (!crc).rotate_right(15).wrapping_add(0xa282_ead8);
    sum == masked.to_le_bytes()
}

impl Foreign {
    /// The refusal of a file of this format.
    pub fn refusal(&self) -> String {
        said(self.name, self.advice)
    }
}

/// The name of a kind of file that is not read, and how to convert it.
pub(super) fn said(name: &str, advice: &str) -> String {
    format!("is {name}, which is not read: {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        let cases: [(&[u8], &str); 25] = [
            (b"RIFF\x10\0\0\0WAVEfmt ", "a sound file (WAV)"),
            (b"RIFF\x10\0\0\0AVI LIST", "a video (AVI)"),
            (b"\0\0\0\x1cftypheic\0\0\0\0", "a HEIC image"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF image"),
            (b"\0\0\0\x1cftypisom\0\0\0\0", "a video (MP4, MOV)"),
            (b"%PDF-1.7\n", "a PDF document"),
            (b"\x80\x04\x95\x10\0\0\0\0\0\0\0", "a Python pickle"),
            (
                b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80",
                "a PyTorch file in its old form (pickle)",
            ),
            (b"BZh91AY&SY\x01\x02", "a bzip2 file"),
            (b"\xfd7zXZ\0\0\x04", "an xz file"),
            (b"\x28\xb5\x2f\xfd\x04", "a zstd file"),
            (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive"),
            (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
            (
                b"MATLAB 5.0 MAT-file, Platform: GLNXA64",
                "a MATLAB .mat file",
            ),
            (b"\x08\x08\x12\x07pytorch\x1a", "an ONNX model"),
            (b"\x08\x01\x12\xbe\x90\x02\x0a", "a TensorFlow SavedModel"),
            (b"\n<!DOCTYPE HTML><html>", "an HTML page"),
            (b"<?xml version=\"1.0\"?><svg>", "an SVG drawing"),
            (b"P5\n2 2\n255\n....", "a PNM (PPM, PGM, PBM) image"),
            (b"P5,label\n1,2\n", ""),
            (b"label,p0\n1,2\n", ""),
            (b"PAR1,PAR2,label\n1,2,0\n", ""),
            (b"ID3,MZ,label\n1,2,0\n", ""),
            (b"ID3\x04\0\0\0\0\0\0", "a sound file (MP3)"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n",
                "a pointer of Git LFS in place of the file",
            ),
        ];
        for (bytes, name) in cases {
            assert_eq!(
                of(bytes).map_or("", |format| format.name),
                name,
                "{bytes:?}"
            );
        }
        assert!(of(cases[2].0).unwrap().image && !of(cases[7].0).unwrap().image);
        // The first twelve bytes of an event file that TensorFlow wrote.
        let record = b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22";
        assert_eq!(of(record).map(|format| format.name), Some(RECORDS.name));
        assert_eq!(of(b"\x19\0\0\0\0\0\0\0\xa3\x7f\x4b\x22"), None);
    }
}
