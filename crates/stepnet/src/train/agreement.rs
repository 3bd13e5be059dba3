//! Members of a group that fail together: what one cannot do, none does.

use crate::error::{Error, Result};
use crate::group::{Group, first_of_all};

/// What a member says of its part of the work.
const DONE: u8 = 0;
const STOPPED: u8 = 1;
const FAILED: u8 = 2;

/// The bytes of all members, one after the other, of the lengths that all know. If a member failed, all fail with its
/// error, and so they do if one was stopped: so none waits for another, and none goes on alone.
///
/// # Errors
/// Those of the members, or when one cannot be reached.
pub(super) fn gather_from_all(
    group: &dyn Group,
    own: Result<Vec<u8>>,
    lengths: &[usize],
) -> Result<Vec<u8>> {
    if group.size() == 1 {
        return own;
    }
    let mut said = vec![match &own {
        Ok(_) => DONE,
        Err(Error::Stopped) => STOPPED,
        Err(_) => FAILED,
    }];
    said.extend_from_slice(own.as_deref().unwrap_or_default());
    said.resize(1 + lengths[group.rank()], 0);
    let with_state: Vec<usize> = lengths.iter().map(|len| 1 + len).collect();
    let mut all = vec![0; with_state.iter().sum()];
    group.gather_all(&said, &mut all, &with_state)?;
    let (mut state, mut bytes) = (DONE, Vec::with_capacity(all.len()));
    let mut alike = true;
    let mut rest = &all[..];
    for len in with_state {
        let (member, after) = rest.split_at(len);
        state = state.max(member[0]);
        alike &= member[0] == FAILED;
        bytes.extend_from_slice(&member[1..]);
        rest = after;
    }
    match state {
        DONE => Ok(bytes),
        STOPPED => Err(Error::Stopped),
        _ => {
            let own = own.err().filter(|error| !matches!(error, Error::Stopped));
            let own = own.map(|error| error.to_string());
            let (rank, text) = first_of_all(group, own.as_deref())?.unwrap_or_default();
            Err(Error::Training(match alike {
                // It has nothing to do with a rank.
                true => text,
                false => format!("rank {rank}: {text}"),
            }))
        }
    }
}

/// What this member has, if all have theirs.
///
/// # Errors
/// As [`gather_from_all`].
pub(super) fn all_have<R>(group: &dyn Group, own: Result<R>) -> Result<R> {
    let nothing = vec![0; group.size()];
    match own {
        Ok(own) => gather_from_all(group, Ok(Vec::new()), &nothing).map(|_| own),
        Err(error) => Err(match gather_from_all(group, Err(error), &nothing) {
            Err(agreed) => agreed,
            Ok(_) => Error::Stopped,
        }),
    }
}
