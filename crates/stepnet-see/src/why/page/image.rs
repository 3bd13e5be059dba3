//! The image on a page: a bitmap in the page's own text, and the receptive field over it.

use maud::{Markup, html};

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

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
        let bits = bits[0] << 16 | bits[1] << 8 | bits[2];
        for digit in 0..4 {
            if digit > chunk.len() {
                text.push('=');
            } else {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_its_standard_shows_it() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (text, coded) in cases {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }

    #[cfg(feature = "pictures")]
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
