//! Data sets from folders of pictures by class.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::nn::preprocessing::Resize;
use crate::{Error, Result};

use super::dataset::listed;
use super::open::{OpenOptions, Opened, Role};
use super::pictures::{self, Header};
use super::read::read_file;
use super::walk::{self, Part};
use super::{Dataset, Images, Values};

/// The size taken where none is asked for and the pictures have different ones.
const DEFAULT_SIDE: usize = 64;

/// How many broken files one error names.
const NAMED_FILES: usize = 10;

/// What happened to the pictures of a part on their way to the input.
#[derive(Default)]
struct Tally {
    resized: AtomicUsize,
    blended: AtomicUsize,
    turned: AtomicUsize,
}

/// Opens a folder of pictures by class, with or without `train/` and `test/`.
///
/// Without a wanted input it is the pictures' common size, or 64x64 where they differ, with one
/// channel if every file stores grey values and three if not.
///
/// # Errors
/// Files that are no pictures or damaged (the first ten by name), classes without pictures, one
/// class alone for training, or test classes that the training part does not have.
pub(super) fn open(root: &Path, options: &OpenOptions) -> Result<Opened> {
    let layout = walk::layout(root)?;
    let mut notes = layout.notes;
    let (main, other) = match (options.role, layout.train, layout.test) {
        (Role::Train, Some(train), test) => (train, test),
        (Role::Test, train, test) => match test.or(train) {
            Some(part) => (part, None),
            None => return Err(Error::file(root, "no folder of pictures")),
        },
        (Role::Train, None, _) => {
            return Err(Error::file(
                root,
                "no folder train; with test alone it serves for evaluation",
            ));
        }
    };
    let main_part = walk::part(&main)?;
    if options.role == Role::Train && main_part.classes.len() < 2 {
        let problem = format!(
            "one class only ({}); training needs at least two",
            main_part.classes[0]
        );
        return Err(Error::file(&main, problem));
    }
    let other_part = match other {
        Some(folder) => Some((walk::part(&folder)?, folder)),
        None => None,
    };
    if let Some((part, folder)) = &other_part {
        check_classes(&main_part, part, folder, &mut notes)?;
    }
    let shape = match options.input {
        Some(shape) => shape,
        None => choose_shape(&main, &main_part, options.resize, &mut notes)?,
    };
    super::picture::check_shape(shape)?;
    let data = load(&main, main_part, shape, options.resize, &mut notes)?;
    let test = match other_part {
        None => None,
        Some((part, folder)) => {
            let test = load(&folder, part, shape, options.resize, &mut notes)?;
            Some(test.with_classes(data.classes())?)
        }
    };
    Ok(Opened {
        data,
        test,
        divisor: 255.0,
        divisor_is_stated: true,
        notes,
    })
}

/// Fails if the test part has a class that the training part lacks; notes the reverse.
fn check_classes(train: &Part, test: &Part, folder: &Path, notes: &mut Vec<String>) -> Result<()> {
    if let Some(class) = test
        .classes
        .iter()
        .find(|class| !train.classes.contains(class))
    {
        let known = listed(&train.classes);
        let problem = format!("class {class:?} is not among the training classes {known}");
        return Err(Error::file(folder.join(class), problem));
    }
    let missing: Vec<&String> = train
        .classes
        .iter()
        .filter(|class| !test.classes.contains(class))
        .collect();
    if !missing.is_empty() {
        let folder = folder.display();
        notes.push(format!(
            "{folder} has no pictures of class {}",
            listed(&missing)
        ));
    }
    Ok(())
}

/// The common size of the pictures, or the default.
fn choose_shape(
    root: &Path,
    part: &Part,
    resize: Resize,
    notes: &mut Vec<String>,
) -> Result<[usize; 3]> {
    let headers: Result<Vec<Header>> = part
        .files
        .par_iter()
        .map(|(file, _)| pictures::header(file, &read_file(file)?))
        .collect();
    let Ok(headers) = headers else {
        // Decoding all of them finds every broken file, not only those broken in the header.
        let shape = [1, 1, 1];
        decode_all(root, &part.files, shape, resize, &Tally::default())?;
        return Err(Error::file(root, "a picture's header cannot be read"));
    };
    let channels = if headers.iter().all(|header| header.grey) {
        1
    } else {
        3
    };
    let size = |header: &Header| (header.height, header.width);
    let first = headers.first().map_or((DEFAULT_SIDE, DEFAULT_SIDE), size);
    if headers.iter().all(|header| size(header) == first) {
        return Ok([first.0, first.1, channels]);
    }
    notes.push(format!(
        "the pictures have different sizes: taken as {DEFAULT_SIDE}x{DEFAULT_SIDE}x{channels}, \
         the default where no input is given"
    ));
    Ok([DEFAULT_SIDE, DEFAULT_SIDE, channels])
}

/// Loads the pictures of a part in parallel, in the order of the files.
fn load(
    root: &Path,
    part: Part,
    shape: [usize; 3],
    resize: Resize,
    notes: &mut Vec<String>,
) -> Result<Dataset> {
    let tally = Tally::default();
    let values = decode_all(root, &part.files, shape, resize, &tally)?;
    let count = part.files.len();
    let [height, width, channels] = shape;
    let folder = root.display();
    let rule = match resize {
        Resize::Stretch => "stretched",
        Resize::Crop => "cropped at the centre and scaled",
        Resize::Fit => "fitted on black",
    };
    let to = format!("{rule} to {height}x{width}x{channels}");
    for (what, count_of) in [
        (to.as_str(), tally.resized),
        ("blended over white", tally.blended),
        ("turned upright by EXIF", tally.turned),
    ] {
        let some = count_of.into_inner();
        if some > 0 {
            notes.push(format!("{some} of {count} pictures in {folder} {what}"));
        }
    }
    let labels = part.files.iter().map(|&(_, label)| label).collect();
    Dataset::new(
        Images::new(shape, Values::U8(values))?,
        labels,
        part.classes,
    )
    .map_err(|error| Error::file(root, error.to_string()))
}

/// Decodes every file into its place; all broken files go into one error.
fn decode_all(
    root: &Path,
    files: &[(PathBuf, u32)],
    shape: [usize; 3],
    resize: Resize,
    tally: &Tally,
) -> Result<Vec<u8>> {
    let mut values = pictures::room_for(root, files.len(), shape)?;
    let run = shape.iter().product();
    let decode_one = |(out, (file, _)): (&mut [u8], &(PathBuf, u32))| {
        let picture = pictures::decode(file)?;
        out.copy_from_slice(&picture.to_shape(shape, resize)?);
        let count = |counter: &AtomicUsize, yes: bool| {
            counter.fetch_add(usize::from(yes), Ordering::Relaxed);
        };
        count(
            &tally.resized,
            [picture.height(), picture.width()] != shape[..2],
        );
        count(&tally.blended, picture.is_transparent());
        count(&tally.turned, picture.was_turned());
        Ok(())
    };
    let results: Vec<Result<()>> = values
        .par_chunks_mut(run)
        .zip(files.par_iter())
        .map(decode_one)
        .collect();
    let mut errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
    match errors.len() {
        0 => Ok(values),
        1 => Err(errors.remove(0)),
        count => {
            let mut named: Vec<String> = errors
                .iter()
                .take(NAMED_FILES)
                .map(ToString::to_string)
                .collect();
            if count > NAMED_FILES {
                named.push(format!("and {} more", count - NAMED_FILES));
            }
            let problem = format!("{count} files cannot be read: {}", named.join("; "));
            Err(Error::file(root, problem))
        }
    }
}
