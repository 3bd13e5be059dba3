//! Image after image: its target, its maps, and what is written and said of them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stepnet::Number;
use stepnet::nn::Model;
use stepnet::see::explain::draw::{Finding, Page, figure, sheet};
use stepnet::see::explain::{Attribution, Explainer, Target, feature_maps, random_twin};
use stepnet::see::why::Subject;
use stepnet_base::text::count;

use super::ExplainArgs;
use super::arrays::Arrays;
use super::places::Places;
use crate::display::{encoded_bytes, escaped, name};
use crate::failure::{Failure, Outcome};
use crate::output::print_line;
use crate::predict::sources::{Found, Sources};
use crate::progress::print_sentence;

/// The map of a method, and that of the twin with random weights.
type Pair = (Attribution, Option<Attribution>);

/// An explained image.
struct Explained {
    path: PathBuf,
    subject: Subject,
    target: Target,
    maps: Vec<Pair>,
}

/// Explains the images that the arguments name.
pub(super) fn explain<T: Number>(
    args: &ExplainArgs,
    methods: &[&'static str],
    mut places: Places,
    model: &Model<T>,
) -> Outcome {
    let twin = match args.sanity {
        true => Some(random_twin(model, args.method.seed)),
        false => None,
    };
    let mut explainer = Explainer::new(model);
    let mut twin = twin.as_ref().map(Explainer::new);
    let mut arrays = places.arrays.is_some().then(|| Arrays::new(methods));
    let (mut done, mut code) = (0, 0);
    for found in Sources::new(&args.images) {
        let image = match found {
            Found::Picture(path) => Subject::image(&path, &model.preprocessing)
                .map(|subject| (path, subject))
                .map_err(Failure::from),
            Found::Problem(_, failure) => Err(failure),
        };
        let (path, subject) = match image {
            Ok(image) => image,
            Err(failure) => {
                failure.report(false);
                code = code.max(failure.code());
                continue;
            }
        };
        if done == 0 {
            // Not before an image is there to be explained: a page without one would be in the way of the next attempt.
            let text = model.network.text().to_string();
            places.write_page(&Page::head(
                &args.model.display().to_string(),
                &text,
                methods,
            ))?;
        }
        let explainers = (&mut explainer, twin.as_mut());
        let explained = one(args, methods, explainers, path, subject)?;
        write(args, &mut places, model, &explained)?;
        if let Some(arrays) = &mut arrays {
            arrays.add(&explained.path, &explained.target, &explained.maps);
        }
        say(args, &places, &explained);
        done += 1;
    }
    if done == 0 && code == 0 {
        let named = args.images.iter().map(|path| path.display().to_string());
        let named = named.collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("no images found in {named}")));
    }
    if done > 0 {
        places.write_page(Page::foot())?;
        places.finish_page()?;
        if let (Some(arrays), Some(target)) = (&arrays, &places.arrays) {
            target.write(&arrays.bytes()?)?;
        }
    }
    match code {
        0 => Ok(()),
        code => Err(Failure::said(code)),
    }
}

/// The target of an image, and its maps.
fn one<T: Number>(
    args: &ExplainArgs,
    methods: &[&'static str],
    (explainer, mut twin): (&mut Explainer<'_, T>, Option<&mut Explainer<'_, T>>),
    path: PathBuf,
    subject: Subject,
) -> Outcome<Explained> {
    let options = args.method.options();
    let x = subject.input::<T>();
    let target = explainer.target(&x, args.class.as_deref())?;
    let mut maps = Vec::with_capacity(methods.len());
    for method in methods {
        let map = explainer.explain(&x, &target, method, &options)?;
        let other = match &mut twin {
            Some(twin) => Some(twin.explain(&x, &target, method, &options)?),
            None => None,
        };
        maps.push((map, other));
    }
    Ok(Explained {
        path,
        subject,
        target,
        maps,
    })
}

impl Explained {
    fn findings(&self) -> Vec<Finding<'_>> {
        let maps = self.maps.iter();
        maps.map(|(map, twin)| Finding {
            map,
            target: &self.target,
            twin: twin.as_ref(),
        })
        .collect()
    }
}

/// Writes the figures and the section of the page.
fn write<T: Number>(
    args: &ExplainArgs,
    places: &mut Places,
    model: &Model<T>,
    explained: &Explained,
) -> Outcome {
    let path = &explained.path;
    let drawing = explained.subject.drawing();
    let findings = explained.findings();
    if places.has_figures() {
        let file = path.file_name().map(Path::new).unwrap_or(path);
        let title = format!("{}: {}", file.display(), words(&explained.target));
        for finding in &findings {
            let drawn = figure(&drawing, &title, finding)?;
            places.write_figure(path, finding.map.method, &drawn)?;
        }
        if let Some(layer) = &args.feature_maps {
            let tiles = feature_maps(&model.network, &explained.subject.input::<T>(), layer)?;
            let channels = count(tiles.count, "channel");
            let title = format!("{}: {channels} of {layer}", file.display());
            places.write_figure(path, layer, &sheet(&tiles, &title)?)?;
        }
    }
    if places.has_page() {
        let name = path.display().to_string();
        let section = Page::section(&name, &drawing, &explained.target, &findings)?;
        places.write_page(&section)?;
    }
    Ok(())
}

/// A target in a few words.
fn words(target: &Target) -> String {
    let predicted = if target.predicted {
        ""
    } else {
        ", not predicted"
    };
    format!(
        "{} ({}{predicted})",
        name(&target.name),
        short(target.output)
    )
}

/// A number with four digits.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    match rounded.abs() {
        size if size == 0.0 || (1e-4..1e6).contains(&size) => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

/// Prints a line for each method, or one JSON object.
fn say(args: &ExplainArgs, places: &Places, explained: &Explained) {
    if args.json {
        print_line(&escaped(&as_json(explained).to_string()));
        return;
    }
    if places.is_quiet() {
        return;
    }
    let path = explained.path.display().to_string();
    for finding in explained.findings() {
        let map = finding.map;
        let place = match map.strongest() {
            Some([row, col]) => format!(
                "strongest at row {row}, column {col} of {}x{}",
                map.height, map.width
            ),
            None => "nothing speaks for it".to_owned(),
        };
        let mut line = format!(
            "{path}: {}, {}: {place}",
            words(&explained.target),
            finding.name()
        );
        if let Some(sum) = &map.completeness {
            let [sum, expected] = [sum.sum, sum.expected].map(short);
            line.push_str(&format!(
                "; shares add up to {sum}, the scores differ by {expected}"
            ));
        }
        if finding.twin.is_some() {
            let likeness = finding.likeness();
            let likeness = likeness.map_or("none".into(), |value| format!("{value:.2}"));
            line.push_str(&format!(
                "; rank correlation with random weights {likeness}"
            ));
        }
        print_sentence(&escaped(&line));
    }
}

fn as_json(explained: &Explained) -> Value {
    let maps: Vec<Value> = explained
        .findings()
        .iter()
        .map(|finding| {
            let mut value = json!(finding.map);
            value["strongest"] = json!(finding.map.strongest());
            value["largest"] = json!(finding.map.largest());
            if finding.twin.is_some() {
                value["random_weights_rank_correlation"] = json!(finding.likeness());
            }
            value
        })
        .collect();
    let mut line = json!({
        "picture": explained.path.display().to_string(),
        "target": explained.target,
        "maps": maps,
    });
    if let Some(bytes) = encoded_bytes(&explained.path) {
        line["picture_bytes"] = bytes.into();
    }
    line
}
