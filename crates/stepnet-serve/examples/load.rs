//! Asks a server the same thing for some seconds, over several connections that stay open, and prints the times as JSON.
//!
//! `load ADDRESS PATH BODY-FILE CONNECTIONS SECONDS [HEADER ...]`; `benches/peers/service.py` runs it.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Reads one answer and gives its status; `buffer` is kept for its memory.
fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Outcome<u16> {
    buffer.clear();
    let mut piece = [0; 16 << 10];
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        buffer.extend(&piece[..read]);
        if whole.is_none() {
            whole = length(buffer)?;
        }
    }
    let status = buffer.get(9..12).ok_or("no status")?;
    Ok(std::str::from_utf8(status)?.parse()?)
}

/// The length of an answer with its head, once that is there.
fn length(bytes: &[u8]) -> Outcome<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
    let body = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let body: usize = body.ok_or("no content-length")?.trim().parse()?;
    Ok(Some(end + 4 + body))
}

/// The times of one connection's requests.
fn ask(address: &str, request: &[u8], time: Duration) -> Outcome<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed() < time {
        let start = Instant::now();
        stream.write_all(request)?;
        let status = answer(&mut stream, &mut buffer)?;
        if status != 200 {
            return Err(format!("status {status}: {}", String::from_utf8_lossy(&buffer)).into());
        }
        times.push(start.elapsed());
    }
    Ok(times)
}

fn main() -> Outcome<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [address, path, body, connections, seconds, headers @ ..] = words.as_slice() else {
        return Err("expected ADDRESS PATH BODY-FILE CONNECTIONS SECONDS [HEADER ...]".into());
    };
    let body = fs::read(body)?;
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n",
        body.len()
    );
    headers.iter().for_each(|header| {
        head.push_str(header);
        head.push_str("\r\n");
    });
    let request = [head.as_bytes(), b"\r\n", &body].concat();
    let connections: usize = connections.parse()?;
    let time = Duration::from_secs_f64(seconds.parse()?);
    let mut times = thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| ask(address, &request, time)))
            .collect();
        let done = threads.into_iter().map(|thread| match thread.join() {
            Ok(times) => times,
            Err(_) => Err("a connection's thread has panicked".into()),
        });
        done.collect::<Outcome<Vec<_>>>()
    })?
    .concat();
    times.sort();
    let at = |share: f64| {
        let place = (share * times.len() as f64) as usize;
        let time = times.get(place.min(times.len().saturating_sub(1)));
        1e3 * time.copied().unwrap_or_default().as_secs_f64()
    };
    println!(
        "{{\"requests\": {}, \"per_second\": {:.1}, \"p50_ms\": {:.3}, \"p99_ms\": {:.3}, \"worst_ms\": {:.3}}}",
        times.len(),
        times.len() as f64 / time.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}
