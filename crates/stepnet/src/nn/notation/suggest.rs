//! The nearest known name to a misspelt one.

/// Longer words are not names that somebody mistyped.
const LONGEST: usize = 40;

/// The candidate nearest to `word`, if one is near enough to be meant.
///
/// Near enough: edits (swaps of neighbours count once) up to a third of the longer word and at
/// least one, or one word starting the other (`drop` for `dropout`), ignoring case.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let edits = strsim::damerau_levenshtein(&word, &other);
            let longer = length.max(other.chars().count());
            let starts = length >= 3 && (other.starts_with(&word) || word.starts_with(&other));
            let near = edits < longer && (edits <= (longer / 3).max(1) || starts);
            near.then_some((edits, candidate))
        })
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "conv"?` for the nearest candidate, or nothing.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const NAMES: [&str; 6] = ["conv", "maxpool", "dropout", "kernel", "tanh", "fc"];

    #[test]
    fn a_typing_error_finds_its_name() {
        for (typed, meant) in [
            ("cov", "conv"),
            ("CONV3", "conv"),
            ("mxapool", "maxpool"),
            ("drop", "dropout"),
            ("kernel_size", "kernel"),
            ("tan", "tanh"),
            ("cf", "fc"),
        ] {
            assert_eq!(nearest(typed, NAMES), Some(meant), "{typed}");
        }
    }

    #[test]
    fn an_unlike_word_finds_nothing() {
        for typed in ["transformer", "gru", "x", "é", &"conv".repeat(20)] {
            assert_eq!(nearest(typed, NAMES), None, "{typed}");
        }
    }
}
