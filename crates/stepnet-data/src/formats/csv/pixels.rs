//! Tables with the pixels of an image in one column, as FER-2013 has them: `emotion,pixels,Usage`.

use std::path::Path;

use super::columns::named_label;
use super::{dialect, rows, text};
use crate::formats::arrays::array::{ArrayValues, RawArray};
use crate::formats::arrays::assemble::{Certain, assemble, fuzz_parts};
use crate::formats::arrays::keys::{Pair, Parts};
use crate::formats::format::{Choice, Format, Source};
use crate::opened::Opened;
use crate::options::OpenOptions;
use crate::{Error, Result};
use stepnet_files::{Kind, read_filled};

/// The name of the column; case does not matter.
const PIXELS: &str = "pixels";

/// The column that says of which part an example is, and its value for the training part.
const USAGE: &str = "usage";
const TRAINING: &str = "training";

pub(crate) static FORMAT: Format = Format {
    name: "a CSV table with a column of pixels",
    content: "a CSV table with a column `pixels`",
    read: "images of numbers between spaces, labels, and parts by a column `Usage`: FER-2013's form",
    images: false,
    takes: &[Choice::LabelColumn, Choice::Encoding],
    recognises,
    open,
    fuzz: Some(("pixels", fuzz)),
};

fn recognises(source: &Source<'_>) -> Result<bool> {
    if !source.is_text && !source.is_any(&[Kind::Text]) {
        return Ok(false);
    }
    let first = rows::first_of(source.path, source.encoding);
    let [header, row, ..] = &first[..] else {
        return Ok(false);
    };
    let at = header
        .iter()
        .position(|name| name.eq_ignore_ascii_case(PIXELS));
    let numbers = at
        .and_then(|at| row.get(at))
        .map(|field| field.split_ascii_whitespace());
    Ok(numbers.is_some_and(|numbers| numbers.count() > 1))
}

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    let parts = from_bytes(path, &read_filled(path)?, options)?;
    assemble(path, parts, Certain::Bytes, options)
}

/// The examples of one part, as they are read.
#[derive(Default)]
struct Part {
    pixels: Vec<u8>,
    labels: Vec<String>,
}

impl Part {
    /// The arrays of the images, of `width` values each, and of the labels; nothing where there is no example.
    fn pair(self, width: usize) -> Option<Pair> {
        let count = self.labels.len();
        let array = |shape: Vec<usize>, dtype: &str, values| RawArray {
            shape,
            dtype: dtype.to_owned(),
            values,
        };
        let whole: Option<Vec<i64>> = self.labels.iter().map(|label| label.parse().ok()).collect();
        let labels = whole.map_or(ArrayValues::Text(self.labels), ArrayValues::I64);
        (count > 0).then(|| Pair {
            images: array(vec![count, width], "u8", ArrayValues::U8(self.pixels)),
            labels: array(vec![count], "label", labels),
        })
    }
}

/// Which column holds what.
struct Columns {
    pixels: usize,
    label: usize,
    usage: Option<usize>,
    count: usize,
}

impl Columns {
    fn new(path: &Path, header: &[String], label: Option<&str>) -> Result<Self> {
        let find = |wanted: &str| {
            header
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        let Some(pixels) = find(PIXELS) else {
            let problem = format!("no column {PIXELS:?} in its first line");
            return Err(Error::file(path, problem));
        };
        let usage = find(USAGE);
        let others = |at: usize| at != pixels && Some(at) != usage;
        Ok(Self {
            pixels,
            label: named_label(path, header, label, others)?,
            usage,
            count: header.len(),
        })
    }
}

fn from_bytes(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<Parts> {
    let whole = text::decode(path, bytes, options.encoding.as_deref())?;
    let (delimiter, text) = dialect::delimiter(&whole);
    let mut columns: Option<Columns> = None;
    let (mut train, mut test) = (Part::default(), Part::default());
    let mut width = 0;
    rows::each(path, &whole, text, delimiter, |line, record| {
        let wrong = |problem: String| Err(Error::file(path, format!("line {line}: {problem}")));
        let fields: Vec<&str> = record.iter().map(str::trim).collect();
        if fields.iter().all(|field| field.is_empty()) {
            return Ok(());
        }
        let Some(columns) = &columns else {
            let header: Vec<String> = fields.iter().map(ToString::to_string).collect();
            columns = Some(Columns::new(
                path,
                &header,
                options.label_column.as_deref(),
            )?);
            return Ok(());
        };
        if fields.len() != columns.count {
            let (found, expected) = (fields.len(), columns.count);
            return wrong(format!("{found} fields found, expected {expected}"));
        }
        let is_training = |usage: usize| fields[usage].eq_ignore_ascii_case(TRAINING);
        let part = match columns.usage.is_none_or(is_training) {
            true => &mut train,
            false => &mut test,
        };
        let before = part.pixels.len();
        for (at, number) in fields[columns.pixels].split_ascii_whitespace().enumerate() {
            let Ok(value) = number.parse() else {
                let at = at + 1;
                return wrong(format!(
                    "pixel {at} is {number:?}, expected a whole number from 0 to 255"
                ));
            };
            part.pixels.push(value);
        }
        let count = part.pixels.len() - before;
        width = if width == 0 { count } else { width };
        if count != width || count == 0 {
            return wrong(format!("{count} pixels found, expected {}", width.max(1)));
        }
        if fields[columns.label].is_empty() {
            return wrong("the label is missing".to_owned());
        }
        part.labels.push(fields[columns.label].to_owned());
        Ok(())
    })?;
    let (train, test) = (train.pair(width), test.pair(width));
    Ok(Parts {
        train,
        test,
        ..Parts::default()
    })
}

fn fuzz(bytes: &[u8]) {
    fuzz_parts(from_bytes(
        Path::new("fuzz"),
        bytes,
        &OpenOptions::default(),
    ));
}
