use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::data::{Augmentation, Dataset, Images, Values};
use crate::error::Error;
use crate::nn::Preprocessing;

const EXAMPLES: usize = 25;

fn with<R>(run: impl FnOnce(&mut Loader<f32>, &Feed<'_>, &[Pick]) -> R) -> R {
    let values = (0..2 * EXAMPLES).map(|i| i as u8).collect();
    let images = Images::new([1, 2, 1], Values::U8(values)).unwrap();
    let labels = (0..EXAMPLES as u32).map(|i| i % 3).collect();
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let data = Dataset::new(images, labels, classes).unwrap();
    let preprocessing = Preprocessing::scaled(1, 2, 1, 1.0);
    let augmentation = Augmentation::default();
    let feed = Feed {
        data: &data,
        preprocessing: &preprocessing,
        augmentation: &augmentation,
        seed: 0,
        epoch: 0,
    };
    let order: Vec<Pick> = (0..EXAMPLES).rev().map(Pick::once).collect();
    run(&mut Loader::new(4, 2, 0).unwrap(), &feed, &order)
}

fn batches(order: &[Pick], first: usize) -> Batches<'_> {
    Batches {
        order,
        batch: 4,
        first,
        shares: None,
    }
}

#[test]
fn batches_come_in_order_from_the_step_asked_for_on() {
    with(|loader, feed, order| {
        for workers in [0, 1, 3, 20] {
            for first in [0, 2, 6, 7] {
                let mut seen = Vec::new();
                let step = |filled: &BatchBuffers<f32>| {
                    seen.extend(filled.x().chunks(2).map(|x| x[0] as usize / 2));
                    Ok(ControlFlow::Continue(()))
                };
                loader
                    .run(feed, batches(order, first), workers, step)
                    .unwrap();
                let expected: Vec<usize> = (0..EXAMPLES).rev().skip(4 * first).collect();
                assert_eq!(seen, expected, "{workers} workers from step {first}");
            }
        }
        assert_eq!(
            loader.buffers.len(),
            7,
            "one for each worker that had work, and one more"
        );
    });
}

#[test]
fn a_break_and_an_error_end_it_and_the_buffers_come_back() {
    with(|loader, feed, order| {
        for workers in [0, 1, 3] {
            let mut steps = 0;
            let count = |_: &BatchBuffers<f32>| {
                steps += 1;
                Ok(match steps {
                    2 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                })
            };
            loader.run(feed, batches(order, 0), workers, count).unwrap();
            assert_eq!(steps, 2);
            let fail = |_: &BatchBuffers<f32>| Err(Error::Training("no".into()));
            let message = loader
                .run(feed, batches(order, 0), workers, fail)
                .unwrap_err();
            assert_eq!(message.to_string(), "no");
            assert_eq!(loader.buffers.len(), workers + 1);
        }
    });
}

#[test]
fn a_batch_that_cannot_be_made_is_an_error() {
    with(|loader, feed, order| {
        let wrong = Preprocessing::scaled(2, 1, 1, 1.0);
        let feed = Feed {
            preprocessing: &wrong,
            ..*feed
        };
        for workers in [0, 1, 3] {
            let mut steps = 0;
            let count = |_: &BatchBuffers<f32>| {
                steps += 1;
                Ok(ControlFlow::Continue(()))
            };
            let error = loader.run(&feed, batches(order, 0), workers, count);
            assert!(error.unwrap_err().to_string().contains("preprocessing"));
            assert_eq!(steps, 0);
        }
    });
}

#[test]
fn panics_of_a_step_and_of_a_worker_get_through() {
    with(|loader, feed, order| {
        for workers in [0, 1, 3] {
            let step = |_: &BatchBuffers<f32>| -> Result<ControlFlow<()>> { panic!("in a step") };
            let run = || loader.run(feed, batches(order, 0), workers, step);
            let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"in a step"));
            // An example without a label: a broken invariant.
            let mut order = order.to_vec();
            order[9] = Pick::once(EXAMPLES);
            let mut steps = 0;
            let count = |_: &BatchBuffers<f32>| {
                steps += 1;
                Ok(ControlFlow::Continue(()))
            };
            let run = || loader.run(feed, batches(&order, 0), workers, count);
            let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
            let said = panic.downcast_ref::<String>().unwrap();
            assert!(said.contains("out of bounds"), "{said}");
            assert!(steps <= 2, "{steps}");
        }
    });
}
