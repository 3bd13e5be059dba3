//! The library's options under the names that they have on the command line.

use stepnet_base::text::replace_names;

/// The options that messages of the library name between backticks, and what a user of the command gives for each.
const OPTIONS: [(&str, &str); 6] = [
    ("`data`", "--data"),
    ("`encoding`", "--encoding"),
    ("`input`", "--input HEIGHTxWIDTHxCHANNELS"),
    ("`label_column`", "--label-column"),
    ("`labels`", "--labels"),
    ("`skip_bad`", "--skip-bad"),
];

/// A message of the library with the command's options in place of the library's.
pub(crate) fn with_options(text: &str) -> String {
    replace_names(text, &OPTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_the_names_of_the_command_line() {
        assert_eq!(
            with_options("2 files cannot be read; `skip_bad` leaves such images out"),
            "2 files cannot be read; --skip-bad leaves such images out"
        );
        assert_eq!(
            with_options("give `encoding` utf-16le (`encoding`)"),
            "give --encoding utf-16le (--encoding)"
        );
        assert_eq!(
            with_options("give the npy file of the labels with `labels`"),
            "give the npy file of the labels with --labels"
        );
        assert_eq!(with_options("`other` stays"), "`other` stays");
    }
}
