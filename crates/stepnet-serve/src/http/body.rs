//! Bodies of requests, within their limits of size, time and memory.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, EXPECT, HeaderMap};
use hyper::{Request, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::{Answer, Refusal};
use crate::budget::Lease;
use crate::state::State;

/// What is read of a body that is too large before it is refused: a client that is still writing may not see an answer.
const DISCARDED: usize = 64 << 20;

/// How long that may take.
const DISCARDING: Duration = Duration::from_secs(2);

/// A body, with its share of the memory for bodies.
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    /// Held until the body is dropped.
    pub(crate) lease: Lease,
}

/// Reads the body of a request.
///
/// # Errors
/// 413, 415, 408 and 503 by the limits; 400 for one that ends early.
pub(crate) async fn read(request: &mut Request<Incoming>, state: &State) -> Answer<Body> {
    refuse_encoded(request.headers())?;
    let most = state.limits.body;
    let declared = request.body().size_hint().lower();
    let deadline = Instant::now() + state.limits.time;
    // A client that asks before it sends is told before it sends.
    let asks = request.headers().contains_key(EXPECT);
    let body = request.body_mut();
    if declared > most as u64 {
        if !asks {
            discard(body).await;
        }
        return Err(too_large(declared, most));
    }
    let mut lease = state.bodies.take(0).ok_or_else(busy)?;
    let mut bytes = Bytes::new();
    let mut joined = Vec::new();
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(too_slow(state.limits.time)),
            Ok(None) => break,
            Ok(Some(Err(error))) => {
                return Err(Refusal::wrong(format!("the body cannot be read: {error}")));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let so_far = bytes.len() + joined.len() + data.len();
        if so_far > most {
            discard(body).await;
            return Err(too_large(so_far as u64, most));
        }
        if !lease.grow(data.len()) {
            return Err(busy());
        }
        // One frame, which is the usual case, is used where it lies.
        if bytes.is_empty() && joined.is_empty() {
            bytes = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut bytes));
            joined.extend_from_slice(&data);
        }
    }
    if !joined.is_empty() {
        bytes = joined.into();
    }
    Ok(Body { bytes, lease })
}

fn refuse_encoded(headers: &HeaderMap) -> Answer<()> {
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if encoding.as_bytes() != b"identity" => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body is compressed (Content-Encoding), expected it as it is",
        )),
        _ => Ok(()),
    }
}

fn too_large(found: u64, most: usize) -> Refusal {
    Refusal::too_large(format!(
        "the body has {found} bytes or more, expected at most {most}"
    ))
}

fn too_slow(time: Duration) -> Refusal {
    let seconds = time.as_secs_f64();
    let message = format!("the body did not arrive within {seconds} seconds");
    Refusal::new(StatusCode::REQUEST_TIMEOUT, message)
}

fn busy() -> Refusal {
    Refusal::busy("too many large requests at a time; try again")
}

async fn discard(body: &mut Incoming) {
    let deadline = Instant::now() + DISCARDING;
    let mut left = DISCARDED;
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        let data = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(data) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
