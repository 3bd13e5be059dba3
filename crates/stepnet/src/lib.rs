//! Stepnet: a convolutional network engine whose every step can be seen, checked and changed.
//!
//! It does one thing at three depths:
//!
//! - see: [`steps`], the building blocks of the course notebooks as plain loops, the specification,
//!   and [`see`], which looks into networks;
//! - compute: [`kernels`], the same operations at the speed of the hardware;
//! - use: [`nn`], [`optim`], [`train`] and [`data`], networks, training and files for real work.
//!
//! # The smallest training
//!
//! A network is a line in the [arrow notation](nn::notation). The embedded digits are there to
//! learn from:
//!
//! ```
//! use stepnet::{Init, Network, Preprocessing, RandomState, TrainOptions, Trainer, data};
//!
//! let (train, held_out) = data::digits().split(0.2, 1)?;
//! let mut network = Network::<f32>::new("conv(8, 3) -> relu -> linear(10) -> softmax", [8, 8, 1])?;
//! network.initialize(Init::He, &mut RandomState::new(1));
//!
//! let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
//! let options = TrainOptions::default().epochs(3);
//! let mut trainer = Trainer::new(network, preprocessing, options, train.len())?;
//! trainer.fit(&train, |_| {})?;
//! assert!(trainer.evaluate(&held_out)?.scores.accuracy() > 0.9);
//! # Ok::<(), stepnet::Error>(())
//! ```
//!
//! # Next steps
//!
//! - The notebooks' functions, with their examples and errata: [`steps`]; those of the notebooks around them: [`course`].
//! - Your own loop over your own arrays: [`train::Learner`] takes batches of plain slices.
//! - Your own layer: [`nn::Layer`], and the third of the examples.
//! - Your own images and files: [`data::open`]; data in a form of your own: [`data::Examples`].
//! - Saving and loading: [`Model`], which [`Trainer::into_model`] makes.
//! - A training that keeps itself in a folder and can be resumed: [`train::run`].
//!
//! # Features
//!
//! `exchange` (models of other frameworks), `files` (readers of IDX, npy, npz, CSV and HDF5), `encodings` (CSV tables in encodings older than
//! Unicode), `pictures` (decoders of images; folders, archives and lists of them) and `pages` (explanations and reports of runs as HTML) are on by default. Without them the library is networks,
//! training and model files. `parquet` reads Parquet tables with a column of images, `tensorboard`
//! writes event files of runs.

pub mod course;
pub mod fast;
pub mod train;

// For this crate alone: what its users have of them, they have by name.
use stepnet_base::{error, limits, memory, threads};
use stepnet_files as files;

pub use stepnet_base::{Element, Error, Hash, Result, rng, stop};
#[cfg(feature = "exchange")]
#[doc(inline)]
pub use stepnet_exchange as exchange;
pub use stepnet_nn::{Number, Predictor, optim};
#[doc(inline)]
pub use {
    stepnet_data as data, stepnet_kernels as kernels, stepnet_mpi as group, stepnet_nn as nn,
    stepnet_see as see, stepnet_steps as steps,
};

// The names that most programs need, in one place.
#[doc(no_inline)]
pub use {
    data::{Dataset, OpenOptions},
    nn::{Init, Model, Network, Preprocessing},
    rng::RandomState,
    train::{TrainOptions, Trainer, evaluate, task_for},
};

// Crates whose types stand in signatures here.
pub use {ndarray, num_traits, serde_json};

/// The book's programs, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../RUST.md")]
struct Book;

/// The README's program, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
