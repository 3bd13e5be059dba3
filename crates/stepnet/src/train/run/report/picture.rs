//! An example as an image embedded in a page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::nn::{Number, Preprocessing};
use crate::see::GradCam;
use crate::see::explain::draw;

/// The longest side of a picture in the page; larger ones are drawn with every n-th pixel.
const LONGEST: usize = 160;

/// A picture of 8-bit values, and the data URI of its PNG.
pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) uri: String,
}

impl Picture {
    fn new(png: &[u8], height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            uri: format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)),
        }
    }
}

/// The picture of an example as the network sees it, scaled back to what it was; `None` where it is
/// no picture: a single pixel, or other than 1 or 3 channels.
pub(super) fn of<T: Number>(x: &[T], preprocessing: &Preprocessing) -> Option<Picture> {
    let (values, [height, width, channels]) = pixels(x, preprocessing)?;
    Some(Picture::new(
        &png(&values, height, width, channels)?,
        height,
        width,
    ))
}

/// The same in grey under a heat map.
pub(super) fn under<T: Number>(
    x: &[T],
    preprocessing: &Preprocessing,
    cam: &GradCam,
) -> Option<Picture> {
    let (values, [height, width, channels]) = pixels(x, preprocessing)?;
    let rgb = match channels {
        1 => values.iter().flat_map(|&grey| [grey; 3]).collect(),
        _ => values,
    };
    let canvas = draw::heat_map([height, width], rgb, cam).ok()?;
    Some(Picture::new(
        &canvas.png().ok()?,
        canvas.height(),
        canvas.width(),
    ))
}

/// The pixels of an example, row by row, and their height, width and channels.
fn pixels<T: Number>(x: &[T], preprocessing: &Preprocessing) -> Option<(Vec<u8>, [usize; 3])> {
    let [height, width, channels] = preprocessing.shape();
    if !matches!(channels, 1 | 3) || height * width < 4 || x.len() != height * width * channels {
        return None;
    }
    let step = height.max(width).div_ceil(LONGEST).max(1);
    let values: Vec<f64> = (0..height)
        .step_by(step)
        .flat_map(|row| {
            (0..width)
                .step_by(step)
                .map(move |column| row * width + column)
        })
        .flat_map(|pixel| (0..channels).map(move |channel| (pixel * channels + channel, channel)))
        .map(|(at, channel)| {
            let deviation = preprocessing.deviation.get(channel).copied().unwrap_or(1.0);
            let mean = preprocessing.mean.get(channel).copied().unwrap_or(0.0);
            x[at].as_f64() * deviation + mean
        })
        .collect();
    let size = [height.div_ceil(step), width.div_ceil(step), channels];
    Some((bytes(&values), size))
}

/// Values from 0 to 1 as bytes; others are stretched from their least to their largest.
fn bytes(values: &[f64]) -> Vec<u8> {
    const ROUNDING: f64 = 1e-3;
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let low = finite.clone().fold(f64::INFINITY, f64::min);
    let high = finite.fold(f64::NEG_INFINITY, f64::max);
    let (low, range) = match low >= -ROUNDING && high <= 1.0 + ROUNDING {
        true => (0.0, 1.0),
        false => (low, (high - low).max(f64::MIN_POSITIVE)),
    };
    let byte = |value: &f64| (255.0 * (value - low) / range).round().clamp(0.0, 255.0) as u8;
    values.iter().map(byte).collect()
}

fn png(bytes: &[u8], height: usize, width: usize, channels: usize) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(
        &mut file,
        u32::try_from(width).ok()?,
        u32::try_from(height).ok()?,
    );
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        _ => png::ColorType::Rgb,
    });
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(bytes).ok()?;
    writer.finish().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "pictures")]
    #[test]
    fn a_picture_comes_back_from_what_the_network_sees() {
        let mut preprocessing = Preprocessing::scaled(2, 2, 1, 255.0);
        preprocessing.mean = vec![0.5];
        preprocessing.deviation = vec![0.25];
        let raw = [0_u8, 255, 51, 102];
        let x: Vec<f32> = raw
            .iter()
            .map(|&v| preprocessing.value(f32::from(v), 0))
            .collect();
        let picture = of(&x, &preprocessing).unwrap();
        let text = picture.uri.strip_prefix("data:image/png;base64,").unwrap();
        let file = BASE64_STANDARD.decode(text).unwrap();
        let read = crate::data::image_files::from_bytes("p".as_ref(), &file).unwrap();
        assert_eq!(read.values(), raw);
        assert!(of(&x, &Preprocessing::scaled(1, 1, 4, 1.0)).is_none());
    }

    #[test]
    fn values_of_any_range_are_shown() {
        assert_eq!(bytes(&[-1.0, 0.0, 1.0]), [0, 128, 255]);
        assert_eq!(bytes(&[7.0, f64::NAN]), [0, 0]);
    }

    #[test]
    fn large_pictures_are_made_small() {
        let preprocessing = Preprocessing::scaled(400, 300, 3, 255.0);
        let picture = of(&vec![0.5_f32; 400 * 300 * 3], &preprocessing).unwrap();
        assert_eq!((picture.height, picture.width), (134, 100));
    }
}
