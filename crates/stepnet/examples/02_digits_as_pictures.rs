//! Writes the embedded digits as PNG files, one folder per class: images to try the commands on.
//!
//! Run with `cargo run --release --example 02_digits_as_pictures -- FOLDER`.

use std::fs;
use std::path::PathBuf;

use image::{GrayImage, Luma, imageops};
use stepnet::data::{self, Values};

/// Each pixel becomes a square of this many, so that the images can be viewed.
const ENLARGED: u32 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .ok_or("name the folder to write to")?,
    );
    let digits = data::digits();
    let Values::U8(pixels) = digits.images().values() else {
        return Err("the digits are bytes".into());
    };
    for (number, (pixels, label)) in pixels.chunks_exact(64).zip(digits.labels()).enumerate() {
        let class = folder.join(&digits.classes()[*label as usize]);
        fs::create_dir_all(&class)?;
        // Values run from 0 to 16.
        let picture = GrayImage::from_fn(8, 8, |x, y| {
            Luma([(u16::from(pixels[(y * 8 + x) as usize]) * 255 / 16) as u8])
        });
        let larger = imageops::resize(
            &picture,
            8 * ENLARGED,
            8 * ENLARGED,
            imageops::FilterType::Nearest,
        );
        larger.save(class.join(format!("{number:04}.png")))?;
    }
    println!("{} pictures in {}", digits.len(), folder.display());
    Ok(())
}
