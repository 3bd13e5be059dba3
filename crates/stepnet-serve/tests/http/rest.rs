//! Images and values in, classes out.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stepnet::nn::Resize;
use stepnet::see::GradCam;
use stepnet::{Init, Model, Network, Preprocessing, RandomState};

use crate::desk::{Desk, LEN, NETWORK, SIDE, bmp, input, model, outputs};

const JSON: &str = "content-type: application/json\r\n";

/// Asserts that a picture's predictions are some outputs, the highest first.
#[track_caller]
fn says(picture: &Value, outputs: &[f32]) {
    let predictions = picture["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), outputs.len(), "{picture}");
    let mut before = f64::INFINITY;
    for prediction in predictions {
        let names = ["cat", "dog", "a bird"];
        let class = names.iter().position(|name| prediction["class"] == *name);
        let probability = prediction["probability"].as_f64().unwrap();
        assert_eq!(probability, f64::from(outputs[class.unwrap()]));
        assert!(probability <= before);
        before = probability;
    }
}

#[test]
fn an_image_is_answered_as_the_model_answers() {
    let desk = Desk::new();
    let model = model(NETWORK, 1);
    let image = bmp(20, 11, 3);
    let expected = outputs(&model, &input(&model, &image));
    for path in ["/api/predict", "/api/models/m/predict"] {
        let answer = desk
            .post(path, "content-type: image/bmp\r\n", &image)
            .json();
        assert_eq!(answer["model"], "m");
        assert_eq!(answer["pictures"].as_array().unwrap().len(), 1);
        says(&answer["pictures"][0], &expected);
    }
    let answer = desk.post("/api/predict?top=1", "", &image).json();
    let predictions = answer["pictures"][0]["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 1);
}

#[test]
fn several_images_come_in_a_form_or_in_json() {
    let desk = Desk::new();
    let model = model(NETWORK, 1);
    let images = [bmp(8, 8, 1), bmp(30, 9, 2)];
    let mut form = Vec::new();
    for (name, image) in ["a.bmp", "b \u{e9}.bmp"].iter().zip(&images) {
        form.extend(
            format!(
                "--xyz\r\nContent-Disposition: form-data; name=\"i\"; filename=\"{name}\"\r\n\r\n"
            )
            .into_bytes(),
        );
        form.extend(image);
        form.extend(b"\r\n");
    }
    form.extend(b"--xyz--\r\n");
    let headers = "content-type: multipart/form-data; boundary=xyz\r\n";
    let answer = desk.post("/api/predict", headers, &form).json();
    assert_eq!(answer["pictures"][1]["picture"], "b \u{e9}.bmp");
    let texts = images.each_ref().map(|image| BASE64_STANDARD.encode(image));
    let body = json!({"images": texts}).to_string();
    let same = desk.post("/api/predict", JSON, body.as_bytes()).json();
    assert_eq!(same["pictures"][0]["picture"], "image 0");
    for (number, image) in images.iter().enumerate() {
        let expected = outputs(&model, &input(&model, image));
        says(&answer["pictures"][number], &expected);
        says(&same["pictures"][number], &expected);
    }
}

#[test]
fn values_are_those_of_the_training_data() {
    let desk = Desk::new();
    let values: Vec<u32> = (0..LEN as u32).map(|at| at * 5 % 256).collect();
    let x: Vec<f32> = values.iter().map(|&value| value as f32 / 255.0).collect();
    let body = json!({"values": [values, values]}).to_string();
    let answer = desk.post("/api/predict", JSON, body.as_bytes()).json();
    let expected = outputs(&model(NETWORK, 1), &x);
    says(&answer["pictures"][0], &expected);
    says(&answer["pictures"][1], &expected);
}

#[test]
fn a_heat_map_is_that_of_grad_cam_with_its_place_in_the_image() {
    let mut model = model(NETWORK, 1);
    model.preprocessing.resize = Resize::Crop;
    let desk = Desk::with(&[("m", model.clone())], |_| {});
    // Twice as wide as high: a square in the middle is seen.
    let image = bmp(40, 20, 5);
    let x = input(&model, &image);
    for (asked, class) in [("predicted", None), ("a%20bird", Some(2))] {
        let path = format!("/api/predict?heatmap={asked}");
        let answer = desk.post(&path, "", &image).json();
        let map = &answer["pictures"][0]["heatmap"];
        let cam = GradCam::of(&model.network, &x, class, None).unwrap();
        assert_eq!(map["class"], ["cat", "dog", "a bird"][cam.class]);
        assert_eq!(
            (&map["height"], &map["width"]),
            (&json!(SIDE), &json!(SIDE))
        );
        assert_eq!(map["region"], json!([0.25, 0.0, 0.5, 1.0]));
        let values = map["values"].as_array().unwrap();
        for (value, expected) in values.iter().zip(&cam.map) {
            let share = expected / cam.largest();
            assert!((value.as_f64().unwrap() - share).abs() <= 0.0005, "{value}");
        }
    }
    let unknown = desk.post("/api/predict?heatmap=fish", "", &image);
    unknown.refused(400, "no class \"fish\"");
}

#[test]
fn models_without_images_say_so_and_take_values() {
    let mut network = Network::<f32>::new("linear(2) -> softmax", [1, 1, 5]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let classes = vec!["no".to_owned(), "yes".to_owned()];
    let model = Model::new(network, classes, Preprocessing::scaled(1, 1, 5, 1.0));
    let desk = Desk::with(&[("plain", model)], |_| {});
    let described = &desk.get("/api/models").json()["models"][0];
    assert_eq!(described["images"], false);
    desk.post("/api/predict", "", &bmp(8, 8, 1))
        .refused(400, "send values");
    let body = br#"{"values": [[1, 2, 3, 4, 5]]}"#;
    let answer = desk.post("/api/predict?heatmap", JSON, body).json();
    let error = answer["pictures"][0]["heatmap"]["error"].as_str().unwrap();
    assert!(error.contains("no convolution"), "{error}");
}

#[test]
fn the_page_is_whole_and_models_are_listed() {
    let desk = Desk::new();
    let page = desk.get("/");
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("<title>") && !text.contains("http://") && !text.contains("https://"));
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    let models = desk.get("/api/models").json();
    let described = &models["models"][0];
    assert_eq!(described["name"], "m");
    assert_eq!(described["names"], json!(["cat", "dog", "a bird"]));
    assert_eq!(described["input"], json!([SIDE, SIDE, 3]));
    assert_eq!(described["problem"], Value::Null);
}
