//! From the images of a folder or an archive to data sets: unreadable ones, the shape, in memory or
//! streamed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stepnet_base::parallel::prelude::*;

use crate::{Error, Result};
use stepnet_base::memory::readable;
use stepnet_base::preprocessing::Resize;

use super::part::Part;
use crate::images::decode::{self, Header};
use crate::images::files::ImageFiles;
use crate::images::item::{ADVICE, Item, advised};
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use crate::set::streamed::Streamed;
use crate::{Dataset, Images, Values};
use stepnet_base::text::{listed, quoted};

/// The default size of images that have different sizes.
const DEFAULT_SIDE: usize = 64;

/// How many broken files one error names.
const NAMED_FILES: usize = 10;

/// The parts of a source, each with where it is.
#[derive(Debug)]
pub(crate) struct SourceParts {
    /// The requested examples.
    pub(crate) main: (PathBuf, Part),
    /// The test part next to a training part.
    pub(crate) other: Option<(PathBuf, Part)>,
    /// Remarks for the user.
    pub(crate) notes: Vec<String>,
}

/// How many images of a part were resized, blended or turned.
#[derive(Default)]
struct Tally {
    resized: AtomicUsize,
    blended: AtomicUsize,
    turned: AtomicUsize,
}

/// Makes data sets of the images found.
///
/// # Errors
/// Images that cannot be read, unless they are to be skipped; a class of which none can; one class
/// alone for training; or test classes that the training part does not have.
pub(crate) fn load(found: SourceParts, options: &OpenOptions) -> Result<Opened> {
    let SourceParts {
        main: (root, mut main),
        mut other,
        mut notes,
    } = found;
    let mut skipped = Vec::new();
    left_out(&root, &mut main, options, &mut notes, &mut skipped)?;
    if let Some((folder, part)) = &mut other {
        left_out(folder, part, options, &mut notes, &mut skipped)?;
    }
    let with_classes = main.rows.is_none();
    if options.role == Role::Train && with_classes && main.classes.len() < 2 {
        let problem = format!(
            "one class only ({}); training needs at least two",
            listed(&main.classes)
        );
        return Err(Error::file(&root, problem));
    }
    if let Some((folder, part)) = other.as_ref().filter(|_| with_classes) {
        check_classes(&main, part, folder, &mut notes)?;
    }
    let mut facts = Vec::new();
    let main = without_bad(&root, main, options, &mut skipped)?;
    let other = match other {
        Some((folder, part)) => {
            let part = without_bad(&folder, part, options, &mut skipped)?;
            Some((folder, part))
        }
        None => None,
    };
    let shape = match options.input {
        Some(shape) => shape,
        None => choose_shape(&root, &main, options.most_pixels, &mut facts)?,
    };
    crate::images::image::check_shape(shape)?;
    let count = main.files.len() + other.as_ref().map_or(0, |(_, part)| part.files.len());
    let bytes = count as u128 * shape.iter().map(|&n| n as u128).product::<u128>();
    let load = |root: &Path, part: Part, notes: &mut Vec<String>| match streams(bytes, options) {
        true => stream(root, part, shape, options.resize, notes),
        false => decode(root, part, shape, options, notes),
    };
    let data = load(&root, main, &mut facts)?;
    let test = match other {
        None => None,
        Some((folder, part)) => {
            let test = load(&folder, part, &mut facts)?;
            Some(test.with_classes(data.classes())?)
        }
    };
    Ok(Opened {
        data,
        test,
        divisor: 255.0,
        divisor_is_stated: true,
        facts,
        notes,
        skipped,
    })
}

/// Reports what is left out of a part: files that are not images, and links that lead nowhere.
fn left_out(
    root: &Path,
    part: &mut Part,
    options: &OpenOptions,
    notes: &mut Vec<String>,
    skipped: &mut Vec<String>,
) -> Result<()> {
    notes.extend(part.left.notes(root));
    let lost = std::mem::take(&mut part.lost);
    if !lost.is_empty() && !options.skip_bad {
        return Err(unreadable(root, lost, part.files.len()));
    }
    skipped.extend(lost.iter().map(ToString::to_string));
    Ok(())
}

/// Whether images of this many bytes are decoded as they are needed: when they are over the budget.
fn streams(bytes: u128, options: &OpenOptions) -> bool {
    let over = |budget: u64| bytes > u128::from(budget);
    options.stream || options.memory.is_some_and(over)
}

/// Fails if the test part has a class that the training part lacks; notes the reverse.
fn check_classes(train: &Part, test: &Part, folder: &Path, notes: &mut Vec<String>) -> Result<()> {
    let (known, tested): (HashSet<_>, HashSet<_>) = (
        train.classes.iter().collect(),
        test.classes.iter().collect(),
    );
    if let Some(class) = test.classes.iter().find(|class| !known.contains(class)) {
        let known = listed(&train.classes);
        let class_name = quoted(class);
        let problem = format!("class {class_name} is not among the training classes {known}");
        return Err(Error::file(folder.join(class), problem));
    }
    let missing: Vec<&String> = train
        .classes
        .iter()
        .filter(|class| !tested.contains(class))
        .collect();
    if !missing.is_empty() {
        let folder = folder.display();
        notes.push(format!(
            "{folder} has no images of class {}",
            listed(&missing)
        ));
    }
    Ok(())
}

/// The part without the images that cannot be decoded, if they are to be skipped: each goes to
/// `skipped` with what is wrong with it.
fn without_bad(
    root: &Path,
    mut part: Part,
    options: &OpenOptions,
    skipped: &mut Vec<String>,
) -> Result<Part> {
    if !options.skip_bad {
        return Ok(part);
    }
    let error =
        |item: &Item| check_stop(options).map(|()| item.observed(options.observer.as_ref()));
    let decoded: Vec<Option<Error>> = part.files.par_iter().map(error).collect::<Result<_>>()?;
    let with_classes = part.rows.is_none();
    let mut good = vec![!with_classes; part.classes.len()];
    for (item, error) in part.files.iter().zip(&decoded).filter(|_| with_classes) {
        good[item.label as usize] |= error.is_none();
    }
    for (item, error) in part.files.iter().zip(&decoded).filter(|_| with_classes) {
        let class = item.label as usize;
        if let Some(first) = error.as_ref().filter(|_| !good[class]) {
            let problem = format!("no image of this class can be read, such as {first}");
            return Err(Error::file(root.join(&part.classes[class]), problem));
        }
    }
    let mut bad = decoded.iter();
    part.files
        .retain(|_| bad.next().is_none_or(Option::is_none));
    skipped.extend(decoded.into_iter().flatten().map(|error| error.to_string()));
    Ok(part)
}

/// The error of images that cannot be read: how many, the first by name, and what can be done.
fn unreadable(root: &Path, mut errors: Vec<Error>, all: usize) -> Error {
    match errors.len() {
        1 => advised(errors.remove(0)),
        count => {
            let memory = errors.iter().all(Error::is_memory);
            let named = errors.iter().take(NAMED_FILES).map(ToString::to_string);
            let mut named: Vec<String> = named.collect();
            if count > NAMED_FILES {
                named.push(format!("and {} more", count - NAMED_FILES));
            }
            let named = named.join("; ");
            let problem = format!("{count} files cannot be read (of {all}): {named}; {ADVICE}");
            match memory {
                true => Error::file_memory(root, problem),
                false => Error::file(root, problem),
            }
        }
    }
}

/// The headers of all images.
fn headers(root: &Path, part: &Part) -> Result<Vec<Header>> {
    let read: Vec<Result<Header>> = part.files.par_iter().map(Item::header).collect();
    if read.iter().all(Result::is_ok) {
        return read.into_iter().collect();
    }
    // Decoding all of them finds every broken file, not only those broken in the header.
    let decoded: Vec<Option<Error>> = part.files.par_iter().map(Item::error).collect();
    let errors: Vec<Error> = decoded.into_iter().flatten().collect();
    match errors.is_empty() {
        true => read.into_iter().collect(),
        false => Err(unreadable(root, errors, part.files.len())),
    }
}

/// The common size of the images, unless it has more pixels than `most`, or the default.
fn choose_shape(
    root: &Path,
    part: &Part,
    most: Option<usize>,
    facts: &mut Vec<String>,
) -> Result<[usize; 3]> {
    let headers = headers(root, part)?;
    let channels = if headers.iter().all(|header| header.grey) {
        1
    } else {
        3
    };
    let size = |header: &Header| (header.height, header.width);
    let first = headers.first().map_or((DEFAULT_SIDE, DEFAULT_SIDE), size);
    let (height, width) = first;
    let sizes = match headers.iter().all(|header| size(header) == first) {
        true if most.is_none_or(|most| height.saturating_mul(width) <= most) => {
            return Ok([height, width, channels]);
        }
        true => format!("the images are all {height}x{width}"),
        false => "the images have different sizes".to_owned(),
    };
    facts.push(format!(
        "{sizes}: taken as {DEFAULT_SIDE}x{DEFAULT_SIDE}x{channels}, the default without an input \
         (`input`)"
    ));
    Ok([DEFAULT_SIDE, DEFAULT_SIDE, channels])
}

/// # Errors
/// When opening is to end.
fn check_stop(options: &OpenOptions) -> Result<()> {
    match &options.stop {
        Some(stop) if stop.load(Ordering::Relaxed) => Err(Error::Stopped),
        _ => Ok(()),
    }
}

/// How images are resized to a shape, in words.
fn brought(shape: [usize; 3], resize: Resize) -> String {
    let [height, width, channels] = shape;
    let rule = match resize {
        Resize::Stretch => "stretched",
        Resize::Crop => "cropped at the centre and scaled",
        Resize::Fit => "fitted on black",
    };
    format!("{rule} to {height}x{width}x{channels}")
}

/// A part whose images stay where they are. All headers are read.
fn stream(
    root: &Path,
    part: Part,
    shape: [usize; 3],
    resize: Resize,
    notes: &mut Vec<String>,
) -> Result<Dataset> {
    let headers = headers(root, &part)?;
    let other = |header: &&Header| [header.height, header.width] != shape[..2];
    let resized = headers.iter().filter(other).count();
    let (count, folder) = (part.files.len(), root.display());
    let bytes = count as u128 * shape.iter().map(|&n| n as u128).product::<u128>();
    notes.push(format!(
        "{count} images in {folder} are decoded as they are needed; at once they would take {}",
        readable(bytes)
    ));
    if resized > 0 {
        let to = brought(shape, resize);
        notes.push(format!("{resized} of {count} images in {folder} are {to}"));
    }
    let targets = part.targets();
    let source = Arc::new(ImageFiles {
        items: part.files,
        shape,
        resize,
    });
    let streamed = Streamed::new(source, shape.iter().product());
    let images = Images::new(shape, Values::Streamed(streamed))?;
    Dataset::with_targets(images, targets).map_err(|error| Error::file(root, error.to_string()))
}

/// Decodes the images of a part in parallel, in the order of the files.
fn decode(
    root: &Path,
    part: Part,
    shape: [usize; 3],
    options: &OpenOptions,
    notes: &mut Vec<String>,
) -> Result<Dataset> {
    let tally = Tally::default();
    let values = decode_all(root, &part.files, shape, options, &tally)?;
    let count = part.files.len();
    let folder = root.display();
    let to = brought(shape, options.resize);
    for (what, count_of) in [
        (to.as_str(), tally.resized),
        ("blended over white", tally.blended),
        ("turned upright by EXIF", tally.turned),
    ] {
        let some = count_of.into_inner();
        if some > 0 {
            notes.push(format!("{some} of {count} images in {folder} {what}"));
        }
    }
    let images = Images::new(shape, Values::U8(values))?;
    let data = Dataset::with_targets(images, part.targets())
        .map_err(|error| Error::file(root, error.to_string()))?;
    Ok(data.with_names(part.files.into_iter().map(|item| item.name).collect()))
}

/// Decodes every image into its place; all broken ones go into one error.
fn decode_all(
    root: &Path,
    files: &[Item],
    shape: [usize; 3],
    options: &OpenOptions,
    tally: &Tally,
) -> Result<Vec<u8>> {
    let mut values = decode::image_buffer(root, files.len(), shape)?;
    let run = shape.iter().product();
    let decode_one = |(out, item): (&mut [u8], &Item)| {
        check_stop(options)?;
        item.decoded(|image| {
            out.copy_from_slice(&image.to_shape(shape, options.resize)?);
            let count = |counter: &AtomicUsize, yes: bool| {
                counter.fetch_add(usize::from(yes), Ordering::Relaxed);
            };
            let other = [image.height(), image.width()] != shape[..2];
            count(&tally.resized, other);
            count(&tally.blended, image.is_transparent());
            count(&tally.turned, image.was_turned());
            Ok(())
        })
    };
    let results: Vec<Result<()>> = values
        .par_chunks_mut(run)
        .zip(files.par_iter())
        .map(decode_one)
        .collect();
    check_stop(options)?;
    let errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
    match errors.is_empty() {
        true => Ok(values),
        false => Err(unreadable(root, errors, files.len())),
    }
}
