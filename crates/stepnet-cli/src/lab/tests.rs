//! The server, asked by a client that writes what it likes.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::address::Address;
use super::answer::Server;
use super::listen::{self, Limits};
use super::own::Own;
use super::page::{Page, PageFile};

/// A page, data next to it, and a file that is neither.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    fs::create_dir(&page).unwrap();
    for (name, content) in [
        ("index.html", "<!doctype html>"),
        ("worker.js", "work()"),
        ("engine.wasm", "\0asm"),
    ] {
        fs::write(page.join(name), content).unwrap();
    }
    fs::write(folder.path().join("data.csv"), "label,pixel0\n1,2\n").unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    folder
}

fn quick() -> Limits {
    Limits {
        patience: Duration::from_millis(600),
        silence: Duration::from_millis(900),
        ..Limits::default()
    }
}

/// A server that runs as long as the tests do.
struct Running {
    port: u16,
    /// `/word/`
    root: String,
}

fn start(folder: &Path, data: &str, limits: Limits) -> Running {
    let page = Page::find(Some(&folder.join("page"))).unwrap();
    let own = Own::check(None, Some(&folder.join(data))).unwrap();
    start_with(page, own, limits)
}

fn start_with(page: Page, own: Own, limits: Limits) -> Running {
    let listener = listen::bind(None).unwrap();
    let address = Address::of(&listener).unwrap();
    let server = Server { address, page, own };
    let port = listener.local_addr().unwrap().port();
    let link = server.address.link(&server.own);
    let (_, path) = link.split_once(&port.to_string()).unwrap();
    let root = path.split('?').next().unwrap().to_owned();
    std::thread::spawn(move || listen::serve(listener, limits, server));
    Running { port, root }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream
    }

    /// The answer to exactly these bytes.
    fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may refuse before it has read everything.
        stream.write_all(request).ok();
        answer(stream)
    }

    fn ask(&self, line: &str, headers: &str) -> Answer {
        let port = self.port;
        let host = format!("Host: 127.0.0.1:{port}\r\nConnection: close\r\n");
        self.send(format!("{line} HTTP/1.1\r\n{host}{headers}\r\n").as_bytes())
    }

    fn get(&self, name: &str) -> Answer {
        self.ask(&format!("GET {}{name}", self.root), "")
    }
}

/// Reads until the server closes.
fn answer(mut stream: TcpStream) -> Answer {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(_) => {}
        // A server that closes while bytes are on their way to it resets the connection.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    let end = all.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.map_or(all.len(), |end| end + 4);
    let body = all.split_off(end);
    let head = String::from_utf8(all).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head,
        body,
    }
}

#[test]
fn the_page_and_the_data_are_served_and_nothing_is_stored_or_shared() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    for (name, kind, content) in [
        ("", "text/html; charset=utf-8", "<!doctype html>"),
        ("index.html", "text/html; charset=utf-8", "<!doctype html>"),
        ("worker.js", "text/javascript; charset=utf-8", "work()"),
        ("engine.wasm", "application/wasm", "\0asm"),
        (
            "data",
            "application/octet-stream",
            "[{\"path\":\"data.csv\",\"bytes\":17}]\nlabel,pixel0\n1,2\n",
        ),
    ] {
        let answer = server.get(name);
        assert_eq!(answer.status, 200, "{name}: {}", answer.head);
        assert_eq!(answer.body, content.as_bytes(), "{name}");
        for header in [
            &format!("content-type: {kind}\r\n"),
            &format!("content-length: {}\r\n", content.len()),
            "cache-control: no-store\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
            "referrer-policy: no-referrer\r\n",
            "content-security-policy: default-src 'none'; script-src 'self'",
        ] {
            assert!(answer.head.contains(header), "{header}{}", answer.head);
        }
        assert!(!answer.head.contains("access-control"), "{}", answer.head);
        let head = server.ask(&format!("HEAD {}{name}", server.root), "");
        assert_eq!((head.status, head.body.len()), (200, 0), "{name}");
        let length = format!("content-length: {}\r\n", content.len());
        assert!(head.head.contains(&length), "{}", head.head);
    }
    assert_eq!(server.get("model").status, 404, "none was given");
}

#[test]
fn a_page_in_the_program_is_sent_compressed_or_as_it_is() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"<!doctype html>").unwrap();
    let packed: &'static [u8] = encoder.finish().unwrap().leak();
    let files = [("index.html".to_owned(), PageFile::Packed(packed))];
    let server = start_with(Page(files.into()), Own::default(), Limits::default());
    for (accepted, compressed) in [
        ("Accept-Encoding: gzip\r\n", true),
        ("Accept-Encoding: br, GZIP;q=0.5\r\n", true),
        ("Accept-Encoding: gzip;q=0, br\r\n", false),
        ("Accept-Encoding: xgzip\r\n", false),
        ("", false),
    ] {
        let answer = server.ask(&format!("GET {}", server.root), accepted);
        assert_eq!(answer.status, 200, "{accepted}");
        let said = answer.head.contains("content-encoding: gzip\r\n");
        assert_eq!(said, compressed, "{accepted}");
        let content = if compressed {
            packed
        } else {
            b"<!doctype html>"
        };
        assert_eq!(answer.body, content, "{accepted}");
    }
    assert_eq!(server.get("data").status, 404);
}

#[test]
fn without_the_random_word_there_is_nothing() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    let word = server.root.trim_matches('/').to_owned();
    let other = word.replace(|c: char| c.is_ascii_digit(), "a");
    let all = [
        "/".to_owned(),
        "/index.html".to_owned(),
        "/data".to_owned(),
        format!("/{word}"),
        format!("/{other}/data"),
        format!("/{}/data", &word[1..]),
        format!("/x{}data", server.root),
    ];
    let nothing = server.ask("GET /none", "");
    assert_eq!(nothing.status, 404);
    for path in all {
        let answer = server.ask(&format!("GET {path}"), "");
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.body, nothing.body, "{path}");
    }
    assert_eq!(server.get("data").status, 200);
}

#[test]
fn other_hosts_are_refused_even_with_the_random_word() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    let (port, root) = (server.port, &server.root);
    let status = |line: String, hosts: &[String]| {
        let hosts: String = hosts
            .iter()
            .map(|host| format!("Host: {host}\r\n"))
            .collect();
        let request = format!("{line} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        server.send(request.as_bytes()).status
    };
    let get = || format!("GET {root}data");
    let ours = || format!("localhost:{port}");
    assert_eq!(status(get(), &[ours()]), 200);
    assert_eq!(status(get(), &[format!("evil.example:{port}")]), 421);
    assert_eq!(status(get(), &["127.0.0.1".into()]), 421);
    assert_eq!(status(get(), &[]), 421);
    assert_eq!(status(get(), &[ours(), "evil.example".into()]), 421);
    assert_eq!(status(get(), &["evil.example".into(), ours()]), 421);
    let whole = |host: &str| format!("GET http://{host}:{port}{root}data");
    assert_eq!(status(whole("evil.example"), &[ours()]), 421);
    assert_eq!(status(whole("localhost"), &[ours()]), 200);
}

#[test]
fn no_path_leads_out_of_the_page() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    for name in [
        "../secret",
        "../page/../secret",
        "..%2fsecret",
        "%2e%2e/secret",
        "%2e%2e%2fsecret",
        "..\\secret",
        "./worker.js",
        "/worker.js",
        "data/../worker.js",
        "data.csv",
        "..;/secret",
        "worker.js%00",
        &folder.path().join("secret").display().to_string(),
    ] {
        let answer = server.get(name);
        assert!(
            [400, 404].contains(&answer.status),
            "{name}: {}",
            answer.head
        );
        assert!(!answer.body.ends_with(b"secret"), "{name}");
    }
    // A file that came after the command began is none of the page's.
    fs::write(folder.path().join("page/later.js"), "later").unwrap();
    assert_eq!(server.get("later.js").status, 404);
}

#[test]
fn only_reading_is_answered() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    for method in [
        "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH",
    ] {
        let answer = server.ask(&format!("{method} {}data", server.root), "");
        assert!(
            [400, 405].contains(&answer.status),
            "{method}: {}",
            answer.head
        );
        let allowed = answer.head.contains("allow: get, head\r\n");
        assert!(allowed || answer.status == 400, "{method}: {}", answer.head);
    }
    for header in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        let answer = server.ask(&format!("GET {}data", server.root), header);
        assert_eq!(answer.status, 413, "{header}");
    }
}

#[test]
fn huge_and_broken_requests_are_refused_and_the_server_goes_on() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    let long = "x".repeat(10_000_000);
    let many = "X-Header: 1\r\n".repeat(1000);
    for (request, statuses) in [
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), &[414, 431][..]),
        (format!("GET / HTTP/1.1\r\nX-Long: {long}\r\n\r\n"), &[431]),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), &[431]),
        ("\0\0\0\0\r\n\r\n".to_owned(), &[400]),
        ("GET\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), &[400]),
        (format!("{long}\r\n\r\n"), &[400, 414, 431]),
        (
            "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(),
            &[400],
        ),
    ] {
        let answer = server.send(request.as_bytes());
        let start: String = request.chars().take(40).collect();
        // 0: the connection was reset before its answer was read, as it had not been read to its end.
        let refused = statuses.contains(&answer.status) || answer.status == 0;
        assert!(refused, "{start:?}: {}", answer.head);
        assert_eq!(server.get("").status, 200, "after {start:?}");
    }
}

#[test]
fn a_slow_client_is_let_go_and_holds_up_nobody() {
    let folder = folder();
    let limits = Limits {
        patience: Duration::from_secs(3),
        ..Limits::default()
    };
    let patience = limits.patience;
    let server = start(folder.path(), "data.csv", limits);
    let begin = Instant::now();
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let silent = server.connect();
    assert_eq!(server.get("data").status, 200);
    assert!(begin.elapsed() < patience, "it waited for the slow one");
    // A byte now and then does not give it more time.
    while slow.write_all(b"x").is_ok() && begin.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_ne!(answer(slow).status, 200);
    assert_eq!(answer(silent).status, 0, "closed without a word");
}

#[test]
fn clients_that_take_nothing_give_their_place_to_others() {
    let folder = folder();
    let large = fs::File::create(folder.path().join("large.csv")).unwrap();
    large.set_len(200_000_000).unwrap();
    let limits = Limits {
        connections: 2,
        ..quick()
    };
    let server = start(folder.path(), "large.csv", limits);
    let request = format!(
        "GET {}data HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        server.root, server.port
    );
    let mut stuck: Vec<TcpStream> = (0..2).map(|_| server.connect()).collect();
    for stream in &mut stuck {
        stream.write_all(request.as_bytes()).unwrap();
    }
    let begin = Instant::now();
    assert_eq!(server.get("").status, 200);
    assert!(
        begin.elapsed() > Duration::from_millis(300),
        "there was no place for it"
    );
    // The other may go on: it takes its answer now.
    let cut = stuck.into_iter().filter(|mut stream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).ok();
        all.len() < 200_000_000
    });
    assert!(cut.count() >= 1, "nobody gave way");
}

#[test]
fn two_clients_at_once_get_all_of_a_large_file() {
    let folder = folder();
    let content: Vec<u8> = (0..8_000_000_u32)
        .map(|v| (v.wrapping_mul(v) >> 7) as u8)
        .collect();
    fs::write(folder.path().join("large.bin"), &content).unwrap();
    let server = start(folder.path(), "large.bin", Limits::default());
    let line = b"[{\"path\":\"large.bin\",\"bytes\":8000000}]\n";
    std::thread::scope(|scope| {
        let clients = [0, 1].map(|_| scope.spawn(|| server.get("data")));
        for client in clients {
            let answer = client.join().unwrap();
            assert_eq!(answer.status, 200);
            assert!(answer.body.starts_with(line) && answer.body.ends_with(&content));
            assert_eq!(answer.body.len(), line.len() + content.len());
        }
    });
}

#[test]
fn a_connection_serves_one_request_after_another() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    let request = |name: &str, more: &str| {
        let (root, port) = (&server.root, server.port);
        format!("GET {root}{name} HTTP/1.1\r\nHost: localhost:{port}\r\n{more}\r\n")
    };
    let all =
        request("", "") + &request("none", "") + &request("worker.js", "Connection: close\r\n");
    let mut stream = server.connect();
    stream.write_all(all.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let statuses: Vec<&str> = text
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|rest| &rest[..3])
        .collect();
    assert_eq!(statuses, ["200", "404", "200"]);
    assert!(text.ends_with("work()"));
}

#[test]
fn data_that_change_are_served_as_they_are_now() {
    let folder = folder();
    let server = start(folder.path(), "data.csv", Limits::default());
    fs::write(folder.path().join("data.csv"), "new").unwrap();
    assert!(server.get("data").body.ends_with(b"\"bytes\":3}]\nnew"));
    fs::remove_file(folder.path().join("data.csv")).unwrap();
    let answer = server.get("data");
    assert_eq!(answer.status, 404);
    let line = String::from_utf8(answer.body).unwrap();
    assert!(line.contains("data.csv: cannot open: "), "{line}");
    assert!(!line.contains("os error"), "{line}");
}
