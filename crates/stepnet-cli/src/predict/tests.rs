//! Predictions by threads in the place of ranks, compared with those of one process.

use std::fs;
use std::path::Path;
use std::thread;

use clap::Parser;
use stepnet::nn::{Init, Model, Network, Preprocessing};
use stepnet::rng::RandomState;

use super::*;
use crate::args::{Cli, Command};

/// A folder with a model and `images` images of 8 by 8 pixels; the second in twenty is damaged.
fn folder(images: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "conv(4, 3, same) -> bn -> relu -> linear(10) -> softmax";
    let mut network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(3));
    let classes = (0..10).map(|class| class.to_string()).collect();
    let model = Model::new(network, classes, Preprocessing::scaled(8, 8, 1, 255.0));
    model.save(folder.path().join("model.safetensors")).unwrap();
    fs::create_dir(folder.path().join("images")).unwrap();
    for image in 0..images {
        let path = folder.path().join(format!("images/{image:03}.png"));
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
        encoder.set_color(png::ColorType::Grayscale);
        let pixels: Vec<u8> = (0..64).map(|at| (at * (image + 3) * 7) as u8).collect();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixels).unwrap();
        drop(writer);
        bytes.truncate(if image % 20 == 1 { 40 } else { bytes.len() });
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// Runs `predict` with the model of a folder in each of `ranks` threads, or without a group for 0; the exit codes.
fn codes(ranks: usize, folder: &Path, words: &[&str]) -> Vec<u8> {
    let model = folder.join("model.safetensors");
    let words = ["stepnet", "predict", model.to_str().unwrap()]
        .into_iter()
        .chain(words.iter().copied());
    let cli = Cli::try_parse_from(words).unwrap();
    let Command::Predict(args) = &cli.command else {
        unreachable!("the command is predict");
    };
    let code = |outcome: Outcome| outcome.map_or_else(|failure| failure.code(), |()| 0);
    if ranks == 0 {
        return vec![code(run_on(args, None))];
    }
    thread::scope(|scope| {
        let members = stepnet::group::in_process(ranks).into_iter();
        let members = members.map(|group| scope.spawn(move || code(run_on(args, Some(&group)))));
        let members: Vec<_> = members.collect();
        members
            .into_iter()
            .map(|member| member.join().unwrap())
            .collect()
    })
}

#[test]
fn the_table_of_several_ranks_is_that_of_one() {
    // Fewer images than ranks, less than a round, and several rounds with a rest.
    for images in [2, 50, 300] {
        let folder = folder(images);
        let (images, table) = (
            folder.path().join("images"),
            folder.path().join("table.csv"),
        );
        let none = folder.path().join("none-*.png");
        let words = [
            none.to_str().unwrap(),
            images.to_str().unwrap(),
            "--top-k",
            "3",
            "--overwrite",
            "--csv",
            table.to_str().unwrap(),
        ];
        assert_eq!(codes(0, folder.path(), &words), [2]);
        let expected = fs::read_to_string(&table).unwrap();
        assert!(expected.contains("001.png,,,,,,,"), "{expected}");
        assert!(expected.contains("no file matches"), "{expected}");
        for ranks in [1, 2, 3, 4] {
            fs::remove_file(&table).unwrap();
            assert_eq!(codes(ranks, folder.path(), &words), vec![2; ranks]);
            assert_eq!(
                fs::read_to_string(&table).unwrap(),
                expected,
                "{ranks} ranks"
            );
        }
    }
}

#[test]
fn one_image_is_predicted_once() {
    let folder = folder(3);
    let (image, table) = (
        folder.path().join("images/000.png"),
        folder.path().join("table.csv"),
    );
    let words = [
        image.to_str().unwrap(),
        "--csv",
        table.to_str().unwrap(),
        "--overwrite",
    ];
    assert_eq!(codes(0, folder.path(), &words), [0]);
    let expected = fs::read(&table).unwrap();
    assert_eq!(codes(3, folder.path(), &words), [0; 3]);
    assert_eq!(fs::read(&table).unwrap(), expected);
}

#[test]
fn what_is_wrong_ends_all_ranks_with_one_code() {
    let folder = folder(3);
    let (images, table) = (
        folder.path().join("images"),
        folder.path().join("table.csv"),
    );
    let images = images.to_str().unwrap();
    fs::write(&table, "mine").unwrap();
    assert_eq!(
        codes(
            3,
            folder.path(),
            &[images, "--csv", table.to_str().unwrap()]
        ),
        [2; 3]
    );
    assert_eq!(fs::read_to_string(&table).unwrap(), "mine");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(
        codes(2, folder.path(), &[empty.to_str().unwrap(), "--json"]),
        [2; 2]
    );
    // Written in the middle of the work, not before.
    let full = "/dev/full";
    if Path::new(full).exists() {
        assert_eq!(codes(3, folder.path(), &[images, "--csv", full]), [1; 3]);
    }
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    assert_eq!(codes(3, folder.path(), &[images, "--json"]), [2; 3]);
}
