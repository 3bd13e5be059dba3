//! Features that were computed, kept in a file.
//!
//! The file begins with a line of JSON: what the features are of ([`FeatureExtractor::key`]), the number type, how many
//! features a row has, how many rows there are. Then come the keys of the rows, 32 bytes each, the rows as little-endian
//! numbers, and the SHA-256 of everything before it. A file that is damaged, or of other weights, is not used.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::extract::FeatureExtractor;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::{Hash, files, memory};
use stepnet_base::Hasher;
use stepnet_files::tensors::to_little_endian;

/// The version of the file's form.
const FORMAT: u32 = 1;

/// Bytes of a hash.
const HASH: usize = 32;

/// The hash of an input as the network takes it: of the image, its preprocessing and its augmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeatureKey([u8; HASH]);

impl FeatureKey {
    /// The key of one input.
    pub fn of<T: Number>(input: &[T]) -> Self {
        let mut hasher = Hasher::new("input");
        hasher.values(input);
        Self(hasher.finish().to_bytes())
    }
}

/// The first line of the file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    stepnet_features: u32,
    of: Hash,
    element: String,
    features: usize,
    rows: usize,
}

/// Features by the inputs that they are of.
#[derive(Debug, Clone)]
pub struct FeatureCache<T> {
    of: Hash,
    features: usize,
    rows: HashMap<FeatureKey, usize>,
    keys: Vec<FeatureKey>,
    values: Vec<T>,
    /// How many rows the file has.
    saved: usize,
    /// How many it had when it was opened.
    opened: usize,
}

impl<T: Number> FeatureCache<T> {
    /// An empty cache for the features of `extractor`.
    pub fn new(extractor: &FeatureExtractor<T>) -> Self {
        Self {
            of: extractor.key(),
            features: extractor.features(),
            rows: HashMap::new(),
            keys: Vec::new(),
            values: Vec::new(),
            saved: 0,
            opened: 0,
        }
    }

    /// The cache in a file, and why it starts empty where there is a file that cannot be used.
    pub fn open(extractor: &FeatureExtractor<T>, path: &Path) -> (Self, Option<String>) {
        let mut cache = Self::new(extractor);
        if !path.exists() {
            return (cache, None);
        }
        let why = files::read(path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| cache.take(&bytes))
            .err();
        match why {
            // Whatever was taken in before the fault came up.
            Some(why) => (Self::new(extractor), Some(why)),
            None => (cache, None),
        }
    }

    /// Takes in the content of a file.
    fn take(&mut self, bytes: &[u8]) -> std::result::Result<(), String> {
        let (content, sum) = bytes.split_last_chunk::<HASH>().ok_or("it is cut off")?;
        let end = content.iter().position(|&byte| byte == b'\n');
        let (line, rest) = content.split_at(end.ok_or("it has no first line")?);
        let header: Header =
            serde_json::from_slice(line).map_err(|error| format!("its first line: {error}"))?;
        if checksum(content) != *sum {
            return Err("it does not match its checksum".to_owned());
        }
        let expected = Header {
            stepnet_features: FORMAT,
            of: self.of,
            element: T::NAME.to_owned(),
            features: self.features,
            rows: header.rows,
        };
        if header != expected {
            return Err("its features are of other weights, or of another machine".to_owned());
        }
        let width = HASH + self.features * size_of::<T>();
        let rest = &rest[1..];
        if header.rows.checked_mul(width) != Some(rest.len()) {
            return Err(format!(
                "it has {} bytes, expected {} rows of {width}",
                rest.len(),
                header.rows
            ));
        }
        let (keys, values) = rest.split_at(header.rows * HASH);
        let keys = keys.as_chunks::<HASH>().0.iter();
        self.keys = keys.map(|&key| FeatureKey(key)).collect();
        self.values = numbers(values);
        if let Some(value) = self.values.iter().find(|value| !value.is_finite()) {
            return Err(format!("it has the value {value}"));
        }
        self.rows = self.keys.iter().copied().zip(0..).collect();
        self.saved = header.rows;
        self.opened = header.rows;
        Ok(())
    }

    /// Writes it into a file, if there is something new.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&mut self, path: &Path) -> Result<()> {
        if self.saved == self.keys.len() {
            return Ok(());
        }
        let header = Header {
            stepnet_features: FORMAT,
            of: self.of,
            element: T::NAME.to_owned(),
            features: self.features,
            rows: self.keys.len(),
        };
        let mut bytes = serde_json::to_vec(&header)
            .map_err(|error| Error::Training(format!("{}: {error}", path.display())))?;
        let more = self.keys.len() * HASH + size_of_val(&self.values[..]) + 1 + HASH;
        memory::ensure::<u8>("the file of features", more)?;
        bytes.reserve_exact(more);
        bytes.push(b'\n');
        self.keys.iter().for_each(|key| bytes.extend(key.0));
        for values in self.values.chunks(1 << 16) {
            bytes.extend(to_little_endian(values));
        }
        let sum = checksum(&bytes);
        bytes.extend(sum);
        files::write_atomic(path, &bytes)?;
        self.saved = self.keys.len();
        Ok(())
    }

    /// How many inputs it has the features of.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether it has the features of an input.
    pub fn has(&self, key: &FeatureKey) -> bool {
        self.rows.contains_key(key)
    }

    /// Whether the features of an input were in the file.
    pub(super) fn is_from_file(&self, key: &FeatureKey) -> bool {
        self.rows.get(key).is_some_and(|&row| row < self.opened)
    }

    /// The features of an input, if it has them.
    pub fn get(&self, key: &FeatureKey) -> Option<&[T]> {
        let row = *self.rows.get(key)?;
        Some(&self.values[row * self.features..][..self.features])
    }

    /// Takes in the features of an input.
    ///
    /// # Errors
    /// Features that are not finite.
    pub(super) fn put(&mut self, key: FeatureKey, features: &[T]) -> Result<()> {
        if let Some(value) = features.iter().find(|value| !value.is_finite()) {
            return Err(Error::Training(format!(
                "a feature is {value}: the layers before the last linear overflow on an image"
            )));
        }
        self.rows.insert(key, self.keys.len());
        self.keys.push(key);
        self.values.extend_from_slice(features);
        Ok(())
    }
}

/// The SHA-256 of a file's content.
fn checksum(content: &[u8]) -> [u8; HASH] {
    let mut hasher = Hasher::default();
    hasher.part(content);
    hasher.finish().to_bytes()
}

/// Values as [`to_little_endian`] writes them.
fn numbers<T: Number>(bytes: &[u8]) -> Vec<T> {
    match size_of::<T>() == size_of::<f32>() {
        true => {
            let words = bytes.as_chunks::<4>().0.iter();
            words
                .map(|&word| T::from_f64(f32::from_le_bytes(word).into()))
                .collect()
        }
        false => {
            let words = bytes.as_chunks::<8>().0.iter();
            words
                .map(|&word| T::from_f64(f64::from_le_bytes(word)))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, Network};
    use crate::rng::RandomState;

    fn extractor(seed: u32) -> FeatureExtractor<f32> {
        let mut network = Network::new("linear(3) -> relu -> linear(2) -> softmax", [2, 1, 1]);
        let network = network.as_mut().unwrap();
        network.initialize(Init::He, &mut RandomState::new(seed));
        FeatureExtractor::new(network).unwrap()
    }

    #[test]
    fn what_is_not_whole_or_of_other_weights_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("features");
        let first = extractor(1);
        let mut cache = FeatureCache::new(&first);
        let inputs = [[1.0_f32, 2.0], [0.5, -0.25]];
        for input in &inputs {
            let features = first.extract(input).unwrap();
            cache.put(FeatureKey::of(input), &features).unwrap();
        }
        cache.save(&path).unwrap();

        let (again, why) = FeatureCache::open(&first, &path);
        assert_eq!((again.len(), why), (2, None));
        for input in &inputs {
            let key = FeatureKey::of(input);
            assert_eq!(again.get(&key), cache.get(&key));
        }
        assert!(!again.has(&FeatureKey::of(&[1.0_f32, 2.5])));

        let (other, why) = FeatureCache::open(&extractor(2), &path);
        assert_eq!(
            (other.len(), why.unwrap().contains("other weights")),
            (0, true)
        );

        let whole = std::fs::read(&path).unwrap();
        for damaged in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[damaged] ^= 4;
            std::fs::write(&path, &bytes).unwrap();
            let (found, why) = FeatureCache::open(&first, &path);
            assert!(found.is_empty() && why.is_some(), "byte {damaged}");
        }
        for length in [0, 10, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (found, why) = FeatureCache::open(&first, &path);
            assert!(found.is_empty() && why.is_some(), "{length} bytes");
        }
    }
}
