//! From a layer's name in the notation to the layer.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{
    Activation, AvgPool, BatchNorm, Conv, Dropout, Flatten, LayerNorm, Linear, MaxPool, Pad,
};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::notation::{Kinds, LayerText, Signature};
use stepnet_kernels::Real;

type Built<T> = Result<Arc<dyn Layer<T>>, String>;
type Factory<T> = Arc<dyn Fn(&LayerText) -> Built<T> + Send + Sync>;

/// The kinds of layers a network may be built of: the built-in ones, and those a user adds.
#[derive(Clone)]
pub struct Registry<T> {
    kinds: Kinds,
    factories: HashMap<String, Factory<T>>,
}

/// Kinds of layers, each with what makes one.
type Factories<T> = Vec<(&'static str, fn(&LayerText) -> Built<T>)>;

/// The number types, each with its built-in layers: made in functions that are not generic, the
/// layers' passes and all kernels under them are compiled once, with this crate, and not again with
/// every program that uses it.
pub trait BuiltIn: Sized {
    /// What makes the built-in layers.
    #[doc(hidden)]
    fn factories() -> Factories<Self>;
}

impl BuiltIn for f32 {
    fn factories() -> Factories<Self> {
        factories()
    }
}

impl BuiltIn for f64 {
    fn factories() -> Factories<Self> {
        factories()
    }
}

fn factories<T: Real>() -> Factories<T> {
    vec![
        ("conv", |text| Ok(Arc::new(Conv::from_text(text)?))),
        ("maxpool", |text| Ok(Arc::new(MaxPool::from_text(text)))),
        ("avgpool", |text| Ok(Arc::new(AvgPool::from_text(text)))),
        ("globalavgpool", |text| Ok(Arc::new(AvgPool::global(text)))),
        ("flatten", |text| Ok(Arc::new(Flatten::from_text(text)))),
        ("linear", |text| Ok(Arc::new(Linear::from_text(text)?))),
        ("relu", |text| Ok(Arc::new(Activation::relu(text)))),
        ("leakyrelu", |text| {
            Ok(Arc::new(Activation::leaky_relu(text)?))
        }),
        ("sigmoid", |text| Ok(Arc::new(Activation::sigmoid(text)))),
        ("tanh", |text| Ok(Arc::new(Activation::tanh(text)))),
        ("gelu", |text| Ok(Arc::new(Activation::gelu(text)))),
        ("silu", |text| Ok(Arc::new(Activation::silu(text)))),
        ("softmax", |text| Ok(Arc::new(Activation::softmax(text)))),
        ("dropout", |text| Ok(Arc::new(Dropout::from_text(text)))),
        ("bn", |text| Ok(Arc::new(BatchNorm::from_text(text)?))),
        ("layernorm", |text| {
            Ok(Arc::new(LayerNorm::from_text(text)?))
        }),
        ("pad", |text| Ok(Arc::new(Pad::from_text(text)?))),
    ]
}

impl<T: Real + BuiltIn> Registry<T> {
    /// The built-in layers.
    pub fn builtin() -> Self {
        let made = |(kind, factory): (&str, fn(&LayerText) -> Built<T>)| {
            let factory: Factory<T> = Arc::new(factory);
            (kind.to_owned(), factory)
        };
        Self {
            kinds: Kinds::builtin(),
            factories: T::factories().into_iter().map(made).collect(),
        }
    }

    /// Adds a kind: from now on `signature`'s name parses, and `build` makes the layer of it.
    ///
    /// # Errors
    /// When the name or an alias is taken or is not a word of the notation.
    pub fn register<F>(&mut self, signature: Signature, build: F) -> Result<()>
    where
        F: Fn(&LayerText) -> Result<Arc<dyn Layer<T>>, String> + Send + Sync + 'static,
    {
        let name = signature.name().to_owned();
        self.kinds.register(signature)?;
        self.factories.insert(name, Arc::new(build));
        Ok(())
    }

    /// The kinds, for parsing.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// The layer of a parsed text, named `name` in errors.
    ///
    /// # Errors
    /// When nobody registered the kind, or its factory refuses the arguments.
    pub fn build(&self, name: &str, text: &LayerText) -> Result<Arc<dyn Layer<T>>> {
        self.made(text)
            .map_err(|problem| Error::layer(name, problem))
    }

    /// The layer of a parsed text, or why there is none.
    pub(crate) fn made(&self, text: &LayerText) -> Built<T> {
        match self.factories.get(text.kind()) {
            Some(factory) => factory(text),
            None => Err(format!(
                "no layer is registered for the kind {:?}",
                text.kind()
            )),
        }
    }
}

impl<T> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}
