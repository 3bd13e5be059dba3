//! Heat maps: the parts of an image that speak for a class, by Grad-CAM.

use serde_json::{Value, json};
use stepnet::nn::Resize;
use stepnet::see::GradCam;

use super::query::HeatMap;
use crate::http::{Answer, Refusal};
use crate::model::Loaded;

/// The most values of a map that are sent.
const MOST: usize = 1 << 16;

/// The map of one example, from 0 to 1, with the part of the image that it lies over; or why there is none.
///
/// # Errors
/// A class that the model does not have.
pub(super) fn heat_map(
    loaded: &Loaded,
    x: &[f32],
    wanted: &HeatMap,
    size: Option<[usize; 2]>,
) -> Answer<Value> {
    let class = match wanted {
        HeatMap::Predicted => None,
        HeatMap::Class(name) => {
            let found = loaded.names.iter().position(|known| known == name);
            Some(found.ok_or_else(|| {
                let names = stepnet_base::text::listed(&loaded.names);
                Refusal::wrong(format!(
                    "there is no class {name:?}, expected one of {names}"
                ))
            })?)
        }
    };
    if !loaded.model.preprocessing.task.is_classes() {
        let what = loaded.model.preprocessing.task.name();
        return Ok(json!({"error": format!("heat maps are about classes; the model says {what}")}));
    }
    let cam = match GradCam::of(&loaded.model.network, x, class, None) {
        Ok(cam) => cam,
        // Not every network has a layer that a map could show.
        Err(error) => return Ok(json!({"error": error.to_string()})),
    };
    let (height, width) = smaller(cam.height, cam.width);
    let largest = cam.largest();
    let share = |value: f64| match largest > 0.0 {
        true => (1000.0 * value / largest).round() / 1000.0,
        false => 0.0,
    };
    let values: Vec<f64> = cam.resized(height, width).into_iter().map(share).collect();
    Ok(json!({
        "class": loaded.names.get(cam.class),
        "layer": cam.layer,
        "height": height,
        "width": width,
        "values": values,
        "region": size.map(|size| region(loaded, size)),
    }))
}

/// A size of the same aspect with no more values than are sent.
fn smaller(height: usize, width: usize) -> (usize, usize) {
    let (mut rows, mut cols) = (height, width);
    while rows * cols > MOST {
        (rows, cols) = (rows.div_ceil(2), cols.div_ceil(2));
    }
    (rows, cols)
}

/// The part of an image that the network sees, as left, top, width and height in parts of the image's; it is larger
/// than the image where that is fitted into black.
fn region(loaded: &Loaded, [height, width]: [usize; 2]) -> [f64; 4] {
    let preprocessing = &loaded.model.preprocessing;
    let [rows, cols, _] = preprocessing.shape();
    let image = width as f64 / height as f64;
    // How much wider the input is than the image, at the same height.
    let wider = cols as f64 / rows as f64 / image;
    let centred =
        |width: f64, height: f64| [(1.0 - width) / 2.0, (1.0 - height) / 2.0, width, height];
    match preprocessing.resize {
        Resize::Stretch => [0.0, 0.0, 1.0, 1.0],
        Resize::Crop => centred(wider.min(1.0), (1.0 / wider).min(1.0)),
        Resize::Fit => centred(wider.max(1.0), (1.0 / wider).max(1.0)),
    }
}
