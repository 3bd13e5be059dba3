//! The end of a server.

use std::thread;
use std::time::Duration;

use crate::client::request;
use crate::desk::{Desk, NETWORK, bmp, model};

#[test]
fn a_request_that_has_begun_is_answered() {
    let mut desk = Desk::new();
    let image = bmp(8, 8, 1);
    let whole = request("POST", "/api/predict", "", &image);
    let (first, rest) = whole.split_at(whole.len() - 10);
    let mut client = desk.client();
    client.write(first);
    // Until the server has read its head.
    assert_eq!(desk.get("/v2/health/live").status, 200);
    thread::sleep(Duration::from_millis(200));
    let rest = rest.to_vec();
    let asking = thread::spawn(move || {
        thread::sleep(Duration::from_millis(150));
        client.write(&rest);
        client.read().map(|reply| reply.status)
    });
    let (took, answered) = desk.stop();
    assert_eq!(asking.join().unwrap(), Some(200));
    assert_eq!(answered, 2);
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[test]
fn what_takes_longer_is_not_waited_for() {
    let network = format!("[conv(64, 3, same) -> relu] x 30 -> {NETWORK}");
    let mut desk = Desk::with(&[("m", model(&network, 1))], |_| {});
    let values = format!("[{}]", ["1"; 192].join(","));
    let body = format!("{{\"values\":[{}]}}", vec![values; 400].join(","));
    let mut client = desk.client();
    let headers = "content-type: application/json\r\n";
    client.write(&request("POST", "/api/predict", headers, body.as_bytes()));
    assert_eq!(desk.get("/v2/health/live").status, 200);
    thread::sleep(Duration::from_millis(300));
    let (took, _) = desk.stop();
    assert!(took < Duration::from_secs(1), "{took:?}");
}
