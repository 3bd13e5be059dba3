//! A server: bound, then run.

use std::collections::HashSet;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use stepnet::nn::Shape;
use stepnet_base::{Error, Result};
use tokio::runtime::Builder;

use crate::event::Event;
use crate::http::connection;
use crate::metrics::Metrics;
use crate::model::{Slot, watch};
use crate::options::Options;
use crate::state::State;

/// How long work that nobody waits for any more may delay the end.
const LEAVE: Duration = Duration::from_millis(50);

/// A model to serve.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Source {
    /// The name in addresses: letters, digits, `.`, `-` and `_`.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
}

impl Source {
    /// A model file under a name.
    ///
    /// # Errors
    /// A name that cannot stand in an address.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Result<Self> {
        let (name, path) = (name.into(), path.into());
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let is_dots = name.bytes().all(|byte| byte == b'.');
        if is_dots || name.len() > 100 || !name.bytes().all(fits) {
            let found = format!("{name:?}");
            let expected = "up to 100 letters of ASCII, digits, '.', '-' and '_'";
            return Err(Error::value(
                "serve",
                "the name of a model",
                found,
                expected,
            ));
        }
        Ok(Self { name, path })
    }
}

/// A model that is served.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Served {
    /// Its name in addresses.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// The shape of its input.
    pub input: Shape,
    /// How many classes, labels or numbers it names.
    pub names: usize,
    /// What its outputs say: `classes`, `labels` or `numbers`.
    pub task: &'static str,
    /// Why it cannot be asked about images, if it cannot.
    pub no_images: Option<String>,
}

/// A server that has its port and its models.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
}

impl Server {
    /// Reads the models and takes the port. `tell` hears of what happens while the server runs, from one of its threads.
    ///
    /// # Errors
    /// No model, two of one name, a file that is not a model, an address that cannot be had.
    pub fn bind(
        options: Options,
        sources: Vec<Source>,
        tell: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self> {
        let mut names = HashSet::new();
        if let Some(twice) = sources.iter().find(|source| !names.insert(&source.name)) {
            let expected = "another name for each model";
            let found = format!("{:?} twice", twice.name);
            return Err(Error::value(
                "serve",
                "the name of a model",
                found,
                expected,
            ));
        }
        if sources.is_empty() {
            return Err(Error::value(
                "serve",
                "the number of models",
                0,
                "at least 1",
            ));
        }
        let metrics = Arc::new(Metrics::default());
        let abort = Arc::new(AtomicBool::new(false));
        // The port first: reading large models takes a while.
        let taken = |error| {
            let path = PathBuf::from(options.address.to_string());
            Error::io(path, "listen", error)
        };
        let listener = TcpListener::bind(options.address).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let slots = sources
            .into_iter()
            .map(|Source { name, path }| Slot::open(name, path, &options.limits, &metrics, &abort))
            .collect::<Result<Vec<Slot>>>()?;
        let state = State::new(options, slots, metrics, abort, Arc::new(tell));
        Ok(Self {
            listener,
            address,
            state: Arc::new(state),
        })
    }

    /// The address that it has, with the port that was free if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The models, as they are now.
    pub fn models(&self) -> Vec<Served> {
        let models = self.state.slots.iter().map(|slot| {
            let loaded = slot.current();
            Served {
                name: slot.name().to_owned(),
                path: slot.path().to_owned(),
                input: loaded.predictor.input(),
                names: loaded.names.len(),
                task: loaded.model.preprocessing.task.name(),
                no_images: loaded.no_images.clone(),
            }
        });
        models.collect()
    }

    /// Answers until `stop` says so, which is asked twenty times a second; less than a second later it returns. Gives the
    /// number of requests that were answered with something else than a refusal.
    ///
    /// # Errors
    /// When the system gives no thread, or the socket cannot be used.
    pub fn run(self, stop: impl Fn() -> bool) -> Result<u64> {
        let broken = |error| Error::io(PathBuf::from(self.address.to_string()), "serve", error);
        let decoders = rayon::current_num_threads().max(2);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(decoders)
            .build()
            .map_err(broken)?;
        let state = Arc::clone(&self.state);
        let watching = thread::Builder::new().name("model files".into());
        let watching = watching.spawn(move || watch(&state)).map_err(broken)?;
        let served = runtime.block_on(connection::serve(
            self.listener,
            Arc::clone(&self.state),
            stop,
        ));
        self.state.stop();
        self.state.abort();
        runtime.shutdown_timeout(LEAVE);
        // It may be reading a model: its end is not waited for.
        drop(watching);
        served.map_err(broken)?;
        Ok(self.state.metrics.answered())
    }
}
