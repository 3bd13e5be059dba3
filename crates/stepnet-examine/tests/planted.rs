//! Faults planted into a folder of images are found, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stepnet::data::{self, OpenOptions};
use stepnet::rng::RandomState;
use stepnet_examine::{Cue, Examination, ExamineOptions, FindingKind, Source, Survey, examine};

/// Writes a PNG in colour.
fn write(path: &Path, [height, width]: [usize; 2], values: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(values).unwrap();
    writer.finish().unwrap();
    fs::write(path, file).unwrap();
}

/// An image of waves, some of them short, that differ from seed to seed.
fn photo(seed: u32, [height, width]: [usize; 2]) -> Vec<u8> {
    let mut random = RandomState::new(seed);
    let mut wave = || -> [f64; 4] { std::array::from_fn(|_| random.uniform()) };
    let mut waves: Vec<[f64; 4]> = (0..6).map(|_| wave()).collect();
    // The short ones are alike in all images, which are equally sharp.
    waves[4][..2].copy_from_slice(&[0.9, 0.9]);
    waves[5][..2].copy_from_slice(&[0.3, 0.1]);
    let value = |row: usize, column: usize, channel: usize| {
        let (row, column) = (row as f64 / height as f64, column as f64 / width as f64);
        let of = |(at, w): (usize, &[f64; 4])| {
            let frequency = [4.0, 8.0, 12.0, 16.0, 60.0, 90.0][at];
            let height = if at < 4 { 25.0 } else { 8.0 };
            let phase = frequency * (w[0] * row + (w[1] - 0.5) * column) + 6.0 * w[2];
            height * (phase + channel as f64 * w[3]).sin()
        };
        let sum: f64 = waves.iter().enumerate().map(of).sum();
        (127.0 + sum) as u8
    };
    let places = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
    places
        .flat_map(|(row, column)| [0, 1, 2].map(|c| value(row, column, c)))
        .collect()
}

const SIZE: [usize; 2] = [32, 32];

/// A folder of 60 different images in two classes, and 10 to test on.
fn sound() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..70 {
        let part = if seed < 60 { "train" } else { "test" };
        let class = if seed % 2 == 0 { "cat" } else { "dog" };
        let name = format!("{part}/{class}/{seed:03}.png");
        write(&folder.path().join(name), SIZE, &photo(seed, SIZE));
    }
    folder
}

fn examined(folder: &Path) -> Examination {
    let survey = Survey::default();
    let options = OpenOptions::default().skip_bad(true);
    let options = options.observer(Some(survey.observer()));
    let opened = data::open(folder, &options).unwrap();
    let source = Source::new(&opened.data, opened.test.as_ref(), opened.divisor);
    examine(&source, &survey, &ExamineOptions::default()).unwrap()
}

/// The kinds and the files of what was found.
fn found(examination: &Examination, folder: &Path) -> BTreeSet<(FindingKind, String)> {
    let name = |name: &str| {
        let path = PathBuf::from(name);
        let below = path.strip_prefix(folder).unwrap_or(&path);
        below.to_string_lossy().replace('\\', "/")
    };
    let found = examination.findings.iter();
    found.map(|found| (found.kind, name(&found.name))).collect()
}

#[test]
fn a_sound_folder_has_no_findings() {
    let folder = sound();
    let found = examined(folder.path());
    assert_eq!(found.findings, []);
    assert_eq!((found.training.examples, found.problems()), (60, 0));
    assert_eq!(found.training.sizes, [(SIZE, 60)]);
    assert_eq!(found.training.formats, [("PNG", 60)]);
    assert_eq!((found.training.colour, found.training.grey), (60, 0));
    assert_eq!(found.test.unwrap().classes, [5, 5]);
    assert!(found.remarks.is_empty(), "{:?}", found.remarks);
    assert!(
        found
            .shortcuts
            .iter()
            .all(|shortcut| !shortcut.is_notable())
    );
    assert!(found.shortcuts.iter().any(|s| s.cue == Cue::Name));
}

#[test]
fn each_planted_fault_is_found() {
    let folder = sound();
    let path = |name: &str| folder.path().join(name);
    let copy = |from: &str, to: &str| {
        fs::copy(path(from), path(to)).unwrap();
    };
    copy("train/cat/000.png", "test/cat/leak.png");
    copy("train/cat/002.png", "train/dog/relabelled.png");
    copy("train/dog/003.png", "train/dog/twice.png");
    // The same photograph in another size, a little darker.
    let paler: Vec<u8> = photo(4, [48, 48]).iter().map(|v| v - v / 10).collect();
    write(&path("train/cat/resized.png"), [48, 48], &paler);
    let paler: Vec<u8> = photo(62, [40, 40]).iter().map(|v| v - v / 10).collect();
    write(&path("train/cat/seen.png"), [40, 40], &paler);
    write(&path("train/cat/flat.png"), SIZE, &[90; 32 * 32 * 3]);
    let dark: Vec<u8> = photo(100, SIZE).iter().map(|v| v / 9).collect();
    write(&path("train/cat/dark.png"), SIZE, &dark);
    // Few pixels blown up.
    let few = photo(101, [4, 4]);
    let (height, width) = (32, 32);
    let smooth: Vec<u8> = (0..height * width * 3)
        .map(|at| {
            let (row, column, channel) = (at / 96, at / 3 % 32, at % 3);
            let near = |row: usize, column: usize| f64::from(few[(row * 4 + column) * 3 + channel]);
            let (y, x) = (row as f64 * 3.0 / 32.0, column as f64 * 3.0 / 32.0);
            let (r, c) = (y as usize, x as usize);
            let (y, x) = (y.fract(), x.fract());
            let above = near(r, c) * (1.0 - x) + near(r, c + 1) * x;
            let below = near(r + 1, c) * (1.0 - x) + near(r + 1, c + 1) * x;
            (above * (1.0 - y) + below * y) as u8
        })
        .collect();
    write(&path("train/dog/blurred.png"), SIZE, &smooth);
    write(&path("train/dog/wide.png"), [16, 64], &photo(102, [16, 64]));
    fs::write(path("train/dog/broken.png"), b"no image").unwrap();

    let examination = examined(folder.path());
    let expected = [
        (FindingKind::Leak, "train/cat/000.png"),
        (FindingKind::Conflict, "train/cat/002.png"),
        (FindingKind::Conflict, "train/dog/relabelled.png"),
        (FindingKind::Broken, "train/dog/broken.png"),
        (FindingKind::NearLeak, "train/cat/seen.png"),
        (FindingKind::Duplicate, "train/dog/twice.png"),
        (FindingKind::NearDuplicate, "train/cat/resized.png"),
        (FindingKind::OneColour, "train/cat/flat.png"),
        (FindingKind::Dark, "train/cat/dark.png"),
        (FindingKind::Blurred, "train/dog/blurred.png"),
        (FindingKind::Aspect, "train/dog/wide.png"),
    ];
    let expected = expected.map(|(kind, name)| (kind, name.to_owned()));
    assert_eq!(found(&examination, folder.path()), expected.into());
    assert_eq!(examination.problems(), 4);
}

#[test]
fn the_table_leaves_out_what_is_harmless_to_leave_out() {
    let folder = sound();
    let path = |name: &str| folder.path().join(name);
    fs::copy(path("train/cat/000.png"), path("test/cat/leak.png")).unwrap();
    fs::copy(path("train/dog/003.png"), path("train/dog/twice.png")).unwrap();
    let dark: Vec<u8> = photo(100, SIZE).iter().map(|v| v / 9).collect();
    write(&path("train/cat/dark.png"), SIZE, &dark);
    let list = path("list.csv");
    fs::write(&list, examined(folder.path()).csv().unwrap()).unwrap();
    let opened = data::open(folder.path(), &OpenOptions::default()).unwrap();
    let list = data::LeaveOut::read(&list).unwrap();
    let (rest, left) = list.apply(opened.data, data::ListedPart::Training).unwrap();
    assert_eq!((left.examples, left.missing, rest.len()), (2, 0, 60));
    let names: Vec<_> = (0..rest.len()).map(|at| rest.name(at).unwrap()).collect();
    assert!(names.iter().any(|name| name.ends_with("dark.png")));
    assert!(!names.iter().any(|name| name.ends_with("train/cat/000.png")));
    let test = opened.test.unwrap();
    let tested = test.len();
    let (test, _) = list.apply(test, data::ListedPart::Test).unwrap();
    assert_eq!(test.len(), tested);
}

#[test]
fn names_and_sizes_that_give_the_class_away_are_shortcuts() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..60 {
        let class = ["cat", "dog"][seed as usize % 2];
        let side = if class == "cat" { 24 } else { 30 };
        let name = format!("{class}/{class}_{seed:03}.png");
        write(
            &folder.path().join(name),
            [side, side],
            &photo(seed, [side, side]),
        );
    }
    let found = examined(folder.path());
    let notable: Vec<Cue> = (found.shortcuts.iter())
        .filter(|shortcut| shortcut.is_notable())
        .map(|shortcut| shortcut.cue)
        .collect();
    assert!(
        notable.contains(&Cue::Size) && notable.contains(&Cue::Name),
        "{notable:?}"
    );
    assert!(!notable.contains(&Cue::Colour));
}
