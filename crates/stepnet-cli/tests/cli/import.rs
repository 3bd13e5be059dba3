//! `import`.

use std::fs;
use std::path::Path;

use stepnet::nn::Model;

use crate::run::Desk;

/// A desk with the seeds of the fuzz target, which are small ONNX files.
fn desk() -> Desk {
    let desk = Desk::new();
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/onnx");
    for file in fs::read_dir(seeds).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), desk.join(&file.file_name().to_string_lossy())).unwrap();
    }
    desk
}

#[test]
fn a_file_becomes_a_model_and_what_was_done_is_told() {
    let desk = desk();
    fs::write(desk.join("names.txt"), "\u{feff}cat\r\n\n  dog \n").unwrap();
    let told = desk
        .run("import residual.onnx --classes names.txt --out m.safetensors")
        .fine();
    for line in [
        "network: residual(conv(3, 3, same, bias=false)) -> relu -> maxpool(2) -> flatten -> linear(2, bias=false) -> softmax",
        "from 6x6x3 to 2, 135 parameters, 1 million multiply-adds",
        "  residual1.conv1  from c",
        "saved m.safetensors",
    ] {
        assert!(
            told.lines().any(|found| found == line),
            "{line:?} is not in {told}"
        );
    }
    let model = Model::<f32>::load(desk.join("m.safetensors")).unwrap();
    assert_eq!(model.classes, ["cat", "dog"]);
    let said = desk.run("import residual.onnx --out other.safetensors").err;
    assert!(
        said.contains("values from 0 to 1 are assumed; --mean, --deviation and --divisor say it"),
        "{said}"
    );
    assert!(
        said.contains("a softmax was added") && said.contains("(--keep-logits leaves it out)"),
        "{said}"
    );
}

#[test]
fn options_say_what_the_file_does_not() {
    let desk = desk();
    let words =
        "--mean 0.5,0.4,0.3 --deviation 0.2,0.2,0.2 --resize crop --keep-logits --until r --f64";
    desk.run(&format!("import residual.onnx {words} --out m.safetensors"))
        .fine();
    let model = Model::<f64>::load(desk.join("m.safetensors")).unwrap();
    assert_eq!(
        model.network.text().to_string(),
        "residual(conv(3, 3, same, bias=false)) -> relu"
    );
    assert_eq!(model.preprocessing.mean, [0.5, 0.4, 0.3]);
    assert_eq!(model.preprocessing.resize, stepnet::nn::Resize::Crop);
    desk.run("import excite.onnx --size 5x4x4 --out wide.safetensors")
        .fine();
    let wide = Model::<f32>::load(desk.join("wide.safetensors")).unwrap();
    assert_eq!(wide.network.input().to_string(), "5x4x4");
}

#[test]
fn mistakes_are_one_line_and_nothing_is_written() {
    let desk = desk();
    fs::write(desk.join("names.txt"), "one\ntwo\nthree\n").unwrap();
    fs::write(desk.join("text.onnx"), "no model").unwrap();
    let whole = desk.bytes("shapes.onnx");
    fs::write(desk.join("half.onnx"), &whole[..whole.len() / 2]).unwrap();
    for (words, said) in [
        (
            "residual.onnx --until nothing",
            "--until is \"nothing\", but no node has this name",
        ),
        (
            "residual.onnx --classes names.txt",
            "--classes has 3 names, but the network has 2",
        ),
        (
            "residual.onnx --mean 1,2",
            "mean is 2 values, expected none or 3",
        ),
        (
            "residual.onnx --as resnet18",
            "an ONNX file has its network, so --as is not needed",
        ),
        ("residual.onnx --size 9", "its weights are for 27 features"),
        ("residual.onnx --size seven", "expected a size such as 224"),
        ("text.onnx", "text.onnx: text, expected a PyTorch file, "),
        ("half.onnx", "half.onnx: a damaged ONNX file"),
        ("missing.onnx", "missing.onnx: cannot open"),
    ] {
        let told = desk.run(&format!("import {words} --out m.safetensors"));
        told.fails(2, &[said]);
        assert!(!desk.join("m.safetensors").exists(), "{words}");
    }
    desk.run("import residual.onnx --out own.safetensors")
        .fine();
    desk.run("import own.safetensors --out m.safetensors")
        .fails(
            2,
            &["own.safetensors: a model of Stepnet already: it needs no import"],
        );
    fs::write(desk.join("m.safetensors"), "mine").unwrap();
    desk.run("import residual.onnx --out m.safetensors")
        .fails(2, &["m.safetensors is there already"]);
    desk.run("import residual.onnx --out residual.onnx --overwrite")
        .fails(2, &["one of this command's inputs"]);
}
