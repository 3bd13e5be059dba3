//! What a request is answered.

use std::fs;

use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};

use super::address::Address;
use super::body::Body;
use super::own::Own;
use super::page::{Page, PageFile, media_type, unpacked};
use crate::failure::Failure;

/// The page loads what it is made of, and nothing from elsewhere, whatever a name in the data says.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self' blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer: nothing is stored, nothing is told to others, and the page is alone in its process, which is
/// what browsers ask for before they give it threads.
const HEADERS: [(HeaderName, &str); 7] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// What is served, and where.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: Address,
    pub(super) page: Page,
    pub(super) own: Own,
}

/// A refusal: the status and a line that says why.
type Refusal = (StatusCode, String);

impl Server {
    /// The answer to a request, whatever it asks for.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut answer = self.found(request).unwrap_or_else(|(status, line)| {
            let mut answer = Response::new(Body::of(format!("{line}\n")));
            *answer.status_mut() = status;
            set(&mut answer, CONTENT_TYPE, media_type("refusal.txt"));
            if status == StatusCode::METHOD_NOT_ALLOWED {
                set(&mut answer, ALLOW, "GET, HEAD");
            }
            answer
        });
        for (name, value) in HEADERS {
            set(&mut answer, name, value);
        }
        if request.method() == Method::HEAD {
            let length = answer.body().len();
            *answer.body_mut() = Body::default();
            answer.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        answer
    }

    fn found<B>(&self, request: &Request<B>) -> Result<Response<Body>, Refusal> {
        self.check_host(request)?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err((
                StatusCode::METHOD_NOT_ALLOWED,
                format!(
                    "{} is not answered here, only GET and HEAD",
                    request.method()
                ),
            ));
        }
        if has_body(request.headers()) {
            return Err((
                StatusCode::PAYLOAD_TOO_LARGE,
                "requests have no body here".into(),
            ));
        }
        let missing = || (StatusCode::NOT_FOUND, "there is nothing here".to_owned());
        let name = self.address.below(request.uri().path());
        let name = name.ok_or_else(missing)?;
        match name {
            "model" => self.model().unwrap_or_else(|| Err(missing())),
            "data" => self.data().unwrap_or_else(|| Err(missing())),
            _ => {
                let file = self.page.file(name).ok_or_else(missing)?;
                page_file(name, file, request.headers())
            }
        }
    }

    /// Fails unless the request names this machine: in its one `Host` header, and in its line if it names one there.
    fn check_host<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let alone = hosts.next().is_none();
        let line = request.uri().authority();
        let fits = host.is_some_and(|host| self.address.is_host(host))
            && line.is_none_or(|line| self.address.is_host(line.as_str()));
        match alone && fits {
            true => Ok(()),
            false => Err((
                StatusCode::MISDIRECTED_REQUEST,
                "this server answers to 127.0.0.1 and localhost alone".into(),
            )),
        }
    }

    fn model(&self) -> Option<Result<Response<Body>, Refusal>> {
        let model = self.own.model.as_ref()?;
        let body = match fs::metadata(&model.path) {
            Ok(meta) => Body::default().and(model.path.clone(), meta.len()),
            Err(error) => {
                return Some(Err(gone(stepnet::Error::io(&model.path, "open", error))));
            }
        };
        Some(Ok(of_kind("application/octet-stream", body)))
    }

    /// The files of the data: a line of JSON with their names and lengths, then their contents, one after the other.
    fn data(&self) -> Option<Result<Response<Body>, Refusal>> {
        let parts = match self.own.parts()? {
            Ok(parts) => parts,
            Err(error) => return Some(Err(gone(error))),
        };
        // Names and numbers: they can always be written.
        let mut line = serde_json::to_vec(&parts).unwrap_or_default();
        line.push(b'\n');
        let body = parts.iter().fold(Body::of(line), |body, part| {
            body.and(part.place.to_owned(), part.bytes)
        });
        Some(Ok(of_kind("application/octet-stream", body)))
    }
}

fn set(answer: &mut Response<Body>, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    answer.headers_mut().insert(name, value);
}

fn of_kind(kind: &'static str, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    set(&mut answer, CONTENT_TYPE, kind);
    answer
}

/// A file of the user's that could be read when the command began.
fn gone(error: stepnet::Error) -> Refusal {
    (StatusCode::NOT_FOUND, Failure::from(error).line())
}

fn page_file(name: &str, file: &PageFile, asked: &HeaderMap) -> Result<Response<Body>, Refusal> {
    let kind = media_type(name);
    match file {
        PageFile::OnDisk(path) => match fs::metadata(path) {
            Ok(meta) => Ok(of_kind(kind, Body::default().and(path.clone(), meta.len()))),
            Err(error) => Err(gone(stepnet::Error::io(path, "open", error))),
        },
        PageFile::Packed(packed) if takes_gzip(asked) => {
            let mut answer = of_kind(kind, Body::of(*packed));
            set(&mut answer, CONTENT_ENCODING, "gzip");
            Ok(answer)
        }
        PageFile::Packed(packed) => match unpacked(packed) {
            Ok(content) => Ok(of_kind(kind, Body::of(content))),
            Err(error) => Err((
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("{name} cannot be unpacked: {error}"),
            )),
        },
    }
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(ACCEPT_ENCODING).iter();
    let mut codings = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn has_body(asked: &HeaderMap) -> bool {
    let length = asked.get(CONTENT_LENGTH);
    asked.contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}
