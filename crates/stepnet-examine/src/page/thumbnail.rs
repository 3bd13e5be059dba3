//! An image embedded in the page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};
use stepnet::data::image_files::Image;
use stepnet::nn::Resize;

/// The longest side of an image in the page.
const LONGEST: usize = 96;

/// The image as a PNG in the page; `None` where it cannot be written.
pub(super) fn thumbnail(image: &Image, name: &str) -> Option<Markup> {
    let longest = image.height().max(image.width()).max(LONGEST);
    let side = |side: usize| (side * LONGEST).div_ceil(longest).max(1);
    let shape = [side(image.height()), side(image.width()), image.channels()];
    let values = image.to_shape(shape, Resize::Stretch).ok()?;
    let png = png(&values, shape)?;
    let uri = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png));
    Some(html! {
        img src=(uri) alt=(name) width=(shape[1]) height=(shape[0]);
    })
}

fn png(values: &[u8], [height, width, channels]: [usize; 3]) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let [width, height] = [width, height].map(u32::try_from);
    let mut encoder = png::Encoder::new(&mut file, width.ok()?, height.ok()?);
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        _ => png::ColorType::Rgb,
    });
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(values).ok()?;
    writer.finish().ok()?;
    Some(file)
}
