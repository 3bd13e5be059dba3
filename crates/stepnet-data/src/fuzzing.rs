//! Parsers of bytes for the fuzz targets: whatever the bytes are, they return.

/// Reads bytes as a file of the format whose target has this name; whether there is one.
pub fn format(target: &str, bytes: &[u8]) -> bool {
    crate::formats::fuzz(target, bytes)
}

/// An image, resized to a small input by each of the rules.
#[cfg(feature = "pictures")]
pub fn image(bytes: &[u8]) {
    use stepnet_base::preprocessing::Resize;

    let name = std::path::Path::new("fuzz");
    let Ok(image) = crate::images::decode::from_bytes(name, bytes) else {
        return;
    };
    for resize in [Resize::Stretch, Resize::Crop, Resize::Fit] {
        drop(image.to_shape([7, 5, 3], resize));
    }
}
