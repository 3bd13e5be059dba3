//! The `stepnet` command as a program.

mod arena;

use std::process::ExitCode;

fn main() -> ExitCode {
    arena::share_one();
    ExitCode::from(stepnet_cli::run(std::env::args_os()))
}
