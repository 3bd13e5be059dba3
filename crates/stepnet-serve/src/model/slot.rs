//! A name under which a model answers, whichever file it came from last.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stepnet_base::Result;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::batch::{self, Input, Job};
use super::loaded::Loaded;
use crate::http::{Answer, Refusal};
use crate::metrics::Metrics;
use crate::options::Limits;

/// A name, the file behind it, and the model that answers.
pub(crate) struct Slot {
    name: String,
    path: PathBuf,
    current: Mutex<Current>,
    jobs: Sender<Job>,
}

struct Current {
    loaded: Arc<Loaded>,
    /// Why the file that is there now is not the model that answers.
    problem: Option<String>,
}

impl Slot {
    /// Reads the model and starts the thread that computes.
    ///
    /// # Errors
    /// A file that is not a model, or a model that cannot predict.
    pub(crate) fn open(
        name: String,
        path: PathBuf,
        limits: &Limits,
        metrics: &Arc<Metrics>,
        abort: &Arc<AtomicBool>,
    ) -> Result<Self> {
        let loaded = Arc::new(Loaded::open(&path)?);
        metrics.model(&name);
        let jobs = batch::start(&name, limits.batch, Arc::clone(metrics), Arc::clone(abort))?;
        Ok(Self {
            name,
            path,
            current: Mutex::new(Current {
                loaded,
                problem: None,
            }),
            jobs,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model that answers now. A request keeps the one that it began with.
    pub(crate) fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.lock().loaded)
    }

    /// Why the file that is there now is not the model that answers.
    pub(crate) fn problem(&self) -> Option<String> {
        self.lock().problem.clone()
    }

    pub(crate) fn replace(&self, loaded: Arc<Loaded>) {
        *self.lock() = Current {
            loaded,
            problem: None,
        };
    }

    /// Notes that the file there now is (or is not any more) another one than that of the model that answers.
    pub(crate) fn set_problem(&self, problem: Option<String>) {
        self.lock().problem = problem;
    }

    /// The outputs of a model for some examples, computed together with those of other requests, within `time`.
    ///
    /// # Errors
    /// When there is too much to do, and when the outputs are not finite.
    pub(crate) async fn predict(
        &self,
        loaded: &Arc<Loaded>,
        input: Input,
        time: Duration,
    ) -> Answer<Vec<f32>> {
        let (reply, outputs) = oneshot::channel();
        let job = Job {
            loaded: Arc::clone(loaded),
            input,
            reply,
        };
        let ended = || Refusal::busy("the server is stopping");
        self.jobs.send(job).map_err(|_| ended())?;
        let Ok(outputs) = timeout(time, outputs).await else {
            return Err(Refusal::busy(format!(
                "not computed within {} seconds: too much to do, or too large a network",
                time.as_secs_f64()
            )));
        };
        outputs.map_err(|_| ended())?
    }
}
