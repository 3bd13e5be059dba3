//! Training on pictures that are decoded as they are needed takes the memory of a few batches, however
//! many pictures there are. One test, so that nothing else allocates at the same time.
#![cfg(feature = "pictures")]

use std::alloc::System;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use stepnet::data::{Dataset, OpenOptions, open};
use stepnet::nn::{Init, Network, Preprocessing};
use stepnet::rng::RandomState;
use stepnet::train::{BatchSize, TrainOptions, Trainer};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SIDE: usize = 64;
const COUNT: usize = 800;

/// Bytes of all pictures, decoded.
const DECODED: usize = COUNT * SIDE * SIDE * 3;

/// Bytes that are allocated now.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// A picture of one grey (the BMP format: a header of 54 bytes, rows from the bottom).
fn bmp(value: u8) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    let pixels = SIDE * SIDE * 3;
    let words = [54 + pixels as u32, 0, 54, 40, SIDE as u32, SIDE as u32];
    bytes.extend(words.into_iter().flat_map(u32::to_le_bytes));
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes.resize(54 + pixels, value);
    bytes
}

fn options(stream: bool) -> OpenOptions {
    OpenOptions::default().stream(stream)
}

/// The most bytes in addition to those from before, while an epoch runs.
fn epoch(data: &Dataset, before: usize) -> usize {
    let text = "avgpool(16) -> flatten -> linear(2) -> softmax";
    let mut network = Network::<f32>::new(text, [SIDE, SIDE, 3]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let options = TrainOptions::default().batch(BatchSize::Examples(8));
    let preprocessing = Preprocessing::scaled(SIDE, SIDE, 3, 255.0);
    let mut trainer = Trainer::new(network, preprocessing, options, data.len()).unwrap();
    let mut most = 0;
    trainer
        .epoch(data, |_| {
            most = most.max(live().saturating_sub(before));
            ControlFlow::Continue(())
        })
        .unwrap();
    most
}

fn folder(path: &Path) {
    for number in 0..COUNT {
        let class = path.join(["dark", "light"][number % 2]);
        fs::create_dir_all(&class).unwrap();
        let value = (number % 2 * 128 + number % 100) as u8;
        fs::write(class.join(format!("{number:04}.bmp")), bmp(value)).unwrap();
    }
}

#[test]
fn streamed_pictures_take_the_memory_of_a_few_batches() {
    let place = tempfile::tempdir().unwrap();
    folder(place.path());
    // The threads' own memory is not the data's.
    rayon::broadcast(|_| ());
    let most = |stream| {
        let before = live();
        let data = open(place.path(), &options(stream)).unwrap().data;
        epoch(&data, before)
    };
    let (whole, streamed) = (most(false), most(true));
    println!("{whole} bytes at once, {streamed} streamed, for {DECODED} of pictures");
    assert!(whole > DECODED, "{whole} of {DECODED}");
    assert!(streamed < DECODED / 5, "{streamed} of {DECODED}");
}
