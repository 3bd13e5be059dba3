//! The one place that a command writes by: the standard output, and files that options name.
//!
//! - An output never replaces a file unless `--overwrite` is given, and never one of the command's inputs.
//!   That is checked before the work begins, and once more when the file gets its name.
//! - A file is there when it is whole, or not at all.
//! - `-` is the standard output; pipes and devices are written to as they are.
//! - A full disk is a failure. A reader who has closed the pipe is none: the command ends quietly, with the
//!   exit code of its work.

mod stream;

use std::fs;
use std::io::{self, ErrorKind, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use stepnet::Error;
use stepnet::data::{Files, VisitedPaths};
use stepnet_files as files;

use crate::failure::{Failure, Outcome};

pub(crate) use stream::{Output, Reader};

/// The name of the standard output in messages.
const STANDARD: &str = "the standard output";

/// The first failure to write to the standard output.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line and lets it out at once. What cannot be written is reported by [`finish`], so that a
/// long run is not lost for it.
pub(crate) fn print_line(line: &str) {
    print(format!("{line}\n").as_bytes());
}

fn print(bytes: &[u8]) {
    if crate::quiet::is_quiet() {
        return;
    }
    let mut out = stdout().lock();
    keep(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Keeps what went wrong with the standard output.
pub(crate) fn keep(written: io::Result<()>) {
    if let (Err(error), Ok(mut lost)) = (written, LOST.lock()) {
        lost.get_or_insert(error);
    }
}

/// Fails if something could not be written to the standard output.
pub(crate) fn finish() -> Outcome {
    keep(stdout().flush());
    let lost = LOST.lock().ok().and_then(|mut lost| lost.take());
    match lost {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io(STANDARD, "write", error).into())
        }
        _ => Ok(()),
    }
}

/// Where an option has a command write, after it was checked.
#[derive(Debug)]
pub(crate) struct Target {
    option: &'static str,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Standard,
    /// A device, a pipe or an open file, written as it is.
    Stream(PathBuf),
    /// A file, which may replace another.
    File {
        path: PathBuf,
        replace: bool,
    },
}

impl Target {
    /// Fails if `option` may not have the command write to `path`: something is there that is to stay, it is
    /// one of the `inputs`, or nothing can be written there.
    pub(crate) fn check(
        option: &'static str,
        path: &Path,
        overwrite: bool,
        inputs: impl IntoIterator<Item = PathBuf>,
    ) -> Outcome<Self> {
        let refused =
            |problem: &str| Failure::usage(format!("{option}: {} {problem}", path.display()));
        let place = match fs::metadata(path) {
            _ if path.as_os_str() == "-" || descriptor(path).is_some_and(|fd| fd == "1") => {
                Place::Standard
            }
            Ok(there) if there.is_dir() => {
                return Err(Failure::usage(format!(
                    "{option}: {}: is a folder, expected a file to write to",
                    path.display()
                )));
            }
            Ok(there) if !there.is_file() || descriptor(path).is_some() => {
                Place::Stream(path.to_owned())
            }
            _ if path.symlink_metadata().is_ok() && !overwrite => {
                return Err(refused(
                    "is there already; choose another name, or add --overwrite to replace it",
                ));
            }
            Ok(_) => {
                if inputs.into_iter().any(|input| is_same_file(path, &input)) {
                    return Err(refused(
                        "is one of this command's inputs, which are never written to; choose another name",
                    ));
                }
                Place::File {
                    // A link stays a link: what it leads to is replaced.
                    path: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
                    replace: true,
                }
            }
            Err(_) => Place::File {
                path: path.to_owned(),
                replace: overwrite,
            },
        };
        if let Place::File { path, .. } = &place {
            files::check_folder_of(path)?;
        }
        Ok(Self { option, place })
    }

    /// Whether this is the standard output.
    pub(crate) fn is_standard(&self) -> bool {
        matches!(self.place, Place::Standard)
    }

    /// Writes the whole content.
    pub(crate) fn write(&self, content: &[u8]) -> Outcome {
        let written = match &self.place {
            Place::Standard => {
                print(content);
                return Ok(());
            }
            Place::Stream(_) => {
                let mut output = self.open()?;
                let written = output.write_all(content);
                return match output.judge(written)? {
                    Reader::There => output.finish().map(drop),
                    Reader::Gone => Ok(()),
                };
            }
            Place::File { path, replace } if *replace => files::write_atomic(path, content),
            Place::File { path, .. } => files::write_new(path, content),
        };
        written.map_err(|error| Failure::from(error).context(self.option))
    }

    /// Opens it to be written piece by piece.
    pub(crate) fn open(&self) -> Outcome<Output> {
        let opened = match &self.place {
            Place::Standard => Ok(Output::standard()),
            Place::Stream(path) => Output::stream(path),
            Place::File { path, replace } => Output::file(path, *replace),
        };
        opened.map_err(|failure| failure.context(self.option))
    }
}

/// The number of the open file that a path such as `/dev/stdout` or `/dev/fd/3` stands for.
fn descriptor(path: &Path) -> Option<String> {
    let mut path = std::path::absolute(path).ok()?;
    // `/dev/stdout` is a link to `/proc/self/fd/1`, and a user's own link may lead there.
    for _ in 0..8 {
        let text = path.to_str()?;
        if text == "/dev/stdout" {
            return Some("1".to_owned());
        }
        let number = ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .find_map(|folder| text.strip_prefix(folder));
        if let Some(number) = number {
            return Some(number.to_owned());
        }
        let link = fs::read_link(&path).ok()?;
        path = path.parent()?.join(link);
    }
    None
}

/// Whether both names are of one file: by links, or where upper and lower case are the same.
pub(crate) fn is_same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        identity(a).is_some_and(|a| identity(b) == Some(a))
    }
    #[cfg(not(unix))]
    {
        let whole = |path: &Path| path.canonicalize().ok();
        whole(a).is_some_and(|a| whole(b) == Some(a))
    }
}

/// The files at `paths` and in the folders among them.
pub(crate) fn inputs<'a>(
    paths: impl IntoIterator<Item = Option<&'a Path>>,
) -> impl Iterator<Item = PathBuf> {
    let paths: Vec<PathBuf> = paths.into_iter().flatten().map(Path::to_owned).collect();
    paths.into_iter().flat_map(|path| {
        let inside = path
            .is_dir()
            .then(|| Files::below(&path, VisitedPaths::default()).flatten());
        let itself = inside.is_none().then_some(path);
        itself.into_iter().chain(inside.into_iter().flatten())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &Path, overwrite: bool, inputs: &[&Path]) -> Outcome<Target> {
        let inputs = super::inputs(inputs.iter().map(|path| Some(*path)));
        Target::check("--csv", path, overwrite, inputs)
    }

    #[test]
    fn what_is_there_stays_unless_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        check(&path, false, &[]).unwrap().write(b"one").unwrap();
        let refused = check(&path, false, &[]).unwrap_err();
        assert_eq!(refused.code(), 2);
        assert!(refused.line().starts_with("--csv: "), "{}", refused.line());
        assert!(refused.line().contains("out is there already"));
        check(&path, true, &[]).unwrap().write(b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn what_came_after_the_check_stays_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let target = check(&path, false, &[]).unwrap();
        let mut streamed = target.open().unwrap();
        streamed.write_all(b"mine").unwrap();
        fs::write(&path, "theirs").unwrap();
        let failure = target.write(b"mine").unwrap_err();
        assert!(
            failure.line().contains("cannot write"),
            "{}",
            failure.line()
        );
        let failure = streamed.finish().unwrap_err();
        assert!(failure.line().contains("out.partial"), "{}", failure.line());
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(
            fs::read(folder.path().join("out.partial")).unwrap(),
            b"mine"
        );
    }

    #[test]
    fn an_input_is_never_an_output() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("data/class");
        fs::create_dir_all(&below).unwrap();
        let input = below.join("a.png");
        fs::write(&input, "picture").unwrap();
        let hard = folder.path().join("hard");
        fs::hard_link(&input, &hard).unwrap();
        let mut names = vec![input.clone(), hard];
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&input, &link).unwrap();
            names.push(link);
        }
        let data = folder.path().join("data");
        for name in &names {
            for inputs in [&[input.as_path()][..], &[&data]] {
                let refused = check(name, true, inputs).unwrap_err();
                assert_eq!(refused.code(), 2);
                assert!(refused.line().contains("one of this command's inputs"));
            }
        }
        let other = folder.path().join("other");
        fs::write(&other, "text").unwrap();
        check(&other, true, &[&data]).unwrap();
    }

    #[test]
    fn folders_and_places_in_none_are_refused_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let refused = check(folder.path(), true, &[]).unwrap_err();
        assert!(refused.line().contains("is a folder"), "{}", refused.line());
        let none = folder.path().join("none").join("a");
        let refused = check(&none, true, &[]).unwrap_err();
        assert!(refused.line().contains("none"), "{}", refused.line());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn streams_are_written_as_they_are() {
        for name in ["-", "/dev/stdout"] {
            assert!(check(Path::new(name), false, &[]).unwrap().is_standard());
        }
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for name in [Path::new("/dev/null"), &link] {
            let target = check(name, false, &[]).unwrap();
            target.write(b"gone").unwrap();
            assert!(!fs::metadata(name).unwrap().is_file());
        }
        let full = check(Path::new("/dev/full"), false, &[]).unwrap();
        assert_eq!(full.write(b"lost").unwrap_err().code(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_counts_as_there() {
        let folder = tempfile::tempdir().unwrap();
        let (link, aim) = (folder.path().join("link"), folder.path().join("aim"));
        std::os::unix::fs::symlink(&aim, &link).unwrap();
        assert!(check(&link, false, &[]).is_err());
    }
}
