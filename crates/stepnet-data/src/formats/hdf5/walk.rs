//! All arrays of an HDF5 file by their paths.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hdf5_pure::{Dataset, Error, File, Group};

use super::links::{Target, follow, from_root, of_header};
use super::source::Meter;

/// The target of a path.
#[derive(Clone)]
pub(super) enum LinkTarget {
    /// An array of this file.
    Here(Arc<Dataset>),
    /// Something in another file of this name.
    Elsewhere(String),
}

/// The arrays of a file, those of a group before those of the groups in it, each with its path from the
/// root: `train/images`. A group that is linked to from several places is listed under the first. Soft links
/// to arrays, and links to other files, follow.
pub(super) fn arrays(
    file: &File,
    meter: &Meter,
    bytes: &[u8],
) -> Result<Vec<(String, LinkTarget)>, Error> {
    let mut found = Vec::new();
    let mut links = Vec::new();
    let mut seen = HashSet::new();
    let mut groups: Vec<(String, Group)> = vec![(String::new(), file.root())];
    while let Some((path, group)) = groups.pop() {
        // The listing begins with the group's own header, and where that lies says which group it is: hard
        // links may lead back to one that is around it.
        meter.mark();
        meter.take_soft_links();
        let datasets = group.iter_datasets()?;
        let header = meter.first_since_mark();
        if !seen.insert(header) {
            continue;
        }
        let below = |name: &str| match path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        };
        let here = |dataset| LinkTarget::Here(Arc::new(dataset));
        found.extend(datasets.map(|(name, dataset)| (below(&name), here(dataset))));
        let soft = meter.take_soft_links().into_iter();
        let soft = soft.map(|(name, target)| (name, Target::Soft(target)));
        let offset_size = usize::from(file.superblock().offset_size);
        for (name, target) in soft.chain(of_header(bytes, header, offset_size)) {
            let target = match target {
                Target::Soft(target) => Target::Soft(from_root(&path, &target)),
                external => external,
            };
            links.push((below(&name), target));
        }
        let inner: Vec<_> = group.iter_groups()?.collect();
        let inner = inner.into_iter().map(|(name, group)| (below(&name), group));
        // Taken from the end: the first last.
        let at = groups.len();
        groups.extend(inner);
        groups[at..].reverse();
    }
    add_linked(&mut found, links);
    Ok(found)
}

/// Adds what links lead to; a soft link that leads to no array is passed over.
fn add_linked(found: &mut Vec<(String, LinkTarget)>, links: Vec<(String, Target)>) {
    let soft = links.iter().filter_map(|(path, target)| match target {
        Target::Soft(target) => Some((path.clone(), target.clone())),
        Target::External(_) => None,
    });
    let soft: HashMap<String, String> = soft.collect();
    let mut known: HashMap<String, LinkTarget> = found.iter().cloned().collect();
    for (path, target) in &links {
        if let Target::External(file) = target {
            known.insert(path.clone(), LinkTarget::Elsewhere(file.clone()));
        }
    }
    for (path, target) in links {
        let linked = match target {
            Target::External(file) => Some(LinkTarget::Elsewhere(file)),
            Target::Soft(target) => {
                follow(&target, &soft).and_then(|target| known.get(&target).cloned())
            }
        };
        found.extend(linked.map(|linked| (path, linked)));
    }
}
