//! Groups of processes that work on one task: what they exchange, and nothing of what it is for.
//!
//! [`Group`] is the interface. [`connect`] gives the group that a launcher such as `mpirun` or `srun` has made, over the
//! MPI library that it finds when the program runs; [`in_process`] gives groups whose members are threads of one
//! process, for tests and for programs; and [`Relay`] is a member of a group for which a program carries the bytes.
//!
//! Nothing of MPI is needed to build this crate. All `unsafe` of it is in the folder `library`.

mod agree;
#[cfg(unix)]
mod cores;
mod group;
#[cfg(unix)]
mod launcher;
#[cfg(unix)]
mod library;
mod relay;
mod shares;
mod threads;
mod traffic;

pub use agree::{broadcast_all, first_of_all};
#[cfg(unix)]
pub use cores::threads_of_process;
pub use group::{Group, Values};
#[cfg(unix)]
pub use launcher::{Launch, launch};
#[cfg(unix)]
pub use library::{Mpi, connect};
pub use relay::Relay;
pub use shares::{ShareSum, Shares};
pub use threads::{Member, in_process};
pub use traffic::Traffic;

use stepnet_base::{Error, Result};
