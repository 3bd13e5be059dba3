//! The library's options under the names that they have in Python.

use stepnet_base::text::replace_names;

/// The options that messages of the library name in backticks, as arguments of `stepnet.data.load`.
const ARGUMENTS: [(&str, &str); 6] = [
    ("`skip_bad`", "skip_bad=True"),
    ("`encoding` ", "encoding="),
    ("`encoding`", "encoding"),
    ("`input`", "size"),
    ("`label_column`", "label_column"),
    ("`labels`", "labels"),
];

/// A message of the library with the arguments of Python in place of its options.
pub(crate) fn with_arguments(text: &str) -> String {
    replace_names(text, &ARGUMENTS)
}
