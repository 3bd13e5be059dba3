//! The page's own files: those in this program, or in a folder.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use stepnet::data::{Files, VisitedPaths};

use crate::failure::{Failure, Outcome};

/// Compressed, by their names: what build.rs found at STEPNET_LAB.
static PACKED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The files of a built page are a dozen.
const MOST_FILES: usize = 500;

/// A file of the page.
#[derive(Debug, Clone)]
pub(super) enum PageFile {
    /// In this program, compressed by gzip.
    Packed(&'static [u8]),
    OnDisk(PathBuf),
}

/// The page. Only files that it had when the command began are served, by their whole names: no path leads elsewhere.
#[derive(Debug)]
pub(super) struct Page(pub(super) BTreeMap<String, PageFile>);

impl Page {
    /// The page in `folder`, or else the one in this program.
    pub(super) fn find(folder: Option<&Path>) -> Outcome<Self> {
        match folder {
            Some(folder) => Self::of_folder(folder),
            None if PACKED.is_empty() => Err(Failure::running(
                "lab: this program was built without the page of the laboratory; in the repository, build the page with \
                 tools/build_web.sh, then give --folder target/lab, or set STEPNET_LAB=target/lab and build the program again",
            )),
            None => {
                let files = PACKED.iter();
                let files = files.map(|&(name, bytes)| (name.to_owned(), PageFile::Packed(bytes)));
                Ok(Self(files.collect()))
            }
        }
    }

    fn of_folder(folder: &Path) -> Outcome<Self> {
        let refused =
            |problem: &str| Failure::usage(format!("--folder: {} {problem}", folder.display()));
        if !folder.is_dir() {
            return Err(refused("is no folder"));
        }
        for needed in ["index.html", "worker.js"] {
            if !folder.join(needed).is_file() {
                return Err(refused(&format!(
                    "has no {needed}, expected the folder that tools/build_web.sh wrote"
                )));
            }
        }
        let mut files = BTreeMap::new();
        for path in Files::below(folder, VisitedPaths::default()) {
            let path = path?;
            if files.len() == MOST_FILES {
                return Err(refused(&format!(
                    "has more than {MOST_FILES} files, expected the folder that tools/build_web.sh wrote"
                )));
            }
            if let Some(name) = name_below(folder, &path) {
                files.insert(name, PageFile::OnDisk(path));
            }
        }
        Ok(Self(files))
    }

    /// The file of this name. `""` is the page itself.
    pub(super) fn file(&self, name: &str) -> Option<&PageFile> {
        // What is served is the user's own, and there is no page without the command: nothing is to be stored for later.
        if name == "offline.js" {
            return None;
        }
        self.0
            .get(if name.is_empty() { "index.html" } else { name })
    }
}

/// The name of a file below a folder, with slashes; `None` for names that no page has.
pub(super) fn name_below(folder: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(folder).ok()?.iter();
    let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// The content of a packed file.
pub(super) fn unpacked(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut content)?;
    Ok(content)
}

/// What kind of file a name is of, for the browser.
pub(super) fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        None if name.is_empty() => "text/html; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        // Browsers compile a module while it arrives only if it is called this.
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_that_is_no_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |folder: &Path| Page::find(Some(folder)).unwrap_err().line();
        assert!(refused(&folder.path().join("none")).ends_with("none is no folder"));
        assert!(refused(folder.path()).contains("has no index.html, expected the folder"));
        fs::write(folder.path().join("index.html"), "page").unwrap();
        assert!(refused(folder.path()).contains("has no worker.js"));
        fs::write(folder.path().join("worker.js"), "").unwrap();
        Page::find(Some(folder.path())).unwrap();
        for number in 0..MOST_FILES {
            fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        assert!(refused(folder.path()).contains("more than 500 files"));
    }

    #[test]
    fn files_have_whole_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("more")).unwrap();
        for name in [
            "index.html",
            "worker.js",
            "offline.js",
            "more/a.js",
            ".secret",
        ] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let page = Page::find(Some(folder.path())).unwrap();
        for name in ["", "index.html", "worker.js", "more/a.js"] {
            assert!(page.file(name).is_some(), "{name}");
        }
        for name in [
            "more",
            "more/",
            "../worker.js",
            "./worker.js",
            "a.js",
            ".secret",
            "offline.js",
        ] {
            assert!(page.file(name).is_none(), "{name}");
        }
    }
}
