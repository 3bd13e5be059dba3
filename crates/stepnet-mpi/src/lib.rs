//! Groups of processes that work on one task: what they exchange, and nothing of what it is for.
//!
//! [`Group`] is the interface. [`connect`] gives the group that a launcher such as `mpirun` or `srun` has made, over the
//! MPI library that it finds when the program runs; [`in_process`] gives groups whose members are threads of one
//! process, for tests and for programs.
//!
//! Nothing of MPI is needed to build this crate. All `unsafe` of it is in the folder `library`.

mod group;
#[cfg(unix)]
mod launcher;
#[cfg(unix)]
mod library;
mod shares;
mod threads;

pub use group::{Group, Number, Values};
#[cfg(unix)]
pub use launcher::{Launch, launch};
#[cfg(unix)]
pub use library::{Mpi, connect};
pub use shares::{Sendable, ShareSum, Shares};
pub use threads::{Member, in_process};

use stepnet_base::{Error, Result};
