use super::*;

#[test]
fn the_state_continues_where_it_was_taken() -> Result<()> {
    let mut original = RandomState::new(7);
    original.normal();
    let text = serde_json::to_string(&original.state()).unwrap();
    let mut restored = RandomState::from_state(&serde_json::from_str(&text).unwrap())?;
    assert_eq!(original, restored);
    assert_eq!(original.randn(1000)?, restored.randn(1000)?);
    assert_eq!(original.permutation(1000), restored.permutation(1000));
    Ok(())
}

#[test]
fn a_damaged_state_is_refused() {
    let sound = RandomState::new(7).state();
    let message = |state: SavedState| RandomState::from_state(&state).unwrap_err().to_string();
    assert_eq!(
        message(SavedState {
            words: vec![1; 623],
            ..sound.clone()
        }),
        "RandomState::from_state: words has shape [623], expected [624] (the state of MT19937)"
    );
    assert_eq!(
        message(SavedState {
            position: 625,
            ..sound.clone()
        }),
        "RandomState::from_state: position is 625, expected 0 to 624"
    );
    assert_eq!(
        message(SavedState {
            cached_normal: Some(f64::NAN),
            ..sound.clone()
        }),
        "RandomState::from_state: cached_normal is NaN, expected a finite number or none"
    );
    let mut words = vec![0; 624];
    words[0] = 0x7fff_ffff; // The recurrence never reads these bits.
    assert_eq!(
        message(SavedState { words, ..sound }),
        "RandomState::from_state: words is all zero, expected words of which some are not zero"
    );
}

#[test]
fn impossible_ranges_and_sizes_are_errors() {
    let mut random = RandomState::new(0);
    let message = random.randint(3, 3, 1).unwrap_err().to_string();
    assert_eq!(
        message,
        "RandomState::randint: high is 3, expected a number above low, which is 3"
    );
    assert!(random.randint(i64::MAX, i64::MIN, 1).is_err());
    let message = random.randint(0, 2, usize::MAX).unwrap_err().to_string();
    assert_eq!(
        message,
        format!(
            "RandomState::randint: n is {}, expected a size that fits in memory",
            usize::MAX
        )
    );
    let message = random.randn((usize::MAX, 2)).unwrap_err().to_string();
    assert_eq!(
        message,
        format!(
            "RandomState::randn: shape is [{}, 2], expected a size that fits in memory",
            usize::MAX
        )
    );
    assert!(random.rand((usize::MAX, usize::MAX)).is_err());
    assert_eq!(
        random,
        RandomState::new(0),
        "an error must not use up numbers"
    );
}

#[test]
fn empty_requests_draw_nothing() -> Result<()> {
    let mut random = RandomState::new(0);
    assert!(random.randint(0, 2, 0)?.is_empty());
    assert!(random.permutation(0).is_empty());
    assert!(random.randn((3, 0))?.is_empty());
    random.shuffle::<u8>(&mut []);
    assert_eq!(random.permutation(1), [0]);
    assert_eq!(random, RandomState::new(0));
    Ok(())
}

#[test]
fn slices_and_arrays_hold_the_same_stream() -> Result<()> {
    let (mut one, mut two) = (RandomState::new(5), RandomState::new(5));
    let mut values = [0.0; 15];
    one.fill_randn(&mut values);
    assert_eq!(two.randn((3, 5))?.as_slice(), Some(&values[..]));
    one.fill_rand(&mut values);
    assert_eq!(two.rand((5, 3, 1))?.as_slice(), Some(&values[..]));
    Ok(())
}
