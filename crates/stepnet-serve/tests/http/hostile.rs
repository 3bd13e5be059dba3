//! Whatever comes over the wire, it is the client's mistake and not an error of ours, and the next client is answered.

use std::fs;

use serde_json::json;

use crate::client::{Client, request};
use crate::desk::{Desk, LEN, SIDE, bmp};

const INFER: &str = "/v2/models/m/infer";
const JSON: &str = "content-type: application/json\r\n";

/// A request that is right in every way.
fn good() -> Vec<u8> {
    let json = json!({
        "inputs": [{"name": "input", "shape": [1, SIDE, SIDE, 3], "datatype": "UINT8", "parameters": {"binary_data_size": LEN}}],
    })
    .to_string();
    let headers = format!("Inference-Header-Content-Length: {}\r\n", json.len());
    request(
        "POST",
        INFER,
        &headers,
        &[json.as_bytes(), &[7; LEN]].concat(),
    )
}

#[track_caller]
fn is_fine(desk: &Desk) {
    let mut client = desk.client();
    client.write(&good());
    assert_eq!(client.read().unwrap().status, 200);
}

#[test]
fn wrong_tensors_are_refused_with_what_would_be_right() {
    let desk = Desk::new();
    let tensor = |shape: &str, datatype: &str, data: &str| {
        format!(
            "{{\"inputs\":[{{\"name\":\"input\",\"shape\":{shape},\"datatype\":\"{datatype}\",\"data\":{data}}}]}}"
        )
    };
    let numbers = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    let shape = "[1,8,8,3]";
    for (body, status, said) in [
        (
            tensor(shape, "FP32", &numbers(LEN - 1)),
            400,
            "has 191 elements, but its shape says 192",
        ),
        (
            tensor("[1,8,8,4]", "FP32", &numbers(256)),
            400,
            "expected [examples, 8, 8, 3]",
        ),
        (
            tensor("[8,8,3]", "FP32", &numbers(LEN)),
            400,
            "expected [examples, 8, 8, 3]",
        ),
        (
            tensor("[]", "FP32", "[]"),
            400,
            "expected [examples, 8, 8, 3]",
        ),
        (tensor("[0,8,8,3]", "FP32", "[]"), 400, "0 examples"),
        (
            tensor("[4294967296,4294967296,8,3]", "FP32", "[1]"),
            400,
            "fewer elements",
        ),
        (
            tensor("[1000000,8,8,3]", "FP32", "[1]"),
            413,
            "1000000 examples",
        ),
        (tensor(shape, "FP32", "[\"a\"]"), 400, "expected numbers"),
        (
            tensor(shape, "FP32", "[true]"),
            400,
            "not what was expected",
        ),
        (
            tensor(shape, "FP32", "{\"a\":1}"),
            400,
            "not what was expected",
        ),
        (
            tensor(shape, "FP32", &numbers(LEN).replacen('1', "1e39", 1)),
            400,
            "value 0 of the input is inf",
        ),
        (
            tensor(shape, "UINT8", &numbers(LEN).replacen('1', "256", 1)),
            400,
            "expected 0 to 255",
        ),
        (
            tensor(shape, "UINT8", &numbers(LEN).replacen('1', "0.5", 1)),
            400,
            "expected 0 to 255",
        ),
        (tensor("[1]", "BYTES", "[\"%\"]"), 400, "expected base64"),
        (tensor("[1]", "BYTES", "[\"aGVsbG8=\"]"), 400, "image 0"),
        (
            tensor("[2]", "BYTES", "[\"aGVsbG8=\"]"),
            400,
            "1 elements, but its shape says 2",
        ),
        (
            tensor("[1,8,8,3]", "BYTES", "[\"aGVsbG8=\"]"),
            400,
            "[images]",
        ),
        ("{".repeat(50_000), 400, "not what was expected"),
        (
            format!(
                "{{\"inputs\":[],\"x\":{}1{}}}",
                "[".repeat(9_000),
                "]".repeat(9_000)
            ),
            400,
            "0 inputs",
        ),
    ] {
        desk.post(INFER, "", body.as_bytes()).refused(status, said);
    }
    let not_finite = json!({
        "inputs": [{"name": "input", "shape": [1, LEN], "datatype": "FP32", "parameters": {"binary_data_size": 4 * LEN}}],
    })
    .to_string();
    let headers = format!("Inference-Header-Content-Length: {}\r\n", not_finite.len());
    let values = f32::NAN.to_le_bytes().repeat(LEN);
    let body = [not_finite.as_bytes(), &values].concat();
    desk.post(INFER, &headers, &body)
        .refused(400, "value 0 of the input is NaN");
    is_fine(&desk);
}

#[test]
fn wrong_images_are_refused_with_what_would_be_right() {
    let desk = Desk::new();
    let image = bmp(8, 8, 1);
    let mut huge = image.clone();
    huge[18..22].copy_from_slice(&60_000_u32.to_le_bytes());
    huge[22..26].copy_from_slice(&1_600_u32.to_le_bytes());
    let form = "content-type: multipart/form-data; boundary=x\r\n";
    for (path, headers, body, status, said) in [
        ("/api/predict", "", &b""[..], 400, "the body is empty"),
        ("/api/predict", "", b"hello", 400, "image"),
        ("/api/predict", "", &image[..image.len() - 9], 400, "image"),
        ("/api/predict", "", &huge, 400, "image"),
        ("/api/predict", form, b"--y\r\n", 400, "the form is damaged"),
        ("/api/predict", form, b"--x--\r\n", 400, "0 examples"),
        ("/api/predict", JSON, b"{}", 400, "0 examples"),
        (
            "/api/predict",
            JSON,
            b"{\"image\": 1}",
            400,
            "not what was expected",
        ),
        (
            "/api/predict",
            JSON,
            b"{\"values\": [[1, 2]]}",
            400,
            "has 2 values, expected 192",
        ),
        (
            "/api/predict",
            JSON,
            b"{\"images\": [\"\"], \"values\": [[1]]}",
            400,
            "either images or values",
        ),
        (
            "/api/predict?top=0",
            "",
            &image,
            400,
            "expected a number from 1",
        ),
        (
            "/api/predict?tpo=1",
            "",
            &image,
            400,
            "expected top or heatmap",
        ),
        (
            "/api/predict",
            "content-encoding: gzip\r\n",
            &image,
            415,
            "compressed",
        ),
        ("/api/models/x/predict", "", &image, 404, "expected m"),
        ("/nowhere", "", b"", 404, "nothing at"),
    ] {
        desk.post(path, headers, body).refused(status, said);
    }
    let reply = desk.client().ask("DELETE", "/v2/models/m", "", b"");
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET")));
    is_fine(&desk);
}

#[test]
fn bytes_that_are_no_http_end_their_connection_alone() {
    let desk = Desk::new();
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(300_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(5_000));
    let both = "POST /api/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let twice = "POST /api/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!";
    let chunks = "POST /api/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n";
    let endless = format!(
        "POST /api/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{}",
        "f".repeat(100_000)
    );
    let tls = "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0";
    for bytes in [
        "\r\n\r\n\r\n",
        "hello\r\n\r\n",
        "GET /\r\n\r\n",
        &long,
        &many,
        both,
        twice,
        chunks,
        &endless,
        tls,
    ] {
        let mut client = desk.client();
        client.write(bytes.as_bytes());
        client.end();
        if let Some(reply) = client.read() {
            let shown: String = bytes.chars().take(40).collect();
            assert!(
                (400..500).contains(&reply.status),
                "{shown:?}: {}",
                reply.head
            );
        }
        is_fine(&desk);
    }
}

#[test]
fn requests_that_are_cut_off_or_changed_anywhere_are_never_our_error() {
    let desk = Desk::new();
    let good = good();
    for end in (1..good.len()).step_by(7) {
        let mut client = desk.client();
        client.write(&good[..end]);
        client.end();
        if let Some(reply) = client.read() {
            assert!((400..500).contains(&reply.status), "{end}: {}", reply.head);
        }
    }
    // Changed bytes: a generator with a fixed seed.
    let mut state = 1_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize
    };
    let mut refused = 0;
    for _ in 0..600 {
        let mut bytes = good.clone();
        for _ in 0..1 + next() % 3 {
            let at = next() % (bytes.len() - LEN);
            bytes[at] = next() as u8;
        }
        let mut client = desk.client();
        client.write(&bytes);
        client.end();
        if let Some(reply) = client.read() {
            assert!(reply.status < 500, "{}", reply.head);
            refused += usize::from(reply.status >= 400);
        }
    }
    assert!(refused > 100, "the changes matter: {refused}");
    is_fine(&desk);
}

/// Memory that this process, and so the server in it, has in use.
fn resident() -> Option<usize> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[test]
fn memory_does_not_grow_with_hostile_requests() {
    let desk = Desk::with(
        &[("m", crate::desk::model(crate::desk::NETWORK, 1))],
        |options| {
            options.limits.body = 4 << 20;
        },
    );
    if resident().is_none() {
        eprintln!("skipped: this system does not say how much memory a process has");
        return;
    }
    let empty = format!("{{\"images\":[{}\"\"]}}", "\"\",".repeat(1 << 20));
    let texts = format!(
        "{{\"inputs\":[{{\"name\":\"input\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[{}\"\"]}}]}}",
        "\"\",".repeat(1 << 20)
    );
    let zeros = format!(
        "{{\"inputs\":[{{\"name\":\"input\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[{}0]}}]}}",
        "0,".repeat(1 << 20)
    );
    let lengths = json!({
        "inputs": [{"name": "input", "shape": [1000], "datatype": "BYTES", "parameters": {"binary_data_size": 4_000_000}}],
    })
    .to_string();
    let header = format!("Inference-Header-Content-Length: {}\r\n", lengths.len());
    let lengths = [lengths.as_bytes(), &[0; 4_000_000]].concat();
    let over = vec![0; 5 << 20];
    let round = || {
        for (path, headers, body) in [
            ("/api/predict", JSON, empty.as_bytes()),
            (INFER, "", texts.as_bytes()),
            (INFER, "", zeros.as_bytes()),
            (INFER, header.as_str(), &lengths),
            ("/api/predict", "", &over),
            ("/api/predict", "", &over[..4 << 20]),
        ] {
            let mut client = desk.client();
            client.write(&request("POST", path, headers, body));
            let status = client.read().map(|reply| reply.status);
            assert!(matches!(status, Some(400..500)), "{status:?}");
            // The next one is cut off.
            let mut client = Client::new(desk.address);
            let bytes = request("POST", path, headers, body);
            client.write(&bytes[..bytes.len() / 2]);
        }
    };
    round();
    round();
    let before = resident().unwrap();
    (0..5).for_each(|_| round());
    let after = resident().unwrap();
    let grown = after.saturating_sub(before);
    // Other tests run in this process meanwhile. Five rounds that were kept would be 180 MB, and what is read of them more.
    assert!(grown < 100 << 20, "{before} -> {after}");
    is_fine(&desk);
}
