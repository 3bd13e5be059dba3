//! `stepnet serve`: models behind HTTP.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use stepnet_base::text::{count, thousands};
use stepnet_serve::{Event, Options, Served, Server, Source, Token};

use crate::failure::{Failure, Outcome, say};
use crate::interrupt::Interrupt;
use crate::note::{self, note};
use crate::progress::print_line;
use crate::usage::whole;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet serve runs/mine/model.safetensors
  stepnet serve cats=runs/a/model.safetensors dogs=runs/b/model.safetensors --port 9000
  stepnet serve runs/mine/model.safetensors --host 0.0.0.0 --token-file token.txt
  curl --data-binary @photo.jpg http://127.0.0.1:8000/api/predict

It answers: / (a page to drop images on), /api/predict and /api/models/NAME/predict (image files,
forms, JSON), /v2/... (the Open Inference Protocol), /metrics (Prometheus). A model whose file is
replaced is read again within a second or two; where the new file cannot be used, the model before
goes on answering. Ctrl-C or SIGTERM ends it: requests that are being answered have half a second
left. Models compute in f32.";

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Model files, each with a name before it if wanted, as NAME=FILE [default name: that of the file, or of its folder
    /// if the file is called model].
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<String>,
    /// The port to listen on; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = 8000, value_parser = whole::<u16>(0, u16::MAX.into()), allow_negative_numbers = true)]
    port: u16,
    /// The address to listen on. The default is reached from this computer alone, 0.0.0.0 from everywhere.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// A file with the token that clients must show, as `Authorization: Bearer TOKEN`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The most MiB of a request's body.
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = whole::<u16>(1, 1024), allow_negative_numbers = true)]
    max_body: u16,
    /// The most millions of pixels of an image.
    #[arg(long, value_name = "MILLIONS", default_value_t = 50, value_parser = whole::<u8>(1, 100), allow_negative_numbers = true)]
    max_pixels: u8,
    /// The seconds in which a request must have arrived, and again in which it must be answered.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = whole::<u16>(1, 3600), allow_negative_numbers = true)]
    time_limit: u16,
    /// The most connections at a time.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = whole::<u16>(1, u16::MAX.into()), allow_negative_numbers = true)]
    max_connections: u16,
    /// The most images that are computed together.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole::<u16>(1, 1024), allow_negative_numbers = true)]
    max_batch: u16,
}

pub(crate) fn run(args: &ServeArgs) -> Outcome {
    let sources = args.models.iter().map(|text| source(text));
    let sources = sources.collect::<Outcome<Vec<Source>>>()?;
    let options = options(args)?;
    if !args.host.is_loopback() && options.token.is_none() {
        note(
            "whoever can reach this computer can ask the models; --token-file FILE makes clients show a token",
        );
    }
    let server = Server::bind(options, sources, tell).map_err(|error| {
        let in_use = matches!(
            &error,
            stepnet::Error::Io {
                action: "listen",
                ..
            }
        );
        let failure = Failure::from(error);
        match in_use {
            true => failure.and("--port and --host name another address"),
            false => failure,
        }
    })?;
    let served = server.models();
    for model in &served {
        if let Some(why) = &model.no_images {
            note(&format!("{}: images are refused: {why}", model.name));
        }
    }
    note::check(Failure::usage)?;
    let interrupt = Interrupt::hold();
    let address = server.address();
    served
        .iter()
        .for_each(|model| print_line(&described(model)));
    print_line(&format!("listening: http://{address}/"));
    let answered = server.run(|| interrupt.pressed())?;
    let by = interrupt.by().unwrap_or("itself");
    let answered = count(thousands(answered), "request");
    print_line(&format!("stopped by {by}: {answered} answered"));
    Ok(())
}

fn described(model: &Served) -> String {
    let what = match (model.task, model.names) {
        ("classes", classes) => count(classes, "class"),
        ("labels", labels) => count(labels, "label"),
        (_, numbers) => count(numbers, "number"),
    };
    let (name, path) = (&model.name, model.path.display());
    format!("serving: {name}, {} to {what}, from {path}", model.input)
}

/// What happened while it ran, on the standard error.
fn tell(event: Event) {
    match event {
        Event::Replaced { name, hash } => say(&format!(
            "note: {name}: its file was replaced; weights {hash} answer from now on"
        )),
        Event::Kept { name, problem } => say(&format!(
            "warning: {name}: its file was replaced by one that cannot be used, so the model before goes on answering: {problem}"
        )),
        _ => {}
    }
}

fn options(args: &ServeArgs) -> Outcome<Options> {
    let mut options = Options::default();
    options.address = SocketAddr::new(args.host, args.port);
    let limits = &mut options.limits;
    limits.body = usize::from(args.max_body) << 20;
    limits.pixels = u64::from(args.max_pixels) * 1_000_000;
    limits.time = Duration::from_secs(args.time_limit.into());
    limits.connections = args.max_connections.into();
    limits.batch = args.max_batch.into();
    if let Some(path) = &args.token_file {
        let content = stepnet_files::read(path)?;
        let token = Token::new(&String::from_utf8_lossy(&content));
        options.token = Some(token.map_err(|error| {
            Failure::from(error).context(&format!("--token-file {}", path.display()))
        })?);
    }
    Ok(options)
}

/// A model and its name. `NAME=FILE` names it, unless there is a file of that whole text.
fn source(text: &str) -> Outcome<Source> {
    let named = text.split_once('=').filter(|(name, _)| {
        !name.is_empty() && !name.contains(['/', '\\']) && !Path::new(text).exists()
    });
    let (name, path) = match named {
        Some((name, path)) => (name.to_owned(), path),
        None => (usual_name(Path::new(text)), text),
    };
    Ok(Source::new(name, path)?)
}

/// The name of a model by its file: its own without the ending, or of a `model` that of its folder. What cannot stand in an
/// address becomes `-`.
fn usual_name(path: &Path) -> String {
    let text =
        |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let own = text(path.file_stem()).unwrap_or_default();
    let folder = path.parent().and_then(|folder| text(folder.file_name()));
    let name = match (own.as_str(), folder) {
        ("model", Some(folder)) => folder,
        _ => own,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = (name.chars().map(|c| if fits(c) { c } else { '-' }))
        .take(100)
        .collect();
    match name.chars().all(|c| c == '.') {
        true => "model".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_called_after_their_files_or_folders() {
        let name = |text: &str| source(text).unwrap().name;
        assert_eq!(name("runs/mine/model.safetensors"), "mine");
        assert_eq!(name("cats and dogs.safetensors"), "cats-and-dogs");
        assert_eq!(name("model.safetensors"), "model");
        assert_eq!(name("a=runs/b/model.safetensors"), "a");
        assert_eq!(name("runs/a=b/model.safetensors"), "a-b");
        assert_eq!(source("a=b=c").unwrap().path, Path::new("b=c"));
        assert!(source("ä=b").unwrap_err().line().contains("letters"));
    }
}
