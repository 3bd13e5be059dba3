//! Where figures, the page and the arrays go.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use stepnet::see::explain::Tiles;
use stepnet::see::explain::draw::{Canvas, sheet};
use stepnet_base::text::count;
use stepnet_files as files;

use super::ExplainArgs;
use crate::embed::images_of;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, Target};

/// The outputs that were asked for.
pub(super) struct Places {
    figures: Figures,
    page: Option<Page>,
    pub(super) arrays: Option<Target>,
}

/// Where PNG files go.
enum Figures {
    None,
    One(Target),
    /// A folder; for each name how often it was given.
    Folder {
        folder: PathBuf,
        replace: bool,
        names: HashMap<String, usize>,
    },
}

/// The page, from its first piece on.
enum Page {
    Checked(Target),
    Open(Output),
}

impl Places {
    /// Fails if something cannot be written where it should go.
    pub(super) fn check(args: &ExplainArgs, methods: &[&str]) -> Outcome<Self> {
        let inputs = || images_of(&args.images).chain([args.model.clone()]);
        let target = |option, path: &Option<PathBuf>| {
            let path = path.as_ref();
            path.map(|path| Target::check(option, path, args.overwrite, inputs()))
                .transpose()
        };
        let page = target("--html", &args.html)?;
        let arrays = target("--npz", &args.npz)?;
        let standard =
            [&page, &arrays].map(|target| target.as_ref().is_some_and(Target::is_standard));
        if usize::from(standard[0]) + usize::from(standard[1]) + usize::from(args.json) > 1 {
            return Err(Failure::usage(
                "two of --html, --npz and --json would be written to the standard output; name files for them",
            ));
        }
        Ok(Self {
            figures: Figures::check(args, methods.len())?,
            page: page.map(Page::Checked),
            arrays,
        })
    }

    /// Whether lines about the images would be mixed with a page or arrays.
    pub(super) fn is_quiet(&self) -> bool {
        let page = matches!(&self.page, Some(Page::Checked(target)) if target.is_standard())
            || matches!(&self.page, Some(Page::Open(Output::Standard(_))));
        page || self.arrays.as_ref().is_some_and(Target::is_standard)
    }

    pub(super) fn has_figures(&self) -> bool {
        !matches!(self.figures, Figures::None)
    }

    pub(super) fn has_page(&self) -> bool {
        self.page.is_some()
    }

    /// Writes a figure of the image `path`; `kind` tells it from the image's others.
    pub(super) fn write_figure(&mut self, path: &Path, kind: &str, figure: &Canvas) -> Outcome {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        self.write(format!("{}-{kind}", stem.unwrap_or_default()), figure)
    }

    /// Writes the filters of the first convolution.
    pub(super) fn write_filters(&mut self, tiles: &Tiles) -> Outcome {
        let title = format!("{} of {}", count(tiles.count, "filter"), tiles.layer);
        self.write("filters".into(), &sheet(tiles, &title)?)
    }

    fn write(&mut self, name: String, figure: &Canvas) -> Outcome {
        let content = figure.png()?;
        match &mut self.figures {
            Figures::None => Ok(()),
            Figures::One(target) => target.write(&content),
            Figures::Folder {
                folder,
                replace,
                names,
            } => {
                // Images of several folders may have the same name.
                let times = names.entry(name.clone()).or_insert(0);
                *times += 1;
                let name = match *times {
                    1 => format!("{name}.png"),
                    again => format!("{name}-{again}.png"),
                };
                let path = folder.join(name);
                let written = match replace {
                    true => files::write_atomic(&path, &content),
                    false => files::write_new(&path, &content),
                };
                written.map_err(|error| Failure::from(error).context("--out"))
            }
        }
    }

    /// Writes a piece of the page.
    pub(super) fn write_page(&mut self, piece: &str) -> Outcome {
        let output = match self.page.take() {
            Some(Page::Checked(target)) => Some(target.open()?),
            Some(Page::Open(output)) => Some(output),
            None => None,
        };
        if let Some(mut output) = output {
            let written = output.write_all(piece.as_bytes());
            output.judge(written)?;
            self.page = Some(Page::Open(output));
        }
        Ok(())
    }

    /// Gives the page its name, now that it is whole.
    pub(super) fn finish_page(&mut self) -> Outcome {
        match self.page.take() {
            Some(Page::Open(output)) => output.finish().map(drop),
            _ => Ok(()),
        }
    }
}

impl Figures {
    fn check(args: &ExplainArgs, methods: usize) -> Outcome<Self> {
        let Some(path) = &args.out else {
            return Ok(Self::None);
        };
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        let is_file = ending.is_some_and(|ending| ending == "png") && !path.is_dir();
        if !is_file {
            return Self::folder(path, args.overwrite);
        }
        let images = images_of(&args.images).take(2).count();
        let each = match images {
            0 => 0,
            _ => methods + usize::from(args.feature_maps.is_some()),
        };
        let all = images * each + usize::from(args.filters);
        if all > 1 {
            return Err(Failure::usage(format!(
                "--out: {} is one file, but there are several figures to write; name a folder",
                path.display()
            )));
        }
        let inputs = images_of(&args.images).chain([args.model.clone()]);
        Ok(Self::One(Target::check(
            "--out",
            path,
            args.overwrite,
            inputs,
        )?))
    }

    fn folder(path: &Path, replace: bool) -> Outcome<Self> {
        let refused =
            |problem: &str| Failure::usage(format!("--out: {} {problem}", path.display()));
        if path.exists() && !path.is_dir() {
            return Err(refused(
                "is a file, expected a folder, or a name that ends in .png",
            ));
        }
        let mut entries = fs::read_dir(path).into_iter().flatten();
        if !replace && entries.next().is_some() {
            return Err(refused(
                "is there already and not empty; choose another name, or add --overwrite to replace the files in it",
            ));
        }
        fs::create_dir_all(path)
            .map_err(|error| Failure::from(stepnet::Error::io(path, "create", error)))?;
        Ok(Self::Folder {
            folder: path.to_owned(),
            replace,
            names: HashMap::new(),
        })
    }
}
