//! Figures in the text form of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The media type of the text.
pub(crate) const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the histograms of durations, in seconds.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// The upper bounds of the histogram of examples in a batch.
const EXAMPLES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// How often values came that were at most each bound.
struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len()],
            sum: 0.0,
            count: 0,
        }
    }

    fn add(&mut self, value: f64) {
        for (count, bound) in self.counts.iter_mut().zip(self.bounds) {
            *count += u64::from(value <= *bound);
        }
        self.sum += value;
        self.count += 1;
    }

    fn write(&self, text: &mut String, name: &str, label: &str) {
        for (count, bound) in self.counts.iter().zip(self.bounds) {
            line(
                text,
                &format!("{name}_bucket{{{label},le=\"{bound}\"}}"),
                count,
            );
        }
        line(
            text,
            &format!("{name}_bucket{{{label},le=\"+Inf\"}}"),
            self.count,
        );
        line(text, &format!("{name}_sum{{{label}}}"), self.sum);
        line(text, &format!("{name}_count{{{label}}}"), self.count);
    }
}

/// The figures of one model.
struct OfModel {
    batches: Histogram,
    computing: Histogram,
    loaded: SystemTime,
    replaced: u64,
    kept: u64,
}

#[derive(Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), u64>,
    durations: BTreeMap<&'static str, Histogram>,
    models: BTreeMap<String, OfModel>,
}

/// All figures of a server.
#[derive(Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
    connections: AtomicU64,
    refused: AtomicU64,
}

/// A connection, counted until it is dropped.
pub(crate) struct Counted(Arc<Metrics>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connection(self: &Arc<Self>) -> Counted {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(self))
    }

    pub(crate) fn connection_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn request(&self, route: &'static str, status: u16, took: Duration) {
        let mut counts = self.counts();
        *counts.requests.entry((route, status)).or_default() += 1;
        let durations = counts.durations.entry(route);
        let durations = durations.or_insert_with(|| Histogram::new(SECONDS));
        durations.add(took.as_secs_f64());
    }

    /// How many requests were answered with something else than a refusal.
    pub(crate) fn answered(&self) -> u64 {
        let counts = self.counts();
        let good = counts.requests.iter();
        let good = good.filter(|((_, status), _)| *status < 400);
        good.map(|(_, count)| count).sum()
    }

    /// A model was read for the first time.
    pub(crate) fn model(&self, name: &str) {
        let figures = OfModel {
            batches: Histogram::new(EXAMPLES),
            computing: Histogram::new(SECONDS),
            loaded: SystemTime::now(),
            replaced: 0,
            kept: 0,
        };
        self.counts().models.insert(name.to_owned(), figures);
    }

    pub(crate) fn batch(&self, name: &str, examples: usize, took: Duration) {
        if let Some(model) = self.counts().models.get_mut(name) {
            model.batches.add(examples as f64);
            model.computing.add(took.as_secs_f64());
        }
    }

    /// A model's file was replaced, by another model or by one that cannot be used.
    pub(crate) fn replaced(&self, name: &str, used: bool) {
        if let Some(model) = self.counts().models.get_mut(name) {
            if used {
                model.replaced += 1;
                model.loaded = SystemTime::now();
            } else {
                model.kept += 1;
            }
        }
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let counts = self.counts();
        let name = "stepnet_http_requests_total";
        head(
            &mut text,
            name,
            "counter",
            "Requests by route and status of HTTP.",
        );
        for ((route, status), count) in &counts.requests {
            let labelled = format!("{name}{{route=\"{route}\",status=\"{status}\"}}");
            line(&mut text, &labelled, count);
        }
        let name = "stepnet_http_request_duration_seconds";
        let help = "Time from a request's head to its answer.";
        head(&mut text, name, "histogram", help);
        for (route, durations) in &counts.durations {
            durations.write(&mut text, name, &format!("route=\"{route}\""));
        }
        let connections = self.connections.load(Ordering::Relaxed);
        let name = "stepnet_http_connections";
        head(&mut text, name, "gauge", "Open connections.");
        line(&mut text, name, connections);
        let refused = self.refused.load(Ordering::Relaxed);
        let name = "stepnet_http_connections_refused_total";
        let help = "Connections over the limit.";
        head(&mut text, name, "counter", help);
        line(&mut text, name, refused);
        models(&mut text, &counts.models);
        text
    }
}

fn models(text: &mut String, models: &BTreeMap<String, OfModel>) {
    let name = "stepnet_batch_examples";
    let help = "Examples that were computed together.";
    head(text, name, "histogram", help);
    for (model, figures) in models {
        figures
            .batches
            .write(text, name, &format!("model=\"{model}\""));
    }
    let name = "stepnet_batch_duration_seconds";
    head(text, name, "histogram", "Time to compute a batch.");
    for (model, figures) in models {
        figures
            .computing
            .write(text, name, &format!("model=\"{model}\""));
    }
    let name = "stepnet_model_loaded_timestamp_seconds";
    let help = "When the model that answers was read.";
    head(text, name, "gauge", help);
    for (model, figures) in models {
        let since = figures.loaded.duration_since(SystemTime::UNIX_EPOCH);
        let seconds = since.unwrap_or_default().as_secs();
        line(text, &format!("{name}{{model=\"{model}\"}}"), seconds);
    }
    let name = "stepnet_model_replacements_total";
    let help = "Files of models that were replaced, by whether the new one is used.";
    head(text, name, "counter", help);
    for (model, figures) in models {
        for (outcome, count) in [("used", figures.replaced), ("refused", figures.kept)] {
            let labelled = format!("{name}{{model=\"{model}\",outcome=\"{outcome}\"}}");
            line(text, &labelled, count);
        }
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text does not fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{name} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_every_figure_with_its_labels() {
        let metrics = Arc::new(Metrics::default());
        metrics.model("digits");
        let counted = metrics.connection();
        metrics.request("infer", 200, Duration::from_millis(2));
        metrics.request("infer", 200, Duration::from_secs(20));
        metrics.request("infer", 400, Duration::from_millis(2));
        metrics.batch("digits", 3, Duration::from_millis(1));
        metrics.replaced("digits", false);
        let text = metrics.text();
        for expected in [
            "# TYPE stepnet_http_requests_total counter",
            "stepnet_http_requests_total{route=\"infer\",status=\"200\"} 2",
            "stepnet_http_requests_total{route=\"infer\",status=\"400\"} 1",
            "stepnet_http_request_duration_seconds_bucket{route=\"infer\",le=\"0.0025\"} 2",
            "stepnet_http_request_duration_seconds_bucket{route=\"infer\",le=\"10\"} 2",
            "stepnet_http_request_duration_seconds_bucket{route=\"infer\",le=\"+Inf\"} 3",
            "stepnet_http_connections 1",
            "stepnet_batch_examples_bucket{model=\"digits\",le=\"2\"} 0",
            "stepnet_batch_examples_bucket{model=\"digits\",le=\"4\"} 1",
            "stepnet_model_replacements_total{model=\"digits\",outcome=\"refused\"} 1",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected}\n{text}"
            );
        }
        drop(counted);
        assert!(metrics.text().contains("stepnet_http_connections 0\n"));
        assert_eq!(metrics.answered(), 2);
    }
}
