//! The library's options under the names of the command line.

use stepnet::train::settings::{Kind, Row, Settings};
use stepnet_base::text::replace_names;

/// Options that messages of the library name between backticks, for which a user of the command gives something else
/// than the option of that name.
const OTHERS: [(&str, &str); 6] = [
    ("`resume` of ", "--resume "),
    ("`resume`", "--resume"),
    ("`out`", "--out"),
    ("`overwrite`", "--overwrite"),
    ("`data`", "--data"),
    ("`input`", "--input HEIGHTxWIDTHxCHANNELS"),
];

/// The name of a setting's option, without dashes.
pub(crate) fn option(setting: &Row) -> String {
    match setting.kind {
        Kind::On { .. } => format!("no-{}", setting.spelled()),
        _ => setting.spelled(),
    }
}

/// How a setting is given: `--lr`, and DATA, which is no option.
pub(crate) fn given_as(setting: &Row) -> String {
    match setting.name {
        "data" => "DATA".to_owned(),
        _ => format!("--{}", option(setting)),
    }
}

/// A message of the library with the command's options in place of the library's.
pub(crate) fn with_options(text: &str) -> String {
    with_settings(&replace_names(text, &OTHERS))
}

/// A text about settings with the command's options in place of their names.
pub(crate) fn with_settings(text: &str) -> String {
    let mut text = text.to_owned();
    for setting in Settings::table() {
        let quoted = format!("`{}`", setting.name);
        if text.contains(&quoted) {
            text = text.replace(&format!("{quoted} = false"), &given_as(&setting));
            text = text.replace(&quoted, &given_as(&setting));
        }
    }
    text
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
        assert_eq!(
            with_options("needs a file; give its folder with `data`"),
            "needs a file; give its folder with --data"
        );
        assert_eq!(
            with_settings("a part of `data`, `shuffle` = false"),
            "a part of DATA, --no-shuffle"
        );
        assert_eq!(with_options("`other` stays"), "`other` stays");
    }
}
