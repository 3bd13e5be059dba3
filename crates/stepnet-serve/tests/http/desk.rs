//! Models in a folder, and a server of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use stepnet::data::image_files;
use stepnet::{Init, Model, Network, Predictor, Preprocessing, RandomState};
use stepnet_serve::{Event, Options, Server, Source};
use tempfile::TempDir;

use crate::client::{Client, Reply};

/// The network of most tests.
pub(crate) const NETWORK: &str = "conv(4, 3, same) -> relu -> maxpool(2) -> linear(3) -> softmax";

/// The side of its input.
pub(crate) const SIDE: usize = 8;

/// Values of its input.
pub(crate) const LEN: usize = SIDE * SIDE * 3;

/// A model with weights drawn by a seed.
pub(crate) fn model(text: &str, seed: u32) -> Model<f32> {
    let mut network = Network::<f32>::new(text, [SIDE, SIDE, 3]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(seed));
    let classes = ["cat", "dog", "a bird"].map(str::to_owned).to_vec();
    Model::new(
        network,
        classes,
        Preprocessing::scaled(SIDE, SIDE, 3, 255.0),
    )
}

/// A server in a thread, which stops when this is dropped.
pub(crate) struct Desk {
    folder: TempDir,
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    running: Option<JoinHandle<stepnet::Result<u64>>>,
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
}

impl Desk {
    /// A server of one model called `m`.
    pub(crate) fn new() -> Self {
        Self::with(&[("m", model(NETWORK, 1))], |_| {})
    }

    pub(crate) fn with(models: &[(&str, Model<f32>)], change: impl Fn(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = models.iter().map(|(name, model)| {
            let path = file(folder.path(), name);
            model.save(&path).unwrap();
            Source::new(*name, path).unwrap()
        });
        let sources = sources.collect();
        let mut options = Options::default();
        options.address.set_port(0);
        change(&mut options);
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let tell = move |event| heard.lock().unwrap().push(event);
        let server = Server::bind(options, sources, tell).unwrap();
        let address = server.address();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let running = thread::spawn(move || server.run(|| asked.load(Ordering::Relaxed)));
        Self {
            folder,
            address,
            stop,
            running: Some(running),
            events,
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        file(self.folder.path(), name)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.client().ask("GET", path, "", b"")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Reply {
        self.client().ask("POST", path, headers, body)
    }

    /// Stops it, and gives how long that took and how many requests were answered.
    pub(crate) fn stop(&mut self) -> (Duration, u64) {
        let began = Instant::now();
        self.stop.store(true, Ordering::Relaxed);
        let running = self.running.take().unwrap();
        let answered = running.join().unwrap().unwrap();
        (began.elapsed(), answered)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.stop();
        }
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.safetensors"))
}

/// A BMP of some size, whose colours depend on a seed.
pub(crate) fn bmp(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let row = (3 * width).next_multiple_of(4);
    let size = 54 + row * height;
    let mut bytes = b"BM".to_vec();
    let words = [
        size,
        0,
        54,
        40,
        width,
        height,
        1 | (24 << 16),
        0,
        row * height,
        2835,
        2835,
        0,
        0,
    ];
    words
        .iter()
        .for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes.extend((0..row * height).map(|at| (at.wrapping_mul(7 + seed) % 251) as u8));
    bytes
}

/// The input that a model sees of an image, by way of a file as `stepnet predict` reads it.
pub(crate) fn input(model: &Model<f32>, image: &[u8]) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image");
    std::fs::write(&file, image).unwrap();
    image_files::load_input(file, &model.preprocessing).unwrap()
}

/// The outputs of a model for one input, computed here.
pub(crate) fn outputs(model: &Model<f32>, x: &[f32]) -> Vec<f32> {
    let predictor = Predictor::new(model).unwrap();
    let mut outputs = vec![0.0; predictor.output().len()];
    predictor.predict_into(x, &mut outputs).unwrap();
    outputs
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_for(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}
