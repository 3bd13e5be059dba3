//! Which request is answered where.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use stepnet_base::design;

use crate::http::{Answer, Refusal, Reply, answer, body};
use crate::state::State;
use crate::{metrics, rest, v2};

/// The page, without anything from elsewhere.
/// The page, with the style of all of Stepnet's pages.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    let design = [design::TOKENS, design::BASE].concat();
    include_str!("page.html").replace("/*design*/", &design)
});

/// A place that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route<'a> {
    Page,
    Metrics,
    Live,
    Ready,
    Server,
    Index,
    Model(&'a str),
    ModelReady(&'a str),
    Infer(&'a str),
    Models,
    /// Of the first model, where none is named.
    Predict(Option<&'a str>),
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let parts: Vec<&str> = path.split('/').collect();
        // Every model has one version.
        let parts: Vec<&str> = match parts.as_slice() {
            ["v2", "models", name, "versions", v2::VERSION, rest @ ..] => {
                [&["v2", "models", name], rest].concat()
            }
            _ => parts,
        };
        Some(match parts.as_slice() {
            [""] => Self::Page,
            ["metrics"] => Self::Metrics,
            ["v2"] | ["v2", ""] => Self::Server,
            ["v2", "health", "live"] => Self::Live,
            ["v2", "health", "ready"] => Self::Ready,
            ["v2", "repository", "index"] => Self::Index,
            ["v2", "models", name] => Self::Model(name),
            ["v2", "models", name, "ready"] => Self::ModelReady(name),
            ["v2", "models", name, "infer"] => Self::Infer(name),
            ["api", "models"] => Self::Models,
            ["api", "predict"] => Self::Predict(None),
            ["api", "models", name, "predict"] => Self::Predict(Some(name)),
            _ => return None,
        })
    }

    /// Its name in the metrics.
    fn label(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Metrics => "metrics",
            Self::Live | Self::Ready | Self::ModelReady(_) => "health",
            Self::Server | Self::Index | Self::Model(_) | Self::Models => "metadata",
            Self::Infer(_) => "infer",
            Self::Predict(_) => "predict",
        }
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Infer(_) | Self::Predict(_) | Self::Index => "POST",
            _ => "GET",
        }
    }

    /// Whether it is answered without a token: the page asks for one, and probes of clusters have none.
    fn is_open(self) -> bool {
        matches!(self, Self::Page | Self::Live | Self::Ready)
    }
}

/// Answers a request, whatever it is.
pub(crate) async fn answer(state: &Arc<State>, mut request: Request<Incoming>) -> Reply {
    let began = Instant::now();
    let path = request.uri().path().to_owned();
    let route = Route::of(&path);
    let reply = match route {
        None => Err(Refusal::not_found(format!("there is nothing at {path:?}"))),
        Some(route) => of(state, route, &mut request).await,
    };
    let reply = reply.unwrap_or_else(|refusal| refusal.reply());
    let label = route.map_or("other", Route::label);
    let status = reply.status().as_u16();
    state.metrics.request(label, status, began.elapsed());
    reply
}

async fn of(state: &Arc<State>, route: Route<'_>, request: &mut Request<Incoming>) -> Answer {
    let header = request.headers().get(AUTHORIZATION);
    let header = header.map(|value| value.as_bytes());
    let token = state.token.as_ref().filter(|_| !route.is_open());
    if token.is_some_and(|token| !token.is_shown_by(header)) {
        return Err(Refusal::unauthorized());
    }
    let method = match request.method() {
        &Method::HEAD => "GET",
        other => other.as_str(),
    };
    if method != route.methods() {
        return Err(Refusal::method(route.methods()));
    }
    Ok(match route {
        Route::Page => answer::page(&PAGE),
        Route::Metrics => answer::with_type(StatusCode::OK, metrics::MEDIA, state.metrics.text()),
        Route::Live => answer::json(&json!({"live": true})),
        Route::Ready if state.is_stopping() => {
            return Err(Refusal::busy("the server is stopping"));
        }
        Route::Ready => answer::json(&json!({"ready": true})),
        Route::Server => v2::server(),
        Route::Index => v2::index(state),
        Route::Model(name) => v2::model(state.slot(name)?),
        Route::ModelReady(name) => {
            let slot = state.slot(name)?;
            answer::json(&json!({"name": slot.name(), "ready": true}))
        }
        Route::Models => rest::models(state),
        Route::Infer(name) => {
            let slot = state.slot(name)?;
            let body = body::read(request, state).await?;
            v2::infer(state, slot, request.headers(), body).await?
        }
        Route::Predict(name) => {
            let slot = match name {
                Some(name) => state.slot(name)?,
                None => &state.slots[0],
            };
            let body = body::read(request, state).await?;
            let query = request.uri().query().unwrap_or_default();
            rest::predict(state, slot, request.headers(), query, body).await?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn paths_lead_to_routes() {
        assert_eq!(Route::of("/"), Some(Route::Page));
        assert_eq!(Route::of("/v2"), Some(Route::Server));
        assert_eq!(Route::of("/v2/models/a/infer"), Some(Route::Infer("a")));
        let versioned = "/v2/models/a/versions/1";
        assert_eq!(Route::of(versioned), Some(Route::Model("a")));
        let infer = format!("{versioned}/infer");
        assert_eq!(Route::of(&infer), Some(Route::Infer("a")));
        for none in [
            "",
            "v2",
            "/v2/models",
            "/v2/models/a/versions/2",
            "//",
            "/page.html",
        ] {
            assert_eq!(Route::of(none), None, "{none}");
        }
    }
}
