//! The images of an array resized.

use std::path::Path;

use crate::{Error, Images, OpenOptions, Result};

/// Resizes every image as image files are resized.
///
/// # Errors
/// Values that are not bytes, or images that do not fit into memory.
#[cfg(feature = "pictures")]
pub(crate) fn resize_all(
    path: &Path,
    images: &Images,
    wanted: [usize; 3],
    options: &OpenOptions,
) -> Result<Images> {
    use stepnet_base::parallel::prelude::*;

    use super::decode::image_buffer;
    use super::image::Image;
    use crate::Values;

    let Values::U8(values) = images.values() else {
        return Err(Error::file(path, "only 8-bit images are resized"));
    };
    let mut out = image_buffer(path, images.len(), wanted)?;
    let run = wanted.iter().product();
    let [height, width, channels] = images.shape();
    let pairs = out
        .par_chunks_mut(run)
        .zip(values.par_chunks(images.per_image()));
    let resized = pairs.map(|(out, values)| {
        let image = Image::new(height, width, channels, values.to_vec())?;
        out.copy_from_slice(&image.to_shape(wanted, options.resize)?);
        Ok::<(), Error>(())
    });
    resized.collect::<Result<()>>()?;
    Images::new(wanted, Values::U8(out))
}

/// Refuses to resize: the code for it is not in this build.
///
/// # Errors
/// Always, naming the feature.
#[cfg(not(feature = "pictures"))]
pub(crate) fn resize_all(
    path: &Path,
    _: &Images,
    _: [usize; 3],
    _: &OpenOptions,
) -> Result<Images> {
    let problem = "resizing images needs the cargo feature `pictures`";
    Err(Error::file(path, problem))
}
