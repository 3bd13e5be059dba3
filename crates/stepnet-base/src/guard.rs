//! Calls into other people's readers that panic where they should give an error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether a panic on this thread is caught, and an error will tell of it.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `read`; nothing if it panics. The message of such a panic is not printed: it would tell a user nothing.
///
/// For readers of damaged files alone, whose state is dropped with them. Our own code does not panic.
pub fn guarded<R>(read: impl FnOnce() -> R) -> Option<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                before(panic);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(outer);
    read.ok()
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_is_nothing_and_what_follows_is_as_before() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| -> u8 { panic!("a reader's") }), None);
        assert_eq!(guarded(|| 2), Some(2));
    }
}
