//! What is at the two ends of a file, and what its nodes are called.

use prost::Message;

use super::*;
use stepnet_nn::Preprocessing;

#[test]
fn names_that_say_more_than_the_operator_are_labels() {
    let text = |names: [&str; 3]| {
        let mut file = Writer::new(&[1, 3, 8, 8]);
        file.weights("w", &[2, 3, 1, 1]);
        for (text, name) in ["a = Conv(x, w)", "b = Tanh(a)", "y = Relu(b)"]
            .into_iter()
            .zip(names)
        {
            file.node(text).name = name.into();
        }
        file.text()
    };
    let plain = "conv(2, 1, bias=false) -> tanh -> relu";
    assert_eq!(
        text(["stem", "node_tanh", "last_step"]),
        "stem: conv(2, 1, bias=false) -> tanh -> last_step: relu"
    );
    for names in [
        ["Conv_0", "Tanh_1", "Relu_2"],
        ["conv1", "tanh1", "relu7"],
        ["/a/Conv", "a.b", "1st"],
    ] {
        assert_eq!(text(names), plain, "{names:?}");
    }
}

#[test]
fn classifiers_that_end_in_scores_get_probabilities_and_class_names() {
    let mut file = Writer::new(&[1, 4]);
    file.weights("w", &[4, 3]);
    file.node("y = MatMul(x, w)");
    let imported = read(&file.bytes(), &Default::default()).unwrap();
    assert_eq!(
        imported.model.network.text().to_string(),
        "linear(3, bias=false) -> softmax"
    );
    assert_eq!(imported.model.classes, ["0", "1", "2"]);
    assert!(
        imported.notes[0].contains("a softmax was added"),
        "{:?}",
        imported.notes
    );
    let named = super::ImportOptions::default().classes(["a", "b", "c"].map(String::from).into());
    assert_eq!(
        read(&file.bytes(), &named).unwrap().model.classes,
        ["a", "b", "c"]
    );
    let two = named.classes(vec!["a".into(), "b".into()]);
    let problem = read(&file.bytes(), &two).unwrap_err();
    assert_eq!(problem, "`classes` has 2 names, but the network has 3");
    let kept = file.import().model;
    assert_eq!(kept.network.text().to_string(), "linear(3, bias=false)");
    assert_eq!(kept.classes, ["0", "1", "2"], "scores are of classes, too");
    // Stepnet's own files say whether they are something else.
    let mut own = ModelProto::decode(file.bytes().as_slice()).unwrap();
    own.metadata_props.push(StringStringEntryProto {
        key: "task".into(),
        value: "numbers".into(),
    });
    for options in [Default::default(), plain()] {
        let model = read(&own.encode_to_vec(), &options).unwrap().model;
        assert_eq!(model.network.text().to_string(), "linear(3, bias=false)");
        assert_eq!(model.preprocessing.task.name(), "numbers");
    }
}

#[test]
fn files_that_stepnet_wrote_say_how_images_are_prepared_and_what_the_classes_are() {
    let mut file = Writer {
        kind: data_type::UINT8,
        ..Writer::default()
    };
    file.input("images", &[-1, -1, -1, 3]);
    file.weights("w", &[2, 3, 1, 1]);
    file.constant("divisor", &[], vec![255.0]);
    // How images of any size are resized is not read.
    file.node("a = Anything(images)").name = "preprocessing/resize".into();
    file.node("b = Div(a, divisor)").name = "preprocessing/scale".into();
    file.nodes("c = Conv(b, w)");
    file.node("p = GlobalAveragePool(c)").name = "globalavgpool1".into();
    file.node("logits = Flatten(p)").name = "flatten1".into();
    file.node("y = Softmax(logits)").int("axis", 1);
    let mut model = ModelProto::decode(file.bytes().as_slice()).unwrap();
    model.producer_name = "stepnet".into();
    model.graph.as_mut().unwrap().output.push(ValueInfoProto {
        name: "logits".into(),
        ..ValueInfoProto::default()
    });
    let preprocessing = Preprocessing::scaled(6, 5, 3, 255.0).mean(vec![0.5; 3]);
    for (key, value) in [
        ("classes", r#"["cat", "dog"]"#.to_owned()),
        (
            "network",
            "conv(2, 1) -> globalavgpool -> softmax".to_owned(),
        ),
        ("input", "6x5x3".to_owned()),
        (
            "preprocessing",
            serde_json::to_string(&preprocessing).unwrap(),
        ),
    ] {
        model.metadata_props.push(StringStringEntryProto {
            key: key.into(),
            value,
        });
    }
    let imported = read(&model.encode_to_vec(), &Default::default()).unwrap();
    let text = "conv(2, 1, bias=false) -> globalavgpool -> softmax";
    assert_eq!(imported.model.network.text().to_string(), text);
    assert_eq!(imported.model.classes, ["cat", "dog"]);
    assert_eq!(imported.model.preprocessing, preprocessing);
    assert!(imported.notes.is_empty(), "{:?}", imported.notes);
}
