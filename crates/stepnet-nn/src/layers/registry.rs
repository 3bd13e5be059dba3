//! From a layer's name in the notation to the layer.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::kind::BuildResult;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::layer::LayerError;
use crate::notation::{Kinds, LayerText, Signature};
use stepnet_kernels::Real;

type Factory<T> = Arc<dyn Fn(&LayerText) -> BuildResult<T> + Send + Sync>;

/// The kinds of layers a network may be built of: the built-in ones, and those a user adds.
#[derive(Clone)]
pub struct Registry<T> {
    kinds: Kinds,
    factories: HashMap<String, Factory<T>>,
}

/// The number types, each with its built-in layers: made in functions that are not generic, the
/// layers' passes and all kernels under them are compiled once, with this crate, and not again with
/// every program that uses it.
pub trait BuiltIn: Sized {
    /// The constructors of the built-in layers.
    #[doc(hidden)]
    fn factories() -> Vec<super::Factory<Self>>;
}

impl BuiltIn for f32 {
    fn factories() -> Vec<super::Factory<Self>> {
        super::factories()
    }
}

impl BuiltIn for f64 {
    fn factories() -> Vec<super::Factory<Self>> {
        super::factories()
    }
}

impl<T: Real + BuiltIn> Registry<T> {
    /// The built-in layers.
    pub fn builtin() -> Self {
        let names = super::signatures().into_iter().map(|s| s.name().to_owned());
        let made = |factory: super::Factory<T>| -> Factory<T> { Arc::new(factory) };
        Self {
            kinds: Kinds::builtin(),
            factories: names.zip(T::factories().into_iter().map(made)).collect(),
        }
    }

    /// Adds a kind: from now on `signature`'s name parses, and `build` makes the layer of it.
    ///
    /// # Errors
    /// When the name or an alias is taken or is not a word of the notation.
    pub fn register<F>(&mut self, signature: Signature, build: F) -> Result<()>
    where
        F: Fn(&LayerText) -> Result<Arc<dyn Layer<T>>, LayerError> + Send + Sync + 'static,
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
            .map_err(|error| Error::layer(name, error.message))
    }

    /// The layer of a parsed text, or why there is none.
    pub(crate) fn made(&self, text: &LayerText) -> BuildResult<T> {
        match self.factories.get(text.kind()) {
            Some(factory) => factory(text),
            None => Err(format!("no layer is registered for the kind {:?}", text.kind()).into()),
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
