//! Resizing by a stated rule.

use image::imageops::{self, FilterType};
use image::{ImageBuffer, Luma, Pixel, Rgb};

use stepnet_base::preprocessing::Resize;

/// Values of shape `own` (height, width, 1 or 3 channels) resized to a height and width.
///
/// The filter is a triangle as wide as a pixel of the result, so shrinking averages; the same
/// size is left alone.
pub(crate) fn resize(
    values: Vec<u8>,
    own: [usize; 3],
    [height, width]: [usize; 2],
    rule: Resize,
) -> Vec<u8> {
    if own[..2] == [height, width] {
        return values;
    }
    if own[2] == 1 {
        resize_pixels::<Luma<u8>>(values, own, [height, width], rule)
    } else {
        resize_pixels::<Rgb<u8>>(values, own, [height, width], rule)
    }
}

fn resize_pixels<P: Pixel<Subpixel = u8> + 'static>(
    values: Vec<u8>,
    [own_height, own_width, _]: [usize; 3],
    [height, width]: [usize; 2],
    rule: Resize,
) -> Vec<u8> {
    // Both sizes are below the limit on pixels, so 32 bits hold them.
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let image = ImageBuffer::<P, _>::from_raw(small(own_width), small(own_height), values);
    let Some(image) = image else {
        unreachable!("an image has as many values as its size");
    };
    let scale =
        |height, width| imageops::resize(&image, small(width), small(height), FilterType::Triangle);
    match rule {
        Resize::Stretch => scale(height, width).into_raw(),
        Resize::Crop => {
            let [cut_height, cut_width] = inner([own_height, own_width], [height, width]);
            let (top, left) = ((own_height - cut_height) / 2, (own_width - cut_width) / 2);
            let (left, top) = (small(left), small(top));
            let cut = imageops::crop_imm(&image, left, top, small(cut_width), small(cut_height));
            let cut = cut.to_image();
            imageops::resize(&cut, small(width), small(height), FilterType::Triangle).into_raw()
        }
        Resize::Fit => {
            let [fit_height, fit_width] = inner([height, width], [own_height, own_width]);
            let fitted = scale(fit_height, fit_width);
            let mut out = ImageBuffer::<P, Vec<u8>>::new(small(width), small(height));
            let (top, left) = ((height - fit_height) / 2, (width - fit_width) / 2);
            imageops::replace(&mut out, &fitted, left as i64, top as i64);
            out.into_raw()
        }
    }
}

/// The largest height and width inside `outer` with the aspect of `aspect`, rounded, at least 1.
fn inner(outer: [usize; 2], aspect: [usize; 2]) -> [usize; 2] {
    let [outer_height, outer_width] = outer.map(|n| n as u128);
    let [height, width] = aspect.map(|n| n as u128);
    let rounded = |numerator: u128, denominator: u128, most: u128| {
        let value = (2 * numerator + denominator) / (2 * denominator);
        value.clamp(1, most) as usize
    };
    if outer_width * height > outer_height * width {
        [outer[0], rounded(outer_height * width, height, outer_width)]
    } else {
        [rounded(outer_width * height, width, outer_height), outer[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_is_left_alone() {
        for rule in [Resize::Stretch, Resize::Crop, Resize::Fit] {
            assert_eq!(
                resize(vec![1, 9, 200, 3], [2, 2, 1], [2, 2], rule),
                [1, 9, 200, 3]
            );
        }
    }

    #[test]
    fn halving_weighs_the_four_nearest_with_a_triangle() {
        // Result pixel 0 has its centre at 1.0 in the source and a triangle of half-width 2:
        // weights 0.75, 0.75, 0.25 for the pixels at 0.5, 1.5, 2.5, normalised.
        let halved = resize(vec![0, 0, 210, 210], [1, 4, 1], [1, 2], Resize::Stretch);
        assert_eq!(halved, [30, 180]);
    }

    #[test]
    fn rules_keep_or_cut_what_they_say() {
        // Three columns: black, white, black.
        let values = vec![0, 240, 0, 0, 240, 0];
        let cropped = resize(values.clone(), [2, 3, 1], [1, 1], Resize::Crop);
        assert!(cropped[0] > 50, "{cropped:?}");
        let fitted = resize(vec![200; 8], [2, 4, 1], [4, 4], Resize::Fit);
        let mut expected = vec![0; 16];
        expected[4..12].fill(200);
        assert_eq!(fitted, expected);
        let cropped = resize(vec![0, 100, 100, 0], [1, 4, 1], [2, 2], Resize::Crop);
        assert_eq!(cropped.len(), 4);
    }

    #[test]
    fn the_inner_size_has_the_aspect() {
        assert_eq!(inner([10, 20], [1, 1]), [10, 10]);
        assert_eq!(inner([20, 10], [1, 2]), [5, 10]);
        assert_eq!(inner([1, 100], [100, 1]), [1, 1]);
        assert_eq!(inner([7, 7], [3, 3]), [7, 7]);
    }
}
