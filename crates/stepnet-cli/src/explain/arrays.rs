//! The maps as arrays.

use std::path::Path;

use stepnet::see::explain::{Attribution, Target};
use stepnet_files::npy::{Array, npz};

use crate::failure::Outcome;

/// The maps of all images by one method. Of images of one network they have one size.
#[derive(Default)]
struct Maps {
    size: [usize; 2],
    channels: usize,
    maps: Vec<f32>,
    values: Vec<f32>,
    twins: Vec<f32>,
}

/// What an npz file will hold.
pub(super) struct Arrays {
    names: Vec<String>,
    classes: Vec<i64>,
    class_names: Vec<String>,
    outputs: Vec<f32>,
    methods: Vec<(&'static str, Maps)>,
}

/// A value as files have it: exact for networks in f32 but for sums of several values.
#[allow(clippy::cast_possible_truncation)]
fn single(values: &[f64]) -> impl Iterator<Item = f32> {
    values.iter().map(|&value| value as f32)
}

impl Arrays {
    pub(super) fn new(methods: &[&'static str]) -> Self {
        Self {
            names: Vec::new(),
            classes: Vec::new(),
            class_names: Vec::new(),
            outputs: Vec::new(),
            methods: methods
                .iter()
                .map(|&name| (name, Maps::default()))
                .collect(),
        }
    }

    /// Adds an image with the maps of all methods, in their order, and those of the twin with random weights.
    pub(super) fn add(
        &mut self,
        path: &Path,
        target: &Target,
        found: &[(Attribution, Option<Attribution>)],
    ) {
        self.names.push(path.display().to_string());
        self.classes
            .push(i64::try_from(target.class).unwrap_or(i64::MAX));
        self.class_names.push(target.name.clone());
        self.outputs.extend(single(&[target.output]));
        for ((_, maps), (map, twin)) in self.methods.iter_mut().zip(found) {
            maps.size = [map.height, map.width];
            maps.channels = map.values.len() / map.map.len().max(1);
            maps.maps.extend(single(&map.map));
            maps.values.extend(single(&map.values));
            maps.twins
                .extend(twin.iter().flat_map(|twin| single(&twin.map)));
        }
    }

    /// The file.
    pub(super) fn bytes(&self) -> Outcome<Vec<u8>> {
        let images = self.names.len();
        let mut arrays = vec![
            ("names".to_owned(), Array::texts(&self.names)),
            ("classes".to_owned(), Array::i64(&self.classes)),
            ("class_names".to_owned(), Array::texts(&self.class_names)),
            (
                "outputs".to_owned(),
                Array::f32(&[images], self.outputs.iter().copied()),
            ),
        ];
        for (method, maps) in &self.methods {
            let name = method.replace("++", "_plus_plus").replace('-', "_");
            let [height, width] = maps.size;
            let shape = [images, height, width, maps.channels];
            let array = |shape: &[usize], values: &[f32]| Array::f32(shape, values.iter().copied());
            if !maps.values.is_empty() {
                arrays.push((format!("{name}_values"), array(&shape, &maps.values)));
            }
            if !maps.twins.is_empty() {
                arrays.push((format!("{name}_random"), array(&shape[..3], &maps.twins)));
            }
            arrays.push((name, array(&shape[..3], &maps.maps)));
        }
        let names: Vec<String> = arrays.iter().map(|(name, _)| name.clone()).collect();
        let arrays = arrays.into_iter().map(|(_, array)| array);
        let named: Vec<(&str, Array)> = names.iter().map(String::as_str).zip(arrays).collect();
        Ok(npz(&named)?)
    }
}
