//! Loading data: the digits, images that the page has made, and files that were dropped on it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use stepnet::data::{self, DIGITS_DIVISOR, Dataset, Images, OpenOptions, Opened, Values};
use stepnet::nn::Resize;
use stepnet::see::why::Subject;
use stepnet_base::memory;

use crate::answer::{Answer, Array, Arrays, Failure};
use crate::data::{Data, Notes, raw};
use crate::pictures::{Part, Picture};
use crate::request::{NoParams, Request, Slot};
use crate::state::State;

/// The most pixels of images that are taken at their own size, as in the command: the usual network's dense layer grows
/// with them.
const MOST_PIXELS: usize = 128 * 128;

/// Replaces the data, which ends the run.
fn put(state: &mut State, data: Data) -> Result<Answer, Failure> {
    let mut summary = data.summary();
    summary["fitsModel"] = json!(state.model.as_ref().map(|opened| opened.fits(&data)));
    state.run = None;
    state.data = Some(data);
    Answer::of(&summary, Arrays::default())
}

pub(crate) fn digits(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let NoParams {} = request.params()?;
    let data = Data {
        name: "digits".to_owned(),
        all: data::digits(),
        test: None,
        divisor: DIGITS_DIVISOR,
        pictures: false,
        place: None,
        resize: Resize::default(),
        notes: Notes::default(),
    };
    put(state, data)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadImages {
    name: String,
    classes: Vec<String>,
    images: Vec<Picture>,
    labels: Vec<u32>,
    input: [usize; 3],
    #[serde(default)]
    resize: Resize,
}

pub(crate) fn images(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let LoadImages {
        name,
        classes,
        images,
        labels,
        input,
        resize,
    } = request.params()?;
    let each = input.iter().copied().try_fold(1, usize::checked_mul);
    let all = each.and_then(|each| each.checked_mul(images.len()));
    let all = all.ok_or_else(|| Failure::input("load-images: the images are too many to count"))?;
    let mut values = memory::with_capacity("the images", all)?;
    for (number, picture) in images.iter().enumerate() {
        let raw = picture.fitted(request, input, resize);
        let named = |failure: Failure| {
            Failure::input(format!(
                "image {number} of {}: {}",
                images.len(),
                failure.message
            ))
        };
        values.extend(raw.map_err(named)?);
    }
    let images = Images::new(input, Values::U8(values))?;
    let data = Data {
        place: Some(PathBuf::from(&name)),
        name,
        all: Dataset::new(images, labels, classes)?,
        test: None,
        divisor: 255.0,
        pictures: true,
        resize,
        notes: Notes::default(),
    };
    put(state, data)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadFiles {
    files: Vec<DroppedFile>,
    #[serde(default)]
    options: ReadingOptions,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DroppedFile {
    path: String,
    bytes: Slot,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
struct ReadingOptions {
    labels: Option<PathBuf>,
    label_column: Option<String>,
    encoding: Option<String>,
    input: Option<[usize; 3]>,
    resize: Resize,
    skip_bad: bool,
}

pub(crate) fn files(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let LoadFiles { files, options } = request.params()?;
    let files: Vec<(PathBuf, Vec<u8>)> = files
        .into_iter()
        .map(|file| Ok((PathBuf::from(file.path), request.take(file.bytes)?)))
        .collect::<Result<_, Failure>>()?;
    let paths: Vec<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
    let place = place_of(&paths, options.labels.as_deref())?;
    let resize = options.resize;
    let (opened, pictures) = open(files, &place, options)?;
    let name = place.file_name().unwrap_or(place.as_os_str());
    let data = Data {
        name: name.to_string_lossy().into_owned(),
        all: opened.data,
        test: opened.test,
        divisor: opened.divisor,
        pictures,
        place: Some(place),
        resize,
        notes: Notes {
            facts: opened.facts,
            notes: opened.notes,
            skipped: opened.skipped,
        },
    };
    put(state, data)
}

/// What the files are opened by: the only file, the one that is not of labels, or the folder that all are in.
fn place_of(paths: &[&Path], labels: Option<&Path>) -> Result<PathBuf, Failure> {
    let mut others = paths.iter().filter(|path| Some(**path) != labels);
    let first = others.next();
    let first =
        first.ok_or_else(|| Failure::input("no file was dropped, expected at least one"))?;
    if others.next().is_none() {
        return Ok(first.to_path_buf());
    }
    let begins = |folder: &&Path| paths.iter().all(|path| path.starts_with(folder));
    let common = first.ancestors().skip(1).find(begins);
    match common.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => Ok(folder.to_owned()),
        None => Ok(PathBuf::from(".")),
    }
}

/// Opens the files as the command would, and says whether they are 8-bit images. They are in memory only meanwhile.
fn open(
    files: Vec<(PathBuf, Vec<u8>)>,
    place: &Path,
    options: ReadingOptions,
) -> Result<(Opened, bool), Failure> {
    let open_options = OpenOptions::default()
        .labels(options.labels)
        .label_column(options.label_column)
        .encoding(options.encoding)
        .input(options.input)
        .resize(options.resize)
        .skip_bad(options.skip_bad)
        .most_pixels(Some(MOST_PIXELS));
    let _there = Files::put(files)?;
    let opened = data::open(place, &open_options)?;
    Ok((opened, data::holds_images(place)))
}

/// Files that are there until this is dropped.
struct Files;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Files {
    fn put(files: Vec<(PathBuf, Vec<u8>)>) -> Result<Self, Failure> {
        for (path, bytes) in files {
            stepnet_files::disk::put(path, bytes);
        }
        Ok(Self)
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Drop for Files {
    fn drop(&mut self) {
        stepnet_files::disk::remove_all();
    }
}

/// Outside of a browser, where the files of tests lie: nothing is put anywhere.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl Files {
    fn put(files: Vec<(PathBuf, Vec<u8>)>) -> Result<Self, Failure> {
        drop(files);
        Err(Failure::input("files are loaded in a browser only"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    of: Part,
    indices: Vec<usize>,
}

pub(crate) fn examples(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let Asked { of, indices } = request.params()?;
    let preprocessing = state.data()?.preprocessing();
    let part = state.part(of)?;
    let pixels = preprocessing.height.saturating_mul(preprocessing.width);
    let bytes = pixels.saturating_mul(4).saturating_mul(indices.len());
    let mut rgba = memory::with_capacity("the images", bytes)?;
    let (mut labels, mut names) = (Vec::new(), Vec::new());
    for &index in &indices {
        let subject = Subject {
            name: String::new(),
            raw: raw(part, index)?,
            preprocessing: preprocessing.clone(),
        };
        let rgb = subject.drawing().rgb;
        let pixels = rgb.as_chunks::<3>().0.iter();
        rgba.extend(pixels.flat_map(|&[red, green, blue]| [red, green, blue, 255]));
        labels.push(part.labels().get(index));
        names.push(part.name(index).map(|name| name.display().to_string()));
    }
    let mut arrays = Arrays::default();
    let drawn = json!({
        "width": preprocessing.width,
        "height": preprocessing.height,
        "rgba": arrays.place(Array::Clamped(rgba)),
        "labels": labels,
        "names": names,
    });
    Answer::of(&drawn, arrays)
}
