//! The command line as a user meets it: files left behind, what is printed, exit codes.

mod bad_inputs;
mod compare;
mod course;
mod damage;
mod doctor;
mod files;
mod gradcheck;
mod inputs;
mod kills;
mod loading;
mod mistakes;
mod models;
mod optim;
mod outputs;
mod own_data;
mod plan;
mod predict;
mod report;
mod resume;
mod robust;
mod run;
mod show;
mod signals;
mod times;
mod training;
mod why;
