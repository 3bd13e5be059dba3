//! Slow clients, many clients, large bodies, strangers.

use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

use stepnet_serve::Token;

use crate::client::request;
use crate::desk::{Desk, NETWORK, bmp, model, wait_for};

fn with(change: impl Fn(&mut stepnet_serve::Options)) -> Desk {
    Desk::with(&[("m", model(NETWORK, 1))], change)
}

#[test]
fn bodies_over_the_limit_are_refused_declared_or_not() {
    let desk = with(|options| options.limits.body = 10_000);
    let image = bmp(40, 40, 1);
    assert_eq!(image.len(), 4854);
    assert_eq!(desk.post("/api/predict", "", &image).status, 200);
    let large = vec![0; 10_001];
    desk.post("/api/predict", "", &large)
        .refused(413, "expected at most 10000");
    let mut client = desk.client();
    client.write(b"POST /api/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    for _ in 0..5 {
        client.write(b"bb8\r\n");
        client.write(&[0; 3000]);
        client.write(b"\r\n");
    }
    client.write(b"0\r\n\r\n");
    client
        .read()
        .unwrap()
        .refused(413, "expected at most 10000");
    // Declared, and never sent.
    let mut client = desk.client();
    client.write(b"POST /api/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n");
    client.read().unwrap().refused(413, "99999999999 bytes");
}

#[test]
fn pixels_over_the_limit_are_refused_before_they_are_decoded() {
    let desk = with(|options| options.limits.pixels = 1000);
    assert_eq!(desk.post("/api/predict", "", &bmp(40, 25, 1)).status, 200);
    let larger = bmp(40, 26, 1);
    desk.post("/api/predict", "", &larger)
        .refused(413, "40x26 = 1040 pixels, expected at most 1000");
}

#[test]
fn slow_clients_lose_their_connection() {
    let desk = with(|options| options.limits.time = Duration::from_millis(400));
    let began = Instant::now();
    let mut head = desk.client();
    head.write(b"POST /api/predict HTT");
    let mut silent = desk.client();
    let mut body = desk.client();
    body.write(b"POST /api/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc");
    body.read().unwrap().refused(408, "within 0.4 seconds");
    assert!(head.read().is_none() && silent.read().is_none());
    // A byte now and then does not help.
    let mut dripping = desk.client();
    dripping.0.set_nodelay(true).unwrap();
    dripping.write(b"POST /api/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
    for _ in 0..10 {
        dripping.write(b"x");
        sleep(Duration::from_millis(60));
    }
    dripping.read().unwrap().refused(408, "within 0.4 seconds");
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(desk.get("/v2/health/ready").status, 200);
}

#[test]
fn clients_that_do_not_read_lose_their_connection() {
    let desk = with(|options| options.limits.time = Duration::from_millis(400));
    let mut client = desk.client();
    client
        .0
        .set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    // More pages than the buffers of the system hold, and none is read.
    let pages = request("GET", "/", "", b"").repeat(2000);
    client.write(&pages);
    wait_for("the connection is given up", || {
        let open = "stepnet_http_connections 1\n";
        desk.get("/metrics").text().contains(open)
    });
    drop(client);
}

#[test]
fn two_hundred_idle_connections_are_in_nobodys_way() {
    let mut desk = Desk::new();
    let idle: Vec<_> = (0..200).map(|_| desk.client()).collect();
    let mut kept: Vec<_> = (0..50).map(|_| desk.client()).collect();
    for client in &mut kept {
        assert_eq!(client.ask("GET", "/v2/health/live", "", b"").status, 200);
    }
    let image = bmp(8, 8, 1);
    let began = Instant::now();
    assert_eq!(desk.post("/api/predict", "", &image).status, 200);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    let text = desk.get("/metrics").text();
    assert!(text.contains("stepnet_http_connections 251\n"), "{text}");
    // They are alive still.
    for client in &mut kept {
        assert_eq!(client.ask("POST", "/api/predict", "", &image).status, 200);
    }
    let (took, answered) = desk.stop();
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(answered, 50 + 1 + 1 + 50);
    drop(idle);
}

#[test]
fn connections_over_the_limit_are_told_so() {
    let desk = with(|options| options.limits.connections = 3);
    let mut kept: Vec<_> = (0..3).map(|_| desk.client()).collect();
    for client in &mut kept {
        assert_eq!(client.ask("GET", "/v2/health/live", "", b"").status, 200);
    }
    let mut one_more = desk.client();
    one_more.write(&request("GET", "/v2/health/live", "", b""));
    let reply = one_more.read().unwrap();
    reply.refused(503, "too many connections");
    assert_eq!(reply.header("retry-after"), Some("1"));
    kept.pop();
    wait_for("a place is free again", || {
        desk.get("/v2/health/live").status == 200
    });
    let refused = desk.get("/metrics").text();
    assert!(
        !refused.contains("connections_refused_total 0\n"),
        "{refused}"
    );
}

#[test]
fn a_token_opens_everything_but_the_page_and_health() {
    let secret = "correct-horse-battery-staple";
    let desk = with(|options| options.token = Some(Token::new(secret).unwrap()));
    let image = bmp(8, 8, 1);
    for path in ["/", "/v2/health/live", "/v2/health/ready"] {
        assert_eq!(desk.get(path).status, 200, "{path}");
    }
    for path in ["/metrics", "/v2", "/v2/models/m", "/api/models"] {
        let reply = desk.get(path);
        reply.refused(401, "Authorization: Bearer");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    for wrong in [
        "",
        "authorization: Bearer wrong-horse-battery-staple\r\n",
        "authorization: Basic abc\r\n",
    ] {
        desk.post("/api/predict", wrong, &image)
            .refused(401, "token");
    }
    let right = format!("authorization: Bearer {secret}\r\n");
    assert_eq!(desk.post("/api/predict", &right, &image).status, 200);
    assert_eq!(
        desk.client().ask("GET", "/metrics", &right, b"").status,
        200
    );
}

#[test]
fn a_connection_closes_after_its_server() {
    let mut desk = Desk::new();
    let mut client = desk.client();
    assert_eq!(client.ask("GET", "/v2/health/live", "", b"").status, 200);
    let (took, _) = desk.stop();
    // Nobody asks anything on it, so nothing is waited for.
    assert!(took < Duration::from_millis(600), "{took:?}");
    assert_eq!(client.0.read(&mut [0; 8]).unwrap_or(0), 0);
    assert!(std::net::TcpStream::connect(desk.address).is_err());
}
