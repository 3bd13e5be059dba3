//! A model as `stepnet.Network` holds it: with what a later training takes over; and how it becomes bytes.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use stepnet::data::ValueRange;
use stepnet::nn::{Model, ModelFile, Preprocessing, Registry};
use stepnet::train::{Checkpoint, TrainingState, run_of};
use stepnet::{Number, Predictor};
use stepnet_base::memory;
use stepnet_files as files;

/// The number of epochs among what a model says of its training.
pub(crate) const EPOCHS: &str = "epochs";

/// The largest magnitude of the values that were trained on, in files of earlier versions, which do not have their
/// range.
const LARGEST: &str = "largest value";

/// Memory for what is small in a copy of a model, or around it.
const SLACK: usize = 1 << 20;

/// A model, and what a later training takes over. It reads as the model.
pub(crate) struct Kept<T> {
    model: Model<T>,
    pub(crate) state: Option<Arc<TrainingState<T>>>,
    /// Whether the preprocessing is that of a training; until then the type of the values decides.
    pub(crate) settled: bool,
    /// The model's network prepared for predictions, made by the first one. [`Kept::model_mut`], the only way to change
    /// the model, drops it.
    predictor: OnceLock<Predictor<T>>,
}

/// A copy is made to be changed: it has no predictor.
impl<T: Clone> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self {
            model: self.model.clone(),
            state: self.state.clone(),
            settled: self.settled,
            predictor: OnceLock::new(),
        }
    }
}

impl<T> Deref for Kept<T> {
    type Target = Model<T>;

    fn deref(&self) -> &Model<T> {
        &self.model
    }
}

impl<T: Number> Kept<T> {
    pub(crate) fn new(
        model: Model<T>,
        state: Option<Arc<TrainingState<T>>>,
        settled: bool,
    ) -> Self {
        Self {
            model,
            state,
            settled,
            predictor: OnceLock::new(),
        }
    }

    /// The model, to be changed.
    pub(crate) fn model_mut(&mut self) -> &mut Model<T> {
        self.predictor.take();
        &mut self.model
    }

    /// The network prepared for predictions: by the first call, for all later ones.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn predictor(&self) -> stepnet::Result<&Predictor<T>> {
        if let Some(predictor) = self.predictor.get() {
            return Ok(predictor);
        }
        // Several threads that are first at the same time prepare one each, and one stays: after a fork, the thread that
        // another one waits for may not exist in the child.
        let prepared = Predictor::new(&self.model)?;
        Ok(self.predictor.get_or_init(|| prepared))
    }

    /// A copy of the model, to be changed.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn copy(&self) -> stepnet::Result<Self> {
        let len = self.network.parameters().len();
        memory::ensure::<T>("a copy of the network", len.saturating_add(SLACK))?;
        Ok(self.clone())
    }

    /// The range of the values that were trained on, where it is known.
    pub(crate) fn range(&self) -> Option<ValueRange> {
        let training = &self.model.training;
        let earlier = || training.get(LARGEST).and_then(Value::as_f64);
        ValueRange::stored(training).or_else(|| {
            earlier().map(|largest| ValueRange {
                least: 0.0,
                largest,
                whole: false,
            })
        })
    }

    /// The largest magnitude of the values that were trained on, where it is known.
    pub(crate) fn largest(&self) -> Option<f64> {
        self.range().map(|range| range.largest.max(-range.least))
    }

    /// Has raw values become inputs in this way.
    pub(crate) fn settle(&mut self, preprocessing: Preprocessing) {
        self.settled = true;
        let model = self.model_mut();
        model.preprocessing = preprocessing;
        // A description that says "no epoch" is one that nobody has decided on.
        if model.training.get(EPOCHS).and_then(Value::as_u64) == Some(0) {
            model.training.remove(EPOCHS);
            let given = ("preprocessing".to_owned(), "as given".into());
            model.training.extend([given]);
        }
    }

    /// The content of a model file, with what a later training takes over where there is any and it is wanted.
    ///
    /// # Errors
    /// What cannot be written.
    pub(crate) fn to_bytes(&self, state: bool) -> stepnet::Result<Vec<u8>> {
        self.room()?;
        match &self.state {
            Some(kept) if state => kept.to_bytes(&self.model),
            _ => self.model.to_bytes(),
        }
    }

    /// Fails unless there is memory for the content of a file and for what it is made of, one array at a time.
    fn room(&self) -> stepnet::Result<()> {
        let own = self
            .network
            .parameters()
            .len()
            .saturating_mul(size_of::<T>());
        let all = own.saturating_add(self.state.as_ref().map_or(0, |state| state.bytes()));
        memory::ensure::<u8>(
            "the content of a model file",
            all.saturating_mul(2).saturating_add(SLACK),
        )
    }

    /// # Errors
    /// What cannot be written.
    pub(crate) fn save(&self, path: &Path, state: bool) -> stepnet::Result<()> {
        self.room()?;
        match &self.state {
            Some(kept) if state => files::write_atomic(path, &kept.to_bytes(&self.model)?),
            _ => self.model.save(path),
        }
    }
}

/// A network of one of the two number types. Whoever reads it has it as it was, whatever is put in its place.
#[derive(Clone)]
pub(crate) enum Held {
    F32(Arc<Kept<f32>>),
    F64(Arc<Kept<f64>>),
}

/// The same for networks of both number types.
macro_rules! each {
    ($held:expr, $model:ident => $do:expr) => {
        match $held {
            $crate::kept::Held::F32($model) => $do,
            $crate::kept::Held::F64($model) => $do,
        }
    };
}
pub(crate) use each;

/// The number types of networks.
pub(crate) trait Dtype: Number + numpy::Element {
    fn held(kept: Kept<Self>) -> Held;
}

impl Dtype for f32 {
    fn held(kept: Kept<Self>) -> Held {
        Held::F32(Arc::new(kept))
    }
}

impl Dtype for f64 {
    fn held(kept: Kept<Self>) -> Held {
        Held::F64(Arc::new(kept))
    }
}

/// Fails unless there is memory to read a model of so many bytes: for them, for all numbers in double precision, and
/// for the network.
///
/// # Errors
///
/// When there is not.
pub(crate) fn room_to_read(bytes: u64) -> stepnet::Result<()> {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    memory::ensure::<u8>("a model", bytes.saturating_mul(5).saturating_add(SLACK))
}

/// The network in a file: one of `save`, or in a pickle; or of the command.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(file: &ModelFile, pickled: bool) -> stepnet::Result<Held> {
    match file.element() {
        Some("f64") => typed::<f64>(file, pickled),
        _ => typed::<f32>(file, pickled),
    }
}

fn typed<T: Dtype>(file: &ModelFile, pickled: bool) -> stepnet::Result<Held> {
    let (model, state) = match run_of(file) {
        Ok(_) => TrainingState::of_checkpoint(Checkpoint::of_file(file, Registry::builtin())?),
        Err(_) => {
            let model = file.model::<T>(Registry::builtin())?;
            model.check_finite()?;
            (model, None)
        }
    };
    // Pickles of earlier versions say nothing of networks without training.
    let untrained = match model.training.get(EPOCHS) {
        Some(epochs) => epochs.as_u64() == Some(0),
        None => pickled && model.training.is_empty(),
    };
    Ok(T::held(Kept::new(model, state.map(Arc::new), !untrained)))
}
