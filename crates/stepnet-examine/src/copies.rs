//! Images that occur more than once, or look as if.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use stepnet::{Hash, Result};
use stepnet_base::Hasher;

use crate::finding::{Finding, FindingKind, Place};
use crate::look::Look;
use crate::near::{Alike, nearest};
use crate::source::Source;

/// Findings on images with the same values.
///
/// # Errors
/// An image that cannot be read.
pub(crate) fn exact(source: &Source<'_>, looks: Option<&[Look]>) -> Result<Vec<Finding>> {
    let hashes = match looks {
        Some(looks) => looks.iter().map(|look| look.exact).collect(),
        None => hashes(source)?,
    };
    let mut groups: HashMap<Hash, Vec<Place>> = HashMap::new();
    for (at, hash) in hashes.into_iter().enumerate() {
        groups.entry(hash).or_default().push(source.place(at));
    }
    let several = groups.into_values().filter(|group| group.len() > 1);
    Ok(several.flat_map(|group| of_group(source, &group)).collect())
}

/// The hashes of what is no image: its values.
fn hashes(source: &Source<'_>) -> Result<Vec<Hash>> {
    let hash = |at: usize| {
        let place = source.place(at);
        let values = source.part(place).images().image(place.example)?;
        let mut hasher = Hasher::new("example");
        hasher.values(&values);
        Ok(hasher.finish())
    };
    let hashes: Vec<Result<Hash>> = (0..source.len()).into_par_iter().map(hash).collect();
    hashes.into_iter().collect()
}

/// What is to be said of examples with the same values, those of the training part first.
fn of_group(source: &Source<'_>, group: &[Place]) -> Vec<Finding> {
    let mut found = Vec::new();
    let label = |place: &Place| source.label(*place);
    let tested = group.iter().find(|place| place.is_test());
    let conflict = group.iter().any(|place| label(place) != label(&group[0]));
    for (at, &place) in group.iter().enumerate() {
        if let Some(&tested) = tested.filter(|_| !place.is_test()) {
            let detail = format!("the same image as {}", source.name(tested));
            found.push(finding(source, FindingKind::Leak, (place, tested), detail));
        }
        if let Some(&other) = group.iter().find(|other| label(other) != label(&place)) {
            let detail = format!("the same image as {}", labelled(source, other));
            let kind = FindingKind::Conflict;
            found.push(finding(source, kind, (place, other), detail));
        } else if at > 0 && !conflict && (tested.is_none() || group[at - 1].is_test()) {
            let detail = format!("the same image as {}", source.name(group[0]));
            let kind = FindingKind::Duplicate;
            found.push(finding(source, kind, (place, group[0]), detail));
        }
    }
    found
}

/// Findings on images that look alike and are not the same.
pub(crate) fn near(source: &Source<'_>, looks: &[Look]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut leaks = HashSet::new();
    for (at, nearest) in nearest(looks, source.train.len()).into_iter().enumerate() {
        let place = source.place(at);
        let mut add = |kind, (place, other): (Place, Place), alike: Alike| {
            let detail = format!("looks like {}", labelled(source, other));
            let mut finding = finding(source, kind, (place, other), detail);
            finding.score = alike.correlation;
            found.push(finding);
        };
        if let Some(alike) = nearest.training {
            let leak = source.place(alike.to);
            if leaks.insert(leak) {
                add(FindingKind::NearLeak, (leak, place), alike);
            }
            if source.label(leak) != source.label(place) {
                add(FindingKind::NearConflict, (place, leak), alike);
            }
        }
        if let Some(alike) = nearest.own {
            let other = source.place(alike.to);
            let kind = match source.label(other) == source.label(place) {
                true => FindingKind::NearDuplicate,
                false => FindingKind::NearConflict,
            };
            add(kind, (place, other), alike);
        }
    }
    found
}

/// An example and its class.
fn labelled(source: &Source<'_>, place: Place) -> String {
    match source.class(place) {
        Some(class) => format!("{} ({class})", source.name(place)),
        None => source.name(place),
    }
}

fn finding(
    source: &Source<'_>,
    kind: FindingKind,
    (place, other): (Place, Place),
    detail: String,
) -> Finding {
    Finding {
        other: Some(other),
        score: 1.0,
        ..Finding::of(source, kind, place, detail)
    }
}
