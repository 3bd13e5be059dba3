//! The functions of rayon that are used here, on the calling thread alone.

/// Does both, one after the other.
pub fn join<A, B>(first: impl FnOnce() -> A, second: impl FnOnce() -> B) -> (A, B) {
    let first = first();
    (first, second())
}

/// One.
#[must_use]
pub const fn current_num_threads() -> usize {
    1
}

/// The calling thread is the one that computes.
#[must_use]
pub const fn current_thread_index() -> Option<usize> {
    Some(0)
}

/// What `rayon::prelude` brings, with iterators of the standard library.
pub mod prelude {
    use std::slice::{Chunks, ChunksExact, ChunksExactMut, ChunksMut, Iter, IterMut};

    /// Parts of a slice.
    pub trait ParallelSlice<T> {
        /// [`slice::iter`].
        fn par_iter(&self) -> Iter<'_, T>;

        /// [`slice::chunks`].
        fn par_chunks(&self, len: usize) -> Chunks<'_, T>;

        /// [`slice::chunks_exact`].
        fn par_chunks_exact(&self, len: usize) -> ChunksExact<'_, T>;
    }

    impl<T> ParallelSlice<T> for [T] {
        fn par_iter(&self) -> Iter<'_, T> {
            self.iter()
        }

        fn par_chunks(&self, len: usize) -> Chunks<'_, T> {
            self.chunks(len)
        }

        fn par_chunks_exact(&self, len: usize) -> ChunksExact<'_, T> {
            self.chunks_exact(len)
        }
    }

    /// Parts of a slice that is changed.
    pub trait ParallelSliceMut<T> {
        /// [`slice::iter_mut`].
        fn par_iter_mut(&mut self) -> IterMut<'_, T>;

        /// [`slice::chunks_mut`].
        fn par_chunks_mut(&mut self, len: usize) -> ChunksMut<'_, T>;

        /// [`slice::chunks_exact_mut`].
        fn par_chunks_exact_mut(&mut self, len: usize) -> ChunksExactMut<'_, T>;
    }

    impl<T> ParallelSliceMut<T> for [T] {
        fn par_iter_mut(&mut self) -> IterMut<'_, T> {
            self.iter_mut()
        }

        fn par_chunks_mut(&mut self, len: usize) -> ChunksMut<'_, T> {
            self.chunks_mut(len)
        }

        fn par_chunks_exact_mut(&mut self, len: usize) -> ChunksExactMut<'_, T> {
            self.chunks_exact_mut(len)
        }
    }

    /// Whatever can be iterated over.
    pub trait IntoParallelIterator: IntoIterator + Sized {
        /// [`IntoIterator::into_iter`].
        fn into_par_iter(self) -> Self::IntoIter {
            self.into_iter()
        }
    }

    impl<I: IntoIterator> IntoParallelIterator for I {}

    /// How finely the work may be cut, which makes no difference here.
    pub trait IndexedParallelIterator: Iterator + Sized {
        /// The iterator as it is.
        #[must_use]
        fn with_min_len(self, _len: usize) -> Self {
            self
        }

        /// The iterator as it is.
        #[must_use]
        fn with_max_len(self, _len: usize) -> Self {
            self
        }
    }

    impl<I: Iterator> IndexedParallelIterator for I {}
}
