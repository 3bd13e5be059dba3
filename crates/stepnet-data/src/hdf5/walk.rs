//! All arrays of an HDF5 file by their paths.

use std::collections::HashSet;
use std::sync::Arc;

use hdf5_pure::{Dataset, Error, File, Group};

use super::source::Meter;

/// The arrays of a file, those of a group before those of the groups in it, each with its path from the
/// root: `train/images`. A group that is linked to from several places is listed under the first.
pub(super) fn arrays(file: &File, meter: &Meter) -> Result<Vec<(String, Arc<Dataset>)>, Error> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut groups: Vec<(String, Group)> = vec![(String::new(), file.root())];
    while let Some((path, group)) = groups.pop() {
        // The listing begins with the group's own header, and where that lies says which group it is: hard
        // links may lead back to one that is around it.
        meter.mark();
        let datasets = group.iter_datasets()?;
        if !seen.insert(meter.first_since_mark()) {
            continue;
        }
        let below = |name: &str| match path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        };
        found.extend(datasets.map(|(name, dataset)| (below(&name), Arc::new(dataset))));
        let inner: Vec<_> = group.iter_groups()?.collect();
        let inner = inner.into_iter().map(|(name, group)| (below(&name), group));
        // Taken from the end: the first last.
        let at = groups.len();
        groups.extend(inner);
        groups[at..].reverse();
    }
    Ok(found)
}
