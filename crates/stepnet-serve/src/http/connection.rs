//! Connections: accepted up to a limit, served until they close or the server stops.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::patient::Patient;
use crate::routes;
use crate::state::State;

/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// How long requests may take that are being answered when the server stops.
const GRACE: Duration = Duration::from_millis(700);

/// The most bytes of a request's head, and of a body that are read at a time.
const BUFFER: usize = 64 << 10;

/// The answer to a connection that is one too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 34\r\n\r\n{\"error\":\"too many connections\"}\r\n";

/// Serves until `stop` says so; requests that are being answered then have some time left.
///
/// # Errors
/// When the socket cannot be used.
pub(crate) async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    stop: impl Fn() -> bool,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (end, ending) = watch::channel(false);
    let most = state.limits.connections;
    let places = Arc::new(Semaphore::new(most));
    while !stop() {
        let stream = match timeout(TICK, listener.accept()).await {
            Err(_) => continue,
            Ok(Ok((stream, _))) => stream,
            // Out of file descriptors, most likely, or a client that has gone already.
            Ok(Err(_)) => {
                sleep(TICK).await;
                continue;
            }
        };
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                tokio::spawn(converse(stream, Arc::clone(&state), ending.clone(), place));
            }
            Err(_) => {
                state.metrics.connection_refused();
                tokio::spawn(turn_away(stream));
            }
        }
    }
    drop(listener);
    state.stop();
    end.send(true).ok();
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    timeout(GRACE, places.acquire_many(all)).await.ok();
    Ok(())
}

/// Says that there is no place. What the client sends is read once: a connection that is closed with something unread is reset, and
/// then the client may not see the answer.
async fn turn_away(stream: TcpStream) {
    timeout(TICK, stream.readable()).await.ok();
    stream.try_read(&mut [0; 4096]).ok();
    timeout(TICK, stream.writable()).await.ok();
    stream.try_write(FULL).ok();
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    state: Arc<State>,
    mut ending: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    // Answers are small and whole: waiting for more to send only delays them.
    stream.set_nodelay(true).ok();
    let time = state.limits.time;
    let _counted = state.metrics.connection();
    let service = service_fn(|request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(routes::answer(&state, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .max_buf_size(BUFFER);
    let io = TokioIo::new(Patient::new(stream, time));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut ended = pin!(ending.wait_for(|ended| *ended));
    let mut told = false;
    // Errors of a connection are those of its client, who is gone.
    let _ = poll_fn(|cx| {
        if !told && ended.as_mut().poll(cx).is_ready() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx)
    })
    .await;
    drop(place);
}
