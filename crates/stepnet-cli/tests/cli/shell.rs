//! `completions` and `man`.

use crate::run::Desk;

#[test]
fn completions_know_the_subcommands_and_options() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.run(&format!("completions {shell}")).fine();
        for word in ["find-lr", "label-smoothing", "verify-course"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    desk.run("completions tcsh").fails(2, &["tcsh", "bash"]);
}

#[test]
fn manual_pages_have_the_help() {
    let desk = Desk::new();
    let page = desk.run("man").fine();
    assert!(
        page.contains(".TH stepnet 1") && page.contains("gradcheck"),
        "{page}"
    );
    let page = desk.run("man train").fine();
    assert!(
        page.contains("stepnet\\-train") || page.contains("stepnet-train"),
        "{page}"
    );
    // As roff has it: a hyphen is escaped.
    assert!(page.contains("label\\-smoothing"), "{page}");
    desk.run("man trian").fails(2, &["\"trian\"", "train"]);
}
