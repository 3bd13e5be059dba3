//! The server as its clients meet it, over sockets.

mod batches;
mod client;
mod desk;
mod hostile;
mod limits;
mod replaced;
mod rest;
mod server;
mod stop;
mod v2;
