//! The image on a page: a bitmap in the page's own text, and the receptive field over it.

use maud::{Markup, html};

use crate::base64::base64;
use crate::why::Drawing;
use crate::why::explanation::{Explanation, Field};

/// The most pixels that are drawn.
const MOST_PIXELS: usize = 4_000_000;

/// The image with the receptive field marked; nothing where there is no image.
pub(super) fn figure(explanation: &Explanation) -> Markup {
    let Some(drawing) = &explanation.image else {
        return html! {};
    };
    let (height, width) = (drawing.height, drawing.width);
    if height.saturating_mul(width) > MOST_PIXELS {
        return html! {};
    }
    let caption = match explanation.receptive_field {
        Some(field) => sees(explanation, field),
        None => format!("the input, {height}x{width}"),
    };
    let source = format!("data:image/bmp;base64,{}", base64(&bmp(drawing)));
    html! {
        figure {
            div.image style={ "aspect-ratio:" (width) "/" (height) } {
                img src=(source) alt={ "the input image, " (height) " by " (width) " pixels" };
                @if let Some(field) = explanation.receptive_field {
                    (frame(field, [height, width]))
                }
            }
            figcaption { (caption) }
        }
    }
}

fn sees(explanation: &Explanation, field: Field) -> String {
    let ([top, bottom], [left, right]) = (field.rows, field.columns);
    format!(
        "the input; in the frame, rows {top} to {bottom} and columns {left} to {right}: all that {} depends on",
        explanation.name
    )
}

/// A frame around the field, light on dark so that it shows on any image.
fn frame(field: Field, [height, width]: [usize; 2]) -> Markup {
    let [[top, bottom], [left, right]] = [field.rows, field.columns];
    let (tall, wide) = (bottom - top + 1, right - left + 1);
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } preserveAspectRatio="none" aria-hidden="true" {
            @for class in ["under", "over"] {
                rect class=(class) x=(left) y=(top) width=(wide) height=(tall) {}
            }
        }
    }
}

/// A bitmap of 24 bits a pixel, rows from the bottom up.
fn bmp(drawing: &Drawing) -> Vec<u8> {
    let (height, width) = (drawing.height, drawing.width);
    let row = (3 * width).next_multiple_of(4);
    let size = 54 + row * height;
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = Vec::with_capacity(size);
    bytes.extend(b"BM");
    // File size, nothing, where the pixels start; header size, width, height, one plane of 24 bits.
    for number in [
        size,
        0,
        54,
        40,
        width,
        height,
        1 | (24 << 16),
        0,
        0,
        2835,
        2835,
        0,
        0,
    ] {
        bytes.extend(word(number));
    }
    for pixels in drawing.rgb.chunks_exact(3 * width).rev() {
        let start = bytes.len();
        for pixel in pixels.chunks_exact(3) {
            bytes.extend(pixel.iter().rev());
        }
        bytes.resize(start + row, 0);
    }
    bytes
}

#[cfg(all(test, feature = "pictures"))]
mod tests {
    use super::*;

    #[test]
    fn the_bitmap_is_the_picture() {
        let rgb: Vec<u8> = (0..2 * 3 * 3).map(|i| i * 10).collect();
        let drawing = Drawing {
            height: 2,
            width: 3,
            rgb: rgb.clone(),
        };
        let read = stepnet_data::image_files::from_bytes("p.bmp".as_ref(), &bmp(&drawing)).unwrap();
        assert_eq!(
            (read.height(), read.width(), read.values()),
            (2, 3, &rgb[..])
        );
    }
}
