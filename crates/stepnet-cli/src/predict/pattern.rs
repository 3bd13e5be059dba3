//! Patterns of file names: `*`, `?`, `[abc]` in a name, and `**` for any folders.
//!
//! Names are compared one by one, as lists of folders give them, so that names that are not UTF-8
//! match as others do and a folder that links lead to is visited once.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use glob::MatchOptions;
use stepnet::data::{VisitedPaths, is_clutter, path_to_open};
use stepnet::{Error, Result};

/// As in shells: no hidden files unless asked for.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// A pattern, cut at its separators.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    /// The beginning of an absolute path, `.`, `..`, or a name without special characters.
    Plain(OsString),
    /// Names that match.
    Some(glob::Pattern),
    /// Any number of folders.
    Any,
}

impl Pattern {
    /// Whether a text could be a pattern.
    pub(super) fn is_one(text: &Path) -> bool {
        text.to_string_lossy().contains(['*', '?', '['])
    }

    /// Reads a pattern; what is wrong with it is given in words.
    pub(super) fn new(text: &Path) -> std::result::Result<Self, String> {
        let part = |component: Component<'_>| {
            let text = component.as_os_str();
            match text.to_str() {
                Some("**") => Ok(Part::Any),
                Some(name) if name.contains(['*', '?', '[']) => match glob::Pattern::new(name) {
                    Ok(pattern) => Ok(Part::Some(pattern)),
                    Err(error) => Err(format!(
                        "{} at character {} of {name}",
                        error.msg,
                        error.pos + 1
                    )),
                },
                _ => Ok(Part::Plain(text.to_owned())),
            }
        };
        let parts = text.components().map(part);
        Ok(Self {
            parts: parts.collect::<std::result::Result<_, String>>()?,
        })
    }

    /// Whether any folders may lie in between.
    pub(super) fn is_deep(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Any))
    }

    /// The paths that match, each folder's in the order of their names, found one by one.
    pub(super) fn matches(self) -> impl Iterator<Item = Result<PathBuf>> {
        let mut ahead = vec![(PathBuf::new(), 0)];
        // The folders that were listed, by the part that names in them are compared with: each counts once,
        // however many links lead to it.
        let mut seen: Vec<VisitedPaths> =
            self.parts.iter().map(|_| VisitedPaths::default()).collect();
        std::iter::from_fn(move || {
            loop {
                let (path, at) = ahead.pop()?;
                let Some(part) = self.parts.get(at) else {
                    return Some(Ok(path));
                };
                let followed = match part {
                    Part::Plain(name) => {
                        let path = path.join(name);
                        if path.symlink_metadata().is_ok() {
                            ahead.push((path, at + 1));
                        }
                        continue;
                    }
                    _ if !seen[at].is_new(here(&path)) => continue,
                    Part::Some(pattern) => {
                        follow(&path, |name| pattern.matches_with(name, OPTIONS))
                    }
                    Part::Any => match self.parts.get(at + 1) {
                        // Two in a row are one.
                        Some(Part::Any) => {
                            ahead.push((path, at + 1));
                            continue;
                        }
                        next => {
                            let wanted =
                                |name: &str| !is_clutter(name.as_ref()) || fits(next, name);
                            follow(&path, wanted)
                        }
                    },
                };
                match followed {
                    Err(error) => return Some(Err(error)),
                    // An entry that matches comes before what is in it, as shells have it.
                    Ok(found) if matches!(part, Part::Any) => {
                        let next = self.parts.get(at + 1);
                        for path in found.into_iter().rev() {
                            let name = path.file_name().unwrap_or_default().to_string_lossy();
                            let (folder, fits) = (path.is_dir(), fits(next, &name));
                            let hidden = is_clutter(name.as_ref().as_ref());
                            if folder && !hidden {
                                ahead.push((path.clone(), at));
                            }
                            match next {
                                None if !folder => ahead.push((path, at + 1)),
                                Some(_) if fits => ahead.push((path, at + 2)),
                                _ => {}
                            }
                        }
                    }
                    Ok(found) => ahead.extend(found.into_iter().rev().map(|path| (path, at + 1))),
                }
            }
        })
    }
}

/// Whether a name can stand where a part does; any can at the end.
fn fits(part: Option<&Part>, name: &str) -> bool {
    match part {
        Some(Part::Plain(plain)) => plain.to_string_lossy() == name,
        Some(Part::Some(pattern)) => pattern.matches_with(name, OPTIONS),
        Some(Part::Any) | None => true,
    }
}

/// The folder that a path names; none is the one where the program runs.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// The entries of a folder whose names are wanted, sorted; of what is no folder there are none.
fn follow(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    if !here(folder).is_dir() {
        return Ok(Vec::new());
    }
    let unread = |source| Error::io(here(folder), "read", source);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(here(folder)).map_err(unread)? {
        let name = entry.map_err(unread)?.file_name();
        if wanted(&name.to_string_lossy()) {
            found.push(path_to_open(here(folder), folder.join(name)));
        }
    }
    found.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(places: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for place in places {
            let path = folder.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        folder
    }

    fn matches(folder: &Path, pattern: &str) -> Vec<String> {
        let found = Pattern::new(&folder.join(pattern)).unwrap().matches();
        let inside = |path: Result<PathBuf>| {
            let path = path.unwrap();
            let path = path.strip_prefix(folder).unwrap();
            path.to_string_lossy().into_owned()
        };
        found.map(inside).collect()
    }

    #[test]
    fn names_match_as_in_shells() {
        let places = [
            "a/1.png",
            "a/2.jpg",
            "a/.3.png",
            "b/c/4.png",
            "b/5.png",
            "b/.git/6.png",
            "x[1].png",
        ];
        let folder = tree(&places);
        let cases: [(&str, &[&str]); 8] = [
            ("a/*.png", &["a/1.png"]),
            ("a/*", &["a/1.png", "a/2.jpg"]),
            ("a/.*", &["a/.3.png"]),
            ("*/[25].*", &["a/2.jpg", "b/5.png"]),
            ("**/*.png", &["x[1].png", "a/1.png", "b/5.png", "b/c/4.png"]),
            ("b/**", &["b/5.png", "b/c/4.png"]),
            ("b/**/4.png", &["b/c/4.png"]),
            ("?/c", &["b/c"]),
        ];
        for (pattern, expected) in cases {
            let (mut found, mut expected) = (matches(folder.path(), pattern), expected.to_vec());
            found.sort();
            expected.sort_unstable();
            assert_eq!(found, expected, "{pattern}");
        }
        assert!(matches(folder.path(), "none/*.png").is_empty());
        let error = Pattern::new(Path::new("a/[.png")).unwrap_err();
        assert!(error.contains("at character 1 of [.png"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_match_too() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tree(&["1.png"]);
        let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.png");
        std::fs::write(folder.path().join(odd), b"x").unwrap();
        let found = Pattern::new(&folder.path().join("*.png"))
            .unwrap()
            .matches();
        let found: Vec<PathBuf> = found.map(Result::unwrap).collect();
        assert_eq!(
            found,
            [folder.path().join("1.png"), folder.path().join(odd)]
        );
    }

    #[cfg(unix)]
    #[test]
    fn folders_linked_into_each_other_are_visited_once() {
        use std::os::unix::fs::symlink;
        let folder = tree(&["n50/1.png"]);
        let at = |n: usize| folder.path().join(format!("n{n}"));
        for n in 0..50 {
            std::fs::create_dir(at(n)).unwrap();
            symlink(at(n + 1), at(n).join("a")).unwrap();
            symlink(at(n + 1), at(n).join("b")).unwrap();
        }
        symlink(folder.path(), at(50).join("up")).unwrap();
        assert_eq!(matches(folder.path(), "n0/**/*.png").len(), 1);
        assert_eq!(matches(folder.path(), "**/*.png").len(), 1);
        // 2 to the power of 50 paths lead to the image, a link of each folder in each.
        let stars = format!("n0{}/*.png", "/*".repeat(50));
        assert_eq!(matches(folder.path(), &stars).len(), 1);
        let links = format!("n0{}/*.png", "/[ab]".repeat(50));
        assert_eq!(matches(folder.path(), &links).len(), 1);
    }
}
