//! Several models; what cannot be served.

use std::net::TcpListener;

use stepnet_serve::{Options, Server, Source};

use crate::desk::{Desk, NETWORK, bmp, model};

#[test]
fn several_models_answer_under_their_names() {
    let models = [
        ("cats-1.2", model(NETWORK, 1)),
        ("other", model("linear(3) -> softmax", 2)),
    ];
    let desk = Desk::with(&models, |_| {});
    let image = bmp(8, 8, 1);
    for (name, model) in &models {
        let answer = desk
            .post(&format!("/api/models/{name}/predict"), "", &image)
            .json();
        assert_eq!(answer["model"], *name);
        assert_eq!(answer["hash"], model.network.hash().short());
        assert_eq!(desk.get(&format!("/v2/models/{name}")).status, 200);
    }
    let answer = desk.post("/api/predict", "", &image).json();
    assert_eq!(answer["model"], "cats-1.2");
    desk.get("/v2/models/x")
        .refused(404, "expected cats-1.2, other");
}

#[test]
fn what_cannot_be_served_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.safetensors");
    model(NETWORK, 1).save(&file).unwrap();
    let mut options = Options::default();
    options.address.set_port(0);
    let start = |options: &Options, sources: Vec<Source>| {
        let error = Server::bind(options.clone(), sources, |_| {}).err();
        error.expect("it is refused").to_string()
    };
    let source = |name: &str| Source::new(name, &file).unwrap();
    let twice = start(&options, vec![source("a"), source("a")]);
    assert!(twice.contains("\"a\" twice"), "{twice}");
    assert!(start(&options, Vec::new()).contains("at least 1"));
    let missing = Source::new("a", folder.path().join("none")).unwrap();
    assert!(start(&options, vec![missing]).contains("none"));
    let broken = folder.path().join("broken.safetensors");
    std::fs::write(&broken, b"hello").unwrap();
    let broken = Source::new("a", broken).unwrap();
    assert!(start(&options, vec![broken]).contains("broken.safetensors"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    options.address = taken.local_addr().unwrap();
    let said = start(&options, vec![source("a")]);
    assert!(said.contains("cannot listen"), "{said}");
    for name in ["", "a/b", "a b", "..", "\u{e4}"] {
        assert!(Source::new(name, &file).is_err(), "{name:?}");
    }
    let mut spoilt = model(NETWORK, 1);
    spoilt.network.parameters_mut()[0] = f32::NAN;
    spoilt.save(&file).unwrap();
    options.address.set_port(0);
    let said = start(&options, vec![source("a")]);
    assert!(said.contains("not finite"), "{said}");
}
