//! Which shape an array's images have, and how they come to the wanted one.

use std::path::Path;

use crate::{Error, Result};

use super::array::times;
use crate::images::resize_all::resize_all;
use crate::limits::elements;
use crate::options::OpenOptions;
use crate::{Images, Values};

/// Height, width and channels of the images in an array, and whether the array stores them flat.
///
/// `(n, h, w)` has one channel; `(n, d)` is `(n, side, side, 1)` where `d` is a square and
/// `(n, 1, 1, d)` where it is not. Channels come last: an array that looks like `(n, c, h, w)` is
/// rejected rather than guessed.
///
/// # Errors
/// Other dimensions, a dimension of zero, or channels in front.
pub(crate) fn of_images(
    path: &Path,
    array: &[usize],
    wanted: Option<[usize; 3]>,
) -> Result<([usize; 3], bool)> {
    let found = || format!("images of shape {}", times(array));
    if array.first() == Some(&0) {
        return Err(Error::file(path, format!("{}: no image in it", found())));
    }
    if array.contains(&0) {
        return Err(Error::file(path, format!("{}: a dimension of 0", found())));
    }
    match *array {
        [_, height, width, channels] => {
            let own = [height, width, channels];
            let front = matches!(height, 1 | 3 | 4) && width > 4 && channels > 4;
            if front && wanted != Some(own) {
                let problem = format!(
                    "{}: channels look to come first; expected (n, height, width, channels), move axis 1 to the end",
                    found()
                );
                return Err(Error::file(path, problem));
            }
            Ok((own, false))
        }
        [_, height, width] => Ok(([height, width, 1], false)),
        [_, values] => {
            let side = values.isqrt();
            Ok((
                if side * side == values {
                    [side, side, 1]
                } else {
                    [1, 1, values]
                },
                true,
            ))
        }
        _ => {
            let problem = format!(
                "{}, expected (n, h, w), (n, h, w, c) or (n, values)",
                found()
            );
            Err(Error::file(path, problem))
        }
    }
}

/// Brings images to the wanted shape: as they are, seen otherwise (flat), or resized.
///
/// # Errors
/// Images that cannot be resized to it.
pub(crate) fn fit(
    path: &Path,
    images: Images,
    flat: bool,
    options: &OpenOptions,
    notes: &mut Vec<String>,
) -> Result<Images> {
    let own = images.shape();
    let wanted = match options.input {
        None => return Ok(images),
        Some(wanted) if wanted == own => return Ok(images),
        Some(wanted) => wanted,
    };
    let reads_flat = flat || wanted[..2] == [1, 1];
    if reads_flat && elements(wanted) == Some(images.per_image()) {
        return images.reshape(wanted);
    }
    let has_colours = |shape: [usize; 3]| matches!(shape[2], 1 | 3);
    if !(has_colours(own) && has_colours(wanted) && matches!(images.values(), Values::U8(_))) {
        let problem = format!(
            "images of shape {}, expected {} (only 8-bit images of 1 or 3 channels are resized; a network with an input of {} takes them as they are)",
            times(&own),
            times(&wanted),
            times(&own)
        );
        return Err(Error::file(path, problem));
    }
    let resized = resize_all(path, &images, wanted, options)?;
    notes.push(format!(
        "{} images brought from {} to {}",
        images.len(),
        times(&own),
        times(&wanted)
    ));
    Ok(resized)
}
