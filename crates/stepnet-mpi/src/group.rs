//! The interface of a group.

use std::fmt::Debug;

use bytemuck::cast_slice_mut;
use stepnet_base::Element;

use crate::Result;

/// Processes, or threads, that call the same functions in the same order. Each has a rank, from 0 on.
///
/// Every function but [`rank`](Self::rank), [`size`](Self::size) and [`abort`](Self::abort) is called by all members,
/// returns when its own part is done, and must not be called from two threads of a member at a time. A member that is
/// gone is an error for the others, or ends them.
pub trait Group: Debug + Send + Sync {
    /// The number of this member.
    fn rank(&self) -> usize;

    /// How many members there are.
    fn size(&self) -> usize;

    /// Copies the bytes of member `root` to all others.
    ///
    /// # Errors
    /// When a member cannot be reached.
    fn broadcast(&self, root: usize, bytes: &mut [u8]) -> Result<()>;

    /// Gives each member its piece of `send`, and takes from each its piece for this member. The pieces lie one after
    /// the other, in the order of the ranks; `sent` and `received` are their lengths in bytes.
    ///
    /// # Errors
    /// When a member cannot be reached.
    ///
    /// # Panics
    /// When the lengths are not one for each member, or not those of `send` and `receive` together.
    fn exchange(
        &self,
        send: &[u8],
        sent: &[usize],
        receive: &mut [u8],
        received: &[usize],
    ) -> Result<()>;

    /// Takes the bytes of every member, one after the other, in the order of the ranks; `lengths` are those of the
    /// members, of which `own` has this member's.
    ///
    /// # Errors
    /// When a member cannot be reached.
    ///
    /// # Panics
    /// When the lengths are not one for each member, or not those of `own` and `all`.
    fn gather_all(&self, own: &[u8], all: &mut [u8], lengths: &[usize]) -> Result<()>;

    /// Adds the values of all members; every member has the sum. In which order they are added is the group's choice,
    /// so that the last digits may differ between groups of different sizes.
    ///
    /// # Errors
    /// When a member cannot be reached.
    fn add_all(&self, values: Values<'_>) -> Result<()>;

    /// Returns when all members have called it.
    ///
    /// # Errors
    /// When a member cannot be reached.
    fn barrier(&self) -> Result<()>;

    /// Ends all members, this one with the exit code `code`.
    fn abort(&self, code: i32) -> !;
}

/// Values that [`Group::add_all`] adds.
#[derive(Debug)]
pub enum Values<'a> {
    /// Of 32 bits.
    F32(&'a mut [f32]),
    /// Of 64 bits.
    F64(&'a mut [f64]),
}

impl<'a> Values<'a> {
    /// Values of either type.
    pub fn new<T: Element>(values: &'a mut [T]) -> Self {
        match size_of::<T>() == size_of::<f32>() {
            true => Self::F32(cast_slice_mut(values)),
            false => Self::F64(cast_slice_mut(values)),
        }
    }
}

/// Fails to be called with lengths that do not belong together, before anything is sent.
pub(crate) fn check(size: usize, lengths: &[usize], len: usize, what: &str) {
    assert_eq!(lengths.len(), size, "a length of {what} for each member");
    assert_eq!(lengths.iter().sum::<usize>(), len, "the lengths of {what}");
}

/// Where each piece begins.
pub(crate) fn starts(lengths: &[usize]) -> impl Iterator<Item = usize> {
    lengths.iter().scan(0, |next, &len| {
        let start = *next;
        *next += len;
        Some(start)
    })
}
