//! The ground that the methods share: how windows lie, in which blocks outputs are computed, and what is laid out.
//!
//! | file | what it has |
//! | --- | --- |
//! | `line` | one axis of a sum over windows: which source coordinate an output sees through a tap |
//! | `window_sum` | a sum over windows: its lines, channels and columns |
//! | `blocks` | how outputs are cut into blocks |
//! | `places` | in which order the pixels of a block come |
//! | `pack` | filters in panels |
//! | `stage` | the part of a source under a block, laid out with its zeros |
//! | `rows` | a few vectors that may end within the last |
//! | `prefetch` | what is asked of memory ahead |
//! | `gradient` | the part of `dy` under a block |
//! | `layout` | how the weights gradient meets the elements of windows |
//! | `schedule`, `tasks` | who computes which block of a sum, or which panel of a weights gradient |

pub(super) mod blocks;
pub(super) mod gradient;
pub(super) mod layout;
pub(super) mod line;
pub(super) mod pack;
pub(super) mod places;
pub(super) mod prefetch;
pub(super) mod rows;
pub(super) mod schedule;
pub(super) mod stage;
pub(super) mod tasks;
pub(super) mod window_sum;
