//! Running the command in a folder of its own.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a command printed and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Asserts success, with nothing but notes on the standard error, and gives what was printed.
    #[track_caller]
    pub(crate) fn fine(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        let others: Vec<&str> = self
            .err
            .lines()
            .filter(|line| !line.starts_with("note: "))
            .collect();
        assert!(
            others.is_empty(),
            "nothing is said on standard error: {others:?}"
        );
        self.out
    }

    /// Asserts success and gives the notes, a line each.
    #[track_caller]
    pub(crate) fn noted(self) -> String {
        let notes = self.err.clone();
        self.fine();
        notes
    }

    /// Asserts one line of error with all of `parts` in it, and the exit code.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, parts: &[&str]) {
        let lines = self.err.lines().filter(|line| !line.starts_with("note: "));
        let text = &lines.collect::<Vec<_>>().join("\n");
        assert_eq!(self.code, Some(code), "{text}{}", self.out);
        assert_eq!(text.lines().count(), 1, "one line: {text}");
        assert!(text.starts_with("error: "), "{text}");
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
        for jargon in ["::", "os error", "panicked", "Some(", "ChunkType"] {
            assert!(!text.contains(jargon), "{jargon:?} is in {text}");
        }
    }

    /// Asserts that a bulk command failed and said `line` first.
    #[track_caller]
    pub(crate) fn fails_with(&self, code: i32, line: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.err, self.out);
        assert!(self.err.starts_with(line), "{}", self.err);
    }
}

/// An empty folder to run commands in.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> std::path::PathBuf {
        self.path().join(name)
    }

    /// The command, not started yet.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepnet"));
        command.current_dir(self.path()).args(arguments);
        command
    }

    /// Runs the words of `line` (no word holds a space) on one thread.
    pub(crate) fn run(&self, line: &str) -> Ran {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.args(&words)
    }

    /// Runs exactly these arguments on one thread.
    pub(crate) fn args<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        let mut command = self.command(arguments);
        command.args(["--threads", "1"]).output().unwrap().into()
    }

    /// The bytes of a file that a command left.
    #[track_caller]
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The value in a JSON file.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.bytes(name)).unwrap()
    }

    /// The lines of a `metrics.jsonl`.
    #[track_caller]
    pub(crate) fn metrics(&self, name: &str) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.bytes(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
