//! The library's options under the names that they have in Python.

use stepnet_base::text::replace_names;

/// The options that messages of the library name in backticks, as arguments of `stepnet.data.load`; and where it has no
/// such argument, what its users can do.
const ARGUMENTS: [(&str, &str); 8] = [
    ("`skip_bad`", "skip_bad=True"),
    ("`encoding` ", "encoding="),
    ("`encoding`", "encoding"),
    ("`input`", "size"),
    (
        "choose one with `label_column`",
        "rename those that do not hold them",
    ),
    (
        "name the label column with `label_column`",
        "rename the label column to `label`",
    ),
    (
        "give its number with `label_column`",
        "add a header that names it `label`",
    ),
    (
        "give the npy file of the labels with `labels`",
        "load both files with numpy.load",
    ),
];

/// A message of the library with the arguments of Python in place of its options.
pub(crate) fn with_arguments(text: &str) -> String {
    replace_names(text, &ARGUMENTS)
}
