//! A client that writes any bytes, and reads what comes back.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// An answer of HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The body as JSON of a request that went well.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Asserts a refusal with a line that says why.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, said: &str) {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        let error: Value = serde_json::from_slice(&self.body).unwrap();
        let error = error["error"].as_str().unwrap();
        assert!(error.contains(said), "{said:?} is not in {error:?}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// A connection.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        let time = Some(Duration::from_secs(60));
        stream.set_read_timeout(time).unwrap();
        stream.set_write_timeout(time).unwrap();
        Self(stream)
    }

    /// Writes, as far as the server takes it.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).ok();
    }

    /// Says that nothing more comes.
    pub(crate) fn end(&self) {
        self.0.shutdown(Shutdown::Write).ok();
    }

    /// One answer; `None` if the server closes the connection without one.
    pub(crate) fn read(&mut self) -> Option<Reply> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                let mut reply = Reply {
                    status,
                    head,
                    body: bytes[at + 4..].to_vec(),
                };
                let length = reply
                    .header("content-length")
                    .map_or(0, |text| text.parse().unwrap());
                while reply.body.len() < length {
                    match self.0.read(&mut buffer).ok().filter(|&read| read > 0) {
                        Some(read) => reply.body.extend(&buffer[..read]),
                        None => return None,
                    }
                }
                return Some(reply);
            }
            match self.0.read(&mut buffer).ok().filter(|&read| read > 0) {
                Some(read) => bytes.extend(&buffer[..read]),
                None => return None,
            }
        }
    }

    /// Asks, and reads the answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        self.write(&request(method, path, headers, body));
        self.read().expect("an answer")
    }
}

/// A request with its length; `headers` are whole lines.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}
