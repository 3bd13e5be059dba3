//! The design that all of Stepnet's pages share: the laboratory in the browser, the report of a run, the pages that
//! explain a value or a decision.
//!
//! A page that is written in Rust begins its style with [`TOKENS`] and [`BASE`], and names no other colours or fonts
//! than those. Both themes follow from the system's setting.

/// Colours, fonts and sizes as custom properties: a copy of `web/src/tokens.css`, since a package cannot reach outside
/// of its folder. A test compares the two.
pub const TOKENS: &str = include_str!("tokens.css");

/// What every page needs: typography, tables, the mark of the focus, and no motion where the system asks for none.
pub const BASE: &str = include_str!("base.css");

/// The value of a token in the light theme, for files that cannot use custom properties; empty if no token has this name.
///
/// ```
/// assert_eq!(stepnet_base::design::light("--ink"), "#1b1f24");
/// ```
pub fn light(token: &str) -> &'static str {
    let pair = TOKENS.lines().find_map(|line| {
        let value = line.trim().strip_prefix(token)?.strip_prefix(": ")?;
        value.strip_suffix(';')
    });
    let pair = pair.unwrap_or_default();
    let themes = pair.strip_prefix("light-dark(");
    themes.map_or(pair, |themes| themes.split(',').next().unwrap_or(themes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_tokens_are_those_of_the_laboratory() {
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/tokens.css");
        let original = std::fs::read_to_string(original).unwrap();
        if std::env::var_os("UPDATE_FILES").is_some_and(|value| value == "1") {
            let copy = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/design/tokens.css");
            std::fs::write(copy, &original).unwrap();
            return;
        }
        assert_eq!(
            TOKENS, original,
            "`UPDATE_FILES=1 cargo test -p stepnet-base design` copies web/src/tokens.css"
        );
    }

    /// The names after each `before` in a style sheet.
    fn names<'a>(css: &'a str, before: &str) -> BTreeSet<&'a str> {
        let name = |rest: &'a str| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            &rest[..end.unwrap_or(rest.len())]
        };
        css.split(before).skip(1).map(name).collect()
    }

    #[test]
    fn every_token_that_the_base_uses_is_defined() {
        let defined = names(TOKENS, "  --");
        let used = names(BASE, "var(--");
        assert!(
            used.len() > 5 && used.is_subset(&defined),
            "{used:?} {defined:?}"
        );
    }

    #[test]
    fn the_light_theme_can_be_read_without_css() {
        assert_eq!(light("--ground"), "#fff");
        assert_eq!(light("--round"), "6px");
        assert_eq!(light("--none"), "");
    }

    /// The numbers of a colour.
    fn rgb(hex: &str) -> [f64; 3] {
        let digits: Vec<char> = hex.trim_start_matches('#').chars().collect();
        let width = digits.len() / 3;
        [0, 1, 2].map(|part| {
            let text: String = digits[part * width..][..width].iter().collect();
            let value = f64::from(u8::from_str_radix(&text, 16).unwrap());
            if width == 1 { value * 17.0 } else { value }
        })
    }

    /// The contrast of two colours (WCAG 2.2).
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |hex: &str| {
            let [red, green, blue] = rgb(hex).map(|value| {
                let value = value / 255.0;
                match value {
                    ..=0.04045 => value / 12.92,
                    _ => ((value + 0.055) / 1.055).powf(2.4),
                }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
        };
        let (a, b) = (luminance(one), luminance(other));
        a.max(b) / a.min(b)
    }

    #[test]
    fn text_has_enough_contrast_in_both_themes() {
        let theme = |token: &str, dark: bool| -> String {
            let (_, pair) = TOKENS.split_once(&format!("{token}: light-dark(")).unwrap();
            let (pair, _) = pair.split_once(')').unwrap();
            let (light, darker) = pair.split_once(", ").unwrap();
            if dark { darker } else { light }.to_owned()
        };
        for dark in [false, true] {
            for text in ["--ink", "--soft", "--accent", "--good", "--bad"] {
                for ground in ["--ground", "--card"] {
                    let found = contrast(&theme(text, dark), &theme(ground, dark));
                    assert!(found >= 4.5, "{text} on {ground}, dark: {dark}: {found}");
                }
            }
            // Graphics and the edges of controls.
            for mark in ["--one", "--two", "--edge", "--mark"] {
                let found = contrast(&theme(mark, dark), &theme("--ground", dark));
                assert!(found >= 3.0, "{mark}, dark: {dark}: {found}");
            }
        }
    }
}
