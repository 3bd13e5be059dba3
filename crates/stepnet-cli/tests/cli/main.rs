//! The command line as a user meets it: files left behind, what is printed, exit codes.

mod bad_inputs;
mod course;
mod doctor;
mod files;
mod mistakes;
mod models;
mod run;
mod training;
mod why;
