//! The score without a part of the image.

use crate::error::Result;
use crate::explain::attribution::Attribution;
use crate::explain::method::{About, Asked, Method};
use stepnet_nn::Number;

static ABOUT: About = About {
    name: "occlusion",
    summary: "how much the score falls where a patch covers the image: no gradients, but a pass for each place of the patch",
    source: "Zeiler and Fergus, \"Visualizing and Understanding Convolutional Networks\", 2013",
    options: &["patch", "stride", "baseline"],
};

/// `S(x) - S(x covered)`, averaged over the patches that cover a pixel. Patches lie `stride` apart from the upper left
/// corner on; the last ones in a row and column end at the image's edge.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        let [height, width, channels] = asked.size()?;
        let (patch, stride) = asked.options.patch_for(height, width)?;
        let x = asked.x;
        let colour = asked.options.baseline.colour(x, asked.preprocessing);
        let (tops, lefts) = (starts(height, patch, stride), starts(width, patch, stride));
        let places: Vec<[usize; 2]> = (tops.iter())
            .flat_map(|&top| lefts.iter().map(move |&left| [top, left]))
            .collect();
        let pixels = |[top, left]: [usize; 2]| {
            let cols = move |row| (left..width.min(left + patch)).map(move |col| row * width + col);
            (top..height.min(top + patch)).flat_map(cols)
        };
        // The last one is the whole image.
        let count = places.len() + 1;
        let scores = asked.passes.scores(count, asked.seed, |number, to| {
            to.copy_from_slice(x);
            for pixel in places
                .get(number)
                .into_iter()
                .flat_map(|&place| pixels(place))
            {
                to[pixel * channels..][..channels].copy_from_slice(&colour);
            }
        })?;
        let whole = scores[places.len()];
        let mut map = vec![0.0; height * width];
        let mut covered = vec![0_u32; height * width];
        for (&place, score) in places.iter().zip(&scores) {
            for pixel in pixels(place) {
                map[pixel] += whole - score;
                covered[pixel] += 1;
            }
        }
        for (value, &times) in map.iter_mut().zip(&covered) {
            *value /= f64::from(times.max(1));
        }
        Ok(Attribution {
            method: ABOUT.name,
            layer: None,
            height,
            width,
            map,
            signed: true,
            values: Vec::new(),
            completeness: None,
        })
    }
}

/// Where patches begin on an axis, so that the last one reaches its end.
fn starts(side: usize, patch: usize, stride: usize) -> Vec<usize> {
    let last = side.saturating_sub(patch).div_ceil(stride);
    (0..=last).map(|number| number * stride).collect()
}
