//! Opening a link in the user's browser.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use stepnet_base::threads;

/// Opens a link by the system's own program for that; whether one could be started.
pub(super) fn open(link: &str) -> bool {
    programs().into_iter().any(|words| start(&words, link))
}

/// The programs to try, in this order, with their first arguments.
fn programs() -> Vec<Vec<OsString>> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect();
    if cfg!(windows) {
        return vec![words(&["rundll32", "url.dll,FileProtocolHandler"])];
    }
    if cfg!(target_os = "macos") {
        return vec![words(&["open"])];
    }
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut programs = Vec::new();
    if let Some(chosen) = std::env::var_os("BROWSER").filter(|chosen| !chosen.is_empty()) {
        programs.push(vec![chosen]);
    }
    if is_set("WSL_DISTRO_NAME") {
        programs.push(words(&["wslview"]));
    }
    // Without a desktop it would start a browser in the terminal, if any.
    if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        programs.push(words(&["xdg-open"]));
    }
    programs
}

fn start(words: &[OsString], link: &str) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(link);
    command.stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own, so that Ctrl-C ends the command and not the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut started) = command.spawn() else {
        return false;
    };
    // Waited for, so that nothing is left of it when it ends.
    threads::spawn_waiting("browser", move || drop(started.wait())).ok();
    true
}
