//! The Open Inference Protocol.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::client::Reply;
use crate::desk::{Desk, LEN, NETWORK, SIDE, bmp, input, model, outputs};

const INFER: &str = "/v2/models/m/infer";

/// A binary request: its JSON, and what follows.
fn binary(desk: &Desk, json: &Value, bytes: &[u8]) -> Reply {
    let json = json.to_string();
    let headers = format!("Inference-Header-Content-Length: {}\r\n", json.len());
    desk.post(INFER, &headers, &[json.as_bytes(), bytes].concat())
}

/// The JSON and the bytes of a binary answer.
#[track_caller]
fn parts(reply: &Reply) -> (Value, Vec<u8>) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let length = reply.header("inference-header-content-length").unwrap();
    let (json, bytes) = reply.body.split_at(length.parse().unwrap());
    (serde_json::from_slice(json).unwrap(), bytes.to_vec())
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[test]
fn health_and_metadata() {
    let desk = Desk::new();
    for path in [
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/m/ready",
        "/v2/models/m/versions/1/ready",
    ] {
        assert_eq!(desk.get(path).status, 200, "{path}");
    }
    let server = desk.get("/v2").json();
    assert_eq!(server["name"], "stepnet");
    assert!(
        server["extensions"]
            .as_array()
            .unwrap()
            .contains(&json!("binary_tensor_data"))
    );
    let model = desk.get("/v2/models/m").json();
    assert_eq!(
        model["inputs"],
        json!([{"name": "input", "datatype": "FP32", "shape": [-1, SIDE, SIDE, 3]}])
    );
    assert_eq!(
        model["outputs"],
        json!([{"name": "output", "datatype": "FP32", "shape": [-1, 3]}])
    );
    let index = desk.post("/v2/repository/index", "", b"").json();
    assert_eq!(index[0]["state"], "READY");
    desk.get("/v2/models/x").refused(404, "expected m");
}

#[test]
fn json_tensors_come_flat_or_nested() {
    let desk = Desk::new();
    let values: Vec<f32> = (0..2 * LEN).map(|at| (at % 256) as f32).collect();
    let scaled: Vec<f32> = values.iter().map(|value| value / 255.0).collect();
    let model = model(NETWORK, 1);
    let expected = [&scaled[..LEN], &scaled[LEN..]]
        .map(|x| outputs(&model, x))
        .concat();
    let nested: Vec<&[f32]> = values.chunks(3).collect();
    for data in [json!(values), json!(nested)] {
        for shape in [json!([2, SIDE, SIDE, 3]), json!([2, LEN])] {
            let body = json!({"id": "a7", "inputs": [{"name": "input", "shape": shape, "datatype": "FP32", "data": data}]});
            let answer = desk.post(INFER, "", body.to_string().as_bytes()).json();
            assert_eq!(answer["id"], "a7");
            assert_eq!(answer["model_name"], "m");
            let output = &answer["outputs"][0];
            assert_eq!(output["shape"], json!([2, 3]));
            let data: Vec<f32> = serde_json::from_value(output["data"].clone()).unwrap();
            assert_eq!(data, expected);
        }
    }
}

#[test]
fn binary_tensors_of_every_datatype_are_the_same_input() {
    let desk = Desk::new();
    let values: Vec<u8> = (0..LEN).map(|at| (at % 120) as u8).collect();
    let scaled: Vec<f32> = values
        .iter()
        .map(|&value| f32::from(value) / 255.0)
        .collect();
    let expected = floats(&outputs(&model(NETWORK, 1), &scaled));
    fn each<const N: usize>(values: &[u8], to: impl Fn(u8) -> [u8; N]) -> Vec<u8> {
        values.iter().flat_map(|&value| to(value)).collect()
    }
    for (datatype, bytes) in [
        ("UINT8", values.clone()),
        ("INT8", values.clone()),
        ("UINT16", each(&values, |v| u16::from(v).to_le_bytes())),
        ("INT32", each(&values, |v| i32::from(v).to_le_bytes())),
        ("INT64", each(&values, |v| i64::from(v).to_le_bytes())),
        ("FP32", each(&values, |v| f32::from(v).to_le_bytes())),
        ("FP64", each(&values, |v| f64::from(v).to_le_bytes())),
    ] {
        let json = json!({
            "inputs": [{"name": "input", "shape": [1, SIDE, SIDE, 3], "datatype": datatype,
                        "parameters": {"binary_data_size": bytes.len()}}],
            "parameters": {"binary_data_output": true},
        });
        let (answer, bytes) = parts(&binary(&desk, &json, &bytes));
        assert_eq!(answer["outputs"][0]["parameters"]["binary_data_size"], 12);
        assert_eq!(bytes, expected, "{datatype}");
    }
}

#[test]
fn image_files_are_bytes() {
    let desk = Desk::new();
    let images = [bmp(8, 8, 1), bmp(31, 17, 2)];
    let model = model(NETWORK, 1);
    let expected = images
        .each_ref()
        .map(|image| outputs(&model, &input(&model, image)));
    let mut bytes = Vec::new();
    for image in &images {
        bytes.extend((image.len() as u32).to_le_bytes());
        bytes.extend(image);
    }
    let json = json!({
        "inputs": [{"name": "input", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": bytes.len()}}],
        "outputs": [{"name": "output", "parameters": {"binary_data": true}}],
    });
    let (_, outputs) = parts(&binary(&desk, &json, &bytes));
    assert_eq!(outputs, floats(&expected.concat()));
    let texts = images.each_ref().map(|image| BASE64_STANDARD.encode(image));
    let body =
        json!({"inputs": [{"name": "input", "shape": [2, 1], "datatype": "BYTES", "data": texts}]});
    let answer = desk.post(INFER, "", body.to_string().as_bytes()).json();
    let data: Vec<f32> = serde_json::from_value(answer["outputs"][0]["data"].clone()).unwrap();
    assert_eq!(data, expected.concat());
}

#[test]
fn classes_are_named_as_triton_names_them() {
    let desk = Desk::new();
    let image = bmp(8, 8, 4);
    let model = model(NETWORK, 1);
    let expected = outputs(&model, &input(&model, &image));
    let best = stepnet::nn::predicted_class(&expected);
    let text = BASE64_STANDARD.encode(&image);
    let body = |parameters: Value| {
        json!({
            "inputs": [{"name": "input", "shape": [1], "datatype": "BYTES", "data": [text]}],
            "outputs": [{"name": "output", "parameters": parameters}],
        })
        .to_string()
    };
    let named = format!("{}:{best}:{}", expected[best], model.classes[best]);
    let asked = body(json!({"classification": 2}));
    let answer = desk.post(INFER, "", asked.as_bytes()).json();
    let output = &answer["outputs"][0];
    assert_eq!(
        (&output["datatype"], &output["shape"]),
        (&json!("BYTES"), &json!([1, 2]))
    );
    assert_eq!(output["data"][0], named);
    let asked = body(json!({"classification": 1, "binary_data": true}));
    let (_, bytes) = parts(&desk.post(INFER, "", asked.as_bytes()));
    let length = (named.len() as u32).to_le_bytes();
    assert_eq!(bytes, [&length, named.as_bytes()].concat());
}
