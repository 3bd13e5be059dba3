//! Whatever the text is, each setting of a training takes it and gives it back, or refuses it in a line; so do settings
//! files.
#![no_main]

use std::path::Path;

use stepnet::Hash;
use stepnet::train::settings::{Setting, Settings, Value};

/// Sets one; its value sets the same again, as it is and as a text.
fn same(setting: &Setting, value: &Value) {
    let mut settings = Settings::default();
    if let Err(error) = setting.set(&mut settings, value) {
        assert!(!error.to_string().contains('\n'), "{error}");
        return;
    }
    let Some(value) = setting.get(&settings) else {
        return;
    };
    let mut again = Settings::default();
    setting.set(&mut again, &value).expect("what was given is taken");
    assert_eq!(setting.get(&again), Some(value));
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    for setting in Settings::table() {
        for value in [Value::Word(text.into()), Value::Text(text.to_owned())] {
            same(&setting, &value);
        }
    }
    if let Ok(hash) = text.parse::<Hash>() {
        assert_eq!(hash.to_string().parse::<Hash>().ok(), Some(hash));
    }
    let path = Path::new("/run.toml");
    let mut settings = Settings::default();
    match settings.read_text(text, path, |_| false) {
        Ok(()) => {
            let _ = settings.check();
            let file = settings.to_file("", Path::new("/"));
            let mut again = Settings::default();
            again.read_text(&file.text, path, |_| false).expect("what was written reads");
            assert_eq!(again.to_file("", Path::new("/")).text, file.text);
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});
