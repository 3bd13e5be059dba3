//! One function for each parser of bytes, for the fuzz targets: whatever the bytes are, it returns.

use std::path::Path;

use stepnet_base::preprocessing::Resize;

use super::{image_files, tar};

/// A tar archive of images, plain or gzip.
pub fn tar(bytes: &[u8]) {
    tar::scan(bytes);
}

/// An image, resized to a small input by each of the rules.
pub fn image(bytes: &[u8]) {
    let Ok(image) = image_files::from_bytes(Path::new("fuzz"), bytes) else {
        return;
    };
    for resize in [Resize::Stretch, Resize::Crop, Resize::Fit] {
        let _ = image.to_shape([7, 5, 3], resize);
    }
}
