//! How work is split over threads: by its amount, never by the number of threads.
//!
//! A heavy pass cuts its items (pixels, examples) into at most `MAX_PARTS` *parts*. A part owns a
//! contiguous range of items, the outputs that belong to them, and scratch memory; rayon's current pool
//! takes parts as its threads become free. Since the cut depends on the geometry alone, so does every
//! rounding.

use std::sync::{Mutex, PoisonError};

pub(crate) use stepnet_base::parallel::join;
use stepnet_base::parallel::{ALONE, current_num_threads, current_thread_index};

/// The most parts a pass is cut into: enough to balance a handful of threads that are not equally
/// fast, few enough that one scratch piece per part stays small.
pub(super) const MAX_PARTS: usize = 16;

/// Multiply-adds below which a part of its own costs more than it saves (some ten microseconds).
const PART_WORK: u64 = 1 << 17;

/// Elements of a light operation that make a piece worth handing to another thread.
pub(super) const LIGHT_WORK: usize = 1 << 16;

/// A cut of `items` into parts of `per_part` items, the last one perhaps shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) count: usize,
    pub(super) per_part: usize,
}

impl Parts {
    /// Cuts `items` of `work_per_item` multiply-adds into at most `most` parts.
    ///
    /// There is always one part, and no part is empty unless there are no items at all.
    pub(super) fn new(items: usize, work_per_item: u64, most: usize) -> Self {
        let wanted = Self::wanted(items, work_per_item, most);
        let per_part = items.div_ceil(wanted).max(1);
        Self {
            count: items.div_ceil(per_part).max(1),
            per_part,
        }
    }

    fn wanted(items: usize, work_per_item: u64, most: usize) -> usize {
        let work = work_per_item.saturating_mul(items as u64);
        usize::try_from(work / PART_WORK)
            .unwrap_or(usize::MAX)
            .clamp(1, most.max(1))
    }
}

/// Multiply-adds below which a thread outside of the pool does everything itself: it would wait
/// longer for the pool to wake up than the pool saves (some hundred microseconds).
const OUTSIDE_WORK: u64 = 1 << 23;

/// Runs `work`, about `cost` multiply-adds, as a whole on rayon's current pool, so that its parts find
/// themselves on one of its threads: handing each of them over would take longer, and memory. Little
/// work stays on the calling thread.
pub fn enter<R: Send>(cost: u64, work: impl FnOnce() -> R + Send) -> R {
    if cost < OUTSIDE_WORK || current_thread_index().is_some() {
        return work();
    }
    join(work, || ()).0
}

/// Whether work of `cost` multiply-adds is too little to leave the calling thread for.
fn stays(cost: u64, least: u64) -> bool {
    cost < least || (cost < OUTSIDE_WORK && current_thread_index().is_none())
}

/// How many threads should share `jobs` jobs that take `work` multiply-adds together.
pub(super) fn workers(jobs: usize, work: u64) -> usize {
    if stays(work, 2 * PART_WORK) {
        return 1;
    }
    current_num_threads().min(jobs).max(1)
}

/// The most that [`workers`] says of as many jobs and as much work, or less, wherever it is asked on as
/// many threads: scratch memory is planned for these.
pub(super) fn most_workers(jobs: usize, work: u64) -> usize {
    match work < 2 * PART_WORK {
        true => 1,
        false => current_num_threads().min(jobs).max(1),
    }
}

/// Does every job, on as many threads as `scratch` has parts of `part` elements; each worker has a
/// part to itself, and takes the next job when it has done one.
///
/// A job must write what depends on nothing but the job.
pub(super) fn share<T: Send, J: Iterator + Send>(
    jobs: J,
    workers: usize,
    part: usize,
    scratch: &mut [T],
    work: impl Fn(J::Item, &mut [T]) + Sync,
) where
    J::Item: Send,
{
    if ALONE || workers <= 1 {
        return jobs.for_each(|job| work(job, scratch));
    }
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    // A tree of `join`s, which takes no memory; workers without scratch memory need a part too.
    fn halve<T: Send>(
        workers: usize,
        part: usize,
        scratch: &mut [T],
        one: &(impl Fn(&mut [T]) + Sync),
    ) {
        if workers <= 1 {
            return one(scratch);
        }
        let half = workers / 2;
        let (left, right) = scratch.split_at_mut(half * part);
        join(
            || halve(half, part, left, one),
            || halve(workers - half, part, right, one),
        );
    }
    halve(workers, part, scratch, &|scratch: &mut [T]| {
        while let Some(job) = next() {
            work(job, scratch);
        }
    });
}

/// Does every job, together about `cost` multiply-adds, on as many threads as that is worth.
///
/// A job must write what depends on nothing but the job.
pub fn each<J: ExactSizeIterator + Send>(jobs: J, cost: u64, work: impl Fn(J::Item) + Sync)
where
    J::Item: Send,
{
    let workers = workers(jobs.len(), cost);
    share(jobs, workers, 0, &mut [(); 0], |job, _| work(job));
}

/// The length of the pieces that a light pass over `len` elements is cut into.
///
/// `cost` is about how many times dearer than a multiplication one element is.
pub(super) fn piece(len: usize, cost: usize) -> usize {
    let grain = (LIGHT_WORK / cost.max(1)).max(1);
    // Under two full pieces there is nothing to share.
    if len < 2 * grain { len.max(1) } else { grain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_items_without_empty_ones() {
        for items in 0..200 {
            for work in [0, 1, 1 << 12, 1 << 17, u64::MAX] {
                for most in [0, 1, 3, MAX_PARTS] {
                    let parts = Parts::new(items, work, most);
                    assert!(parts.count >= 1 && parts.count <= most.max(1));
                    assert!(parts.count * parts.per_part >= items);
                    assert!(items == 0 || (parts.count - 1) * parts.per_part < items);
                }
            }
        }
    }

    #[test]
    fn each_job_is_done_once() {
        for cost in [0, u64::MAX] {
            for jobs in [0, 1, 100] {
                let mut done = vec![0; jobs];
                each(done.iter_mut(), cost, |done| *done += 1);
                assert!(done.iter().all(|&done| done == 1));
            }
        }
    }

    #[test]
    fn small_work_is_one_part() {
        assert_eq!(
            Parts::new(100, 1000, MAX_PARTS),
            Parts {
                count: 1,
                per_part: 100
            }
        );
        assert_eq!(Parts::new(100, 1 << 20, MAX_PARTS).count, 15);
        assert_eq!(piece(1000, 1), 1000);
        assert_eq!(piece(1 << 20, 1), LIGHT_WORK);
    }
}
