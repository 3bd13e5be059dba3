//! `stepnet licenses`: the licences of the program and of what is linked into it.

use crate::progress::{print_line, print_lines};

/// Made by tools/third_party_notices.py from the dependencies.
const NOTICES: &str = include_str!("../THIRD-PARTY-NOTICES");

pub(crate) fn run() {
    print_line(
        "Stepnet is licensed under the MIT licence or the Apache licence 2.0, as you choose.",
    );
    print_line("");
    print_lines(NOTICES.trim_end());
}
