//! Answers, and refusals with their reason.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use stepnet_base::Error;

/// What goes over the wire.
pub(crate) type Reply = Response<Full<Bytes>>;

/// An answer, or why there is none.
pub(crate) type Answer<T = Reply> = Result<T, Refusal>;

/// Why a request is not answered: a status of HTTP, and a line for whoever sent it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    header: Option<(HeaderName, &'static str)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            header: None,
        }
    }

    /// Something is wrong with the request.
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// There is more than this server takes.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// Another method than those that a path has.
    pub(crate) fn method(allowed: &'static str) -> Self {
        Self {
            header: Some((ALLOW, allowed)),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("expected the method {allowed}"),
            )
        }
    }

    /// Nothing is wrong with the request, but it comes at a bad time.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self {
            header: Some((RETRY_AFTER, "1")),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self {
            header: Some((WWW_AUTHENTICATE, "Bearer")),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "expected the server's token, as \"Authorization: Bearer TOKEN\"",
            )
        }
    }

    /// The refusal as it is sent: JSON in the form of the Open Inference Protocol.
    pub(crate) fn reply(&self) -> Reply {
        let mut reply = json_with(self.status, &json!({"error": self.message}));
        if let Some((name, value)) = &self.header {
            let value = HeaderValue::from_static(value);
            reply.headers_mut().insert(name, value);
        }
        reply
    }
}

impl From<Error> for Refusal {
    /// The errors of reading what a client sent: its own, but for memory and the end of the program.
    fn from(error: Error) -> Self {
        match error {
            Error::Stopped => Self::busy("the server is stopping"),
            error if error.is_memory() => Self::busy(error.to_string()),
            error => Self::wrong(error.to_string()),
        }
    }
}

/// An answer with a body of some type.
pub(crate) fn with_type(status: StatusCode, media: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

fn json_with(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(text) => with_type(status, "application/json", text),
        // Not for what is written here: names are texts, and numbers are checked before.
        Err(error) => with_type(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/plain",
            error.to_string(),
        ),
    }
}

/// An answer in JSON.
pub(crate) fn json(value: &impl Serialize) -> Reply {
    json_with(StatusCode::OK, value)
}

/// The page, which loads nothing from elsewhere.
pub(crate) fn page(html: &'static str) -> Reply {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let body = Bytes::from_static(html.as_bytes());
    let mut reply = with_type(StatusCode::OK, "text/html; charset=utf-8", body);
    let headers = reply.headers_mut();
    let policy = HeaderValue::from_static(POLICY);
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    let none = HeaderValue::from_static("no-referrer");
    headers.insert(REFERRER_POLICY, none);
    reply
}
