//! Listening on loopback, within limits: how many connections, how large a head, how long a silence.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::runtime;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::answer::Server;
use crate::failure::{Failure, Outcome};

/// What a client may cost.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Connections at the same time; others wait.
    pub(super) connections: usize,
    /// Bytes of a request's line and headers.
    pub(super) head: usize,
    /// How long a head may take.
    pub(super) patience: Duration,
    /// How long a connection may take nothing of its answer, or ask for nothing.
    pub(super) silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // With the files that they read fewer than the 256 that some systems allow.
            connections: 120,
            head: 16 * 1024,
            patience: Duration::from_secs(10),
            silence: Duration::from_secs(60),
        }
    }
}

/// When a connection last did something.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Mutex<Instant>>);

impl Activity {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn seen(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn since(&self) -> Duration {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.elapsed()
    }
}

/// Listens on loopback, on a free port unless one is given.
pub(super) fn bind(port: Option<u16>) -> Outcome<TcpListener> {
    let wanted = (Ipv4Addr::LOCALHOST, port.unwrap_or(0));
    TcpListener::bind(wanted).map_err(|error| match (port, error.kind()) {
        (Some(port), ErrorKind::AddrInUse) => Failure::usage(format!(
            "--port is {port}, but another program listens there; choose another port, or leave --port out for a free one"
        )),
        (Some(port), ErrorKind::PermissionDenied) => Failure::usage(format!(
            "--port is {port}, which this user may not listen on; choose one from 1024"
        )),
        _ => Failure::running(format!("lab: cannot listen on 127.0.0.1: {error}")),
    })
}

/// Answers requests; returns only if it cannot begin.
pub(super) fn serve(listener: TcpListener, limits: Limits, server: Server) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        match accept(&listener, limits, Arc::new(server)).await {}
    })
}

async fn accept(
    listener: &tokio::net::TcpListener,
    limits: Limits,
    server: Arc<Server>,
) -> Infallible {
    let room = Arc::new(Semaphore::new(limits.connections));
    loop {
        // The semaphore is never closed.
        let permit = Arc::clone(&room).acquire_owned().await.ok();
        let Ok((stream, _)) = listener.accept().await else {
            // There are no more open files for now, or the client has gone again.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (limits, server) = (limits.clone(), Arc::clone(&server));
        tokio::spawn(async move {
            talk(TokioIo::new(stream), &limits, &server).await;
            drop(permit);
        });
    }
}

/// Answers the requests of one connection until either side ends it, or nothing happens for too long.
async fn talk(stream: TokioIo<tokio::net::TcpStream>, limits: &Limits, server: &Server) {
    let activity = Activity::new();
    let answer = service_fn(|request: Request<Incoming>| {
        activity.seen();
        let answer = server
            .answer(&request)
            .map(|body| body.watched(activity.clone()));
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.patience)
        .max_buf_size(limits.head)
        .max_headers(64)
        .serve_connection(stream, answer);
    let mut connection = std::pin::pin!(connection);
    // What went wrong is the client's: it has the answer that there is.
    while timeout(limits.silence, connection.as_mut()).await.is_err() {
        if activity.since() >= limits.silence {
            return;
        }
    }
}
