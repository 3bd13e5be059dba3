//! Brackets, lines and dots.

use ndarray::{ArrayViewD, Axis};

use super::EDGE;
use super::numbers::{Form, alone};
use super::value::Value;

/// The most characters of a line, unless a single value is longer.
const LINE: usize = 75;

/// An array in nested brackets. Unless `whole`, the ends of each long axis alone.
pub(super) fn nested<T: Value>(array: &ArrayViewD<'_, T>, whole: bool) -> String {
    if array.ndim() == 0 {
        return array
            .first()
            .map_or(String::new(), |value| alone(value.cell()));
    }
    if array.is_empty() {
        return "[]".to_owned();
    }
    let shown = shown(array.clone(), whole, 0);
    let form = Form::of(shown.iter().map(|value| value.cell()));
    let layout = Layout { form, whole };
    layout.text(array, " ", LINE)
}

/// The values that are shown, in order.
fn shown<'a, T: Value>(array: ArrayViewD<'a, T>, whole: bool, axis: usize) -> Vec<&'a T> {
    if axis == array.ndim() {
        // All axes have one place left.
        return array.into_iter().collect();
    }
    let places = places(array.len_of(Axis(axis)), whole);
    let mut values = Vec::new();
    for place in places.into_iter().flatten() {
        let mut part = array.clone();
        part.collapse_axis(Axis(axis), place);
        values.extend(shown(part, whole, axis + 1));
    }
    values
}

/// The places of an axis that are shown; `None` stands for those left out.
fn places(len: usize, whole: bool) -> Vec<Option<usize>> {
    if whole || len <= 2 * EDGE {
        return (0..len).map(Some).collect();
    }
    let (first, last) = (0..EDGE, len - EDGE..len);
    let left_out = std::iter::once(None);
    first
        .map(Some)
        .chain(left_out)
        .chain(last.map(Some))
        .collect()
}

struct Layout {
    form: Form,
    whole: bool,
}

impl Layout {
    /// `indent` is what later lines begin with, `width` what a line may have before its bracket.
    fn text<T: Value>(&self, array: &ArrayViewD<'_, T>, indent: &str, width: usize) -> String {
        let places = places(array.len_of(Axis(0)), self.whole);
        if array.ndim() == 1 {
            return self.row(array, &places, indent, width);
        }
        let deeper = format!("{indent} ");
        let parts: Vec<String> = places
            .into_iter()
            .map(|place| match place {
                Some(place) => {
                    let part = array.index_axis(Axis(0), place);
                    self.text(&part, &deeper, width.saturating_sub(1))
                }
                None => "...".to_owned(),
            })
            .collect();
        let gap = format!("{}{indent}", "\n".repeat(array.ndim() - 1));
        format!("[{}]", parts.join(&gap))
    }

    fn row<T: Value>(
        &self,
        array: &ArrayViewD<'_, T>,
        places: &[Option<usize>],
        indent: &str,
        width: usize,
    ) -> String {
        let width = width.saturating_sub(1);
        let (mut text, mut line) = (String::new(), indent.to_owned());
        for (at, place) in places.iter().enumerate() {
            let word = match place {
                Some(place) => self.form.text(array[[*place].as_slice()].cell()),
                None => "...".to_owned(),
            };
            let long = line.chars().count() + word.chars().count() > width;
            if long && line.len() > indent.len() {
                text += line.trim_end();
                text.push('\n');
                line = indent.to_owned();
            }
            line += &word;
            if at + 1 < places.len() {
                line.push(' ');
            }
        }
        text += &line;
        format!("[{}]", &text[indent.len()..])
    }
}
