//! `models`.

use serde_json::Value;

use crate::run::Desk;

#[test]
fn networks_are_listed_and_shown() {
    let desk = Desk::new();
    let all = desk.run("models").fine();
    for expected in [
        "efficientnet-lite0",
        "resnet18",
        "11,689,512",
        "224x224x3",
        "Apache-2.0",
    ] {
        assert!(all.contains(expected), "{expected}: {all}");
    }
    let one = desk.run("models mobilenetv2_100").fine();
    let command = "import: stepnet import FILE --as mobilenet_v2 --out mobilenet_v2.safetensors\n";
    assert!(one.contains(command) && one.contains("relu6"), "{one}");
    let json: Value = serde_json::from_str(&desk.run("models --json").fine()).unwrap();
    let rows = json.as_array().unwrap();
    assert!(
        rows.len() > 15
            && rows
                .iter()
                .all(|row| row["published"][0]["licence"].is_string())
    );
    desk.run("models resnet19")
        .fails(2, &["\"resnet19\"", "resnet18"]);
}
