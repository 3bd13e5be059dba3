//! What the command of `wasm-bindgen-cli` does with `--target web --no-typescript`. The command itself takes four times as
//! long to build: it brings a web server and a client for browsers as well.

use std::env::args;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        eprintln!("usage: web-bindgen MODULE FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_path(module);
    let written = bindgen.web(true).and_then(|web| web.generate(folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
