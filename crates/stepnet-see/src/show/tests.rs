//! The text of arrays, compared with numpy 2.4's (`print(array)`).

use ndarray::{Array, Array1, Array2, Array3, Array4, ArrayD, IxDyn, array};

use super::{At, Value, show};

fn nested<T: Value>(array: &ArrayD<T>) -> String {
    show(array).nested().values()
}

#[test]
fn floats_are_written_as_numpy_writes_them() {
    let cases: [(&[f64], &str); 10] = [
        (&[1.0, 2.0], "[1. 2.]"),
        (&[1.0, 2.25, -3.5], "[ 1.    2.25 -3.5 ]"),
        (
            &[1.624345363663, -0.611756413650],
            "[ 1.62434536 -0.61175641]",
        ),
        (&[1e-5, 1.0], "[1.e-05 1.e+00]"),
        (&[1e8], "[1.e+08]"),
        (&[0.5, 600.0], "[5.e-01 6.e+02]"),
        (&[1e-300, 2e300], "[1.e-300 2.e+300]"),
        (&[f64::NAN, 1.5, f64::NEG_INFINITY], "[ nan  1.5 -inf]"),
        (&[0.0, -0.0], "[ 0. -0.]"),
        (&[f64::NAN], "[nan]"),
    ];
    for (values, expected) in cases {
        let array = Array1::from(values.to_vec()).into_dyn();
        assert_eq!(nested(&array), expected, "{values:?}");
    }
    // The nearest of equally short decimals; digits instead of zeros after a power of ten.
    let array = array![305.8125_f32 / 8.0, 0.5].into_dyn();
    assert_eq!(nested(&array), "[38.226562  0.5     ]");
    let array = array![-9.691_795e-6_f32, 1.265_637_1e-5].into_dyn();
    assert_eq!(nested(&array), "[-9.6917947e-06  1.2656371e-05]");
}

#[test]
fn other_types_are_written_as_numpy_writes_them() {
    let whole = array![[1_i64, -20], [300, 4]].into_dyn();
    assert_eq!(nested(&whole), "[[  1 -20]\n [300   4]]");
    assert_eq!(nested(&array![true, false].into_dyn()), "[ True False]");
    let texts = array!["a".to_owned(), "d'e".to_owned(), "x\ny".to_owned()];
    assert_eq!(nested(&texts.into_dyn()), r#"['a' "d'e" 'x\ny']"#);
    assert_eq!(nested(&ArrayD::from_elem(IxDyn(&[]), 0.1_f64)), "0.1");
    assert_eq!(nested(&ArrayD::from_elem(IxDyn(&[]), 7_u8)), "7");
    assert_eq!(nested(&ArrayD::<f32>::zeros(IxDyn(&[0, 3]))), "[]");
}

#[test]
fn long_lines_are_broken_and_large_arrays_shortened() {
    let long = Array1::from_iter((0..30).map(|i| 1000 + i)).into_dyn();
    assert_eq!(
        nested(&long),
        "[1000 1001 1002 1003 1004 1005 1006 1007 1008 1009 1010 1011 1012 1013\n \
         1014 1015 1016 1017 1018 1019 1020 1021 1022 1023 1024 1025 1026 1027\n \
         1028 1029]"
    );
    let large = Array::from_iter(0_i64..1001).into_dyn();
    assert_eq!(nested(&large), "[   0    1    2 ...  998  999 1000]");
    let wide = Array2::from_shape_fn((40, 40), |(i, j)| (i * 40 + j) as i64).into_dyn();
    assert_eq!(
        nested(&wide),
        "[[   0    1    2 ...   37   38   39]\n [  40   41   42 ...   77   78   79]\n \
         [  80   81   82 ...  117  118  119]\n ...\n [1480 1481 1482 ... 1517 1518 1519]\n \
         [1520 1521 1522 ... 1557 1558 1559]\n [1560 1561 1562 ... 1597 1598 1599]]"
    );
}

#[test]
fn volumes_are_shown_channel_by_channel() {
    let volume = Array4::from_shape_fn((1, 2, 2, 2), |(_, h, w, c)| (100 * c + 10 * h + w) as i64);
    assert_eq!(
        show(&volume).to_string(),
        "int64 (1, 2, 2, 2): 0 to 111, mean 55.5\n[0, :, :, 0]\n[[ 0  1]\n [10 11]]\n\
         [0, :, :, 1]\n[[100 101]\n [110 111]]"
    );
    let single = volume.index_axis(ndarray::Axis(0), 0);
    assert!(show(&single).values().starts_with("[:, :, 0]\n[[ 0  1]"));
    assert!(show(&volume).nested().values().starts_with("[[[[  0 100]"));
    // A stack of square images has its images first.
    let stack = Array3::from_shape_fn((3, 2, 2), |(m, h, w)| (100 * m + 10 * h + w) as i64);
    assert_eq!(show(&stack).values(), show(&stack).nested().values());
    let many = Array4::<f32>::zeros((50, 6, 6, 8));
    let text = show(&many).values();
    assert!(
        text.contains("... 394 more ...") && text.contains("[49, :, :, 7]"),
        "{text}"
    );
    assert!(text.lines().count() < 60);
}

#[test]
fn statistics_count_what_is_not_finite() {
    let values = array![1.0, f64::NAN, f64::INFINITY, -3.0, f64::NEG_INFINITY];
    let text = show(&values).to_string();
    let first = text.lines().next().unwrap();
    assert_eq!(first, "float64 (5,): -3 to 1, mean -1, 1 NaN, 2 infinite");
    let none = show(&array![f32::NAN]).statistics();
    assert_eq!((none.min, none.mean, none.nan), (None, None, 1));
    assert_eq!(none.to_string(), "float32 (1,): 1 NaN");
    let empty = Array2::<u8>::zeros((0, 3));
    assert_eq!(
        show(&empty).statistics().to_string(),
        "uint8 (0, 3): no values"
    );
    let huge = show(&array![f64::MAX, f64::MAX]).statistics();
    assert_eq!(huge.mean, Some(f64::MAX));
    let exact = show(&array![u64::MAX, u64::MAX - 1]).statistics();
    assert!(
        exact
            .to_string()
            .contains("18446744073709551614 to 18446744073709551615")
    );
}

#[test]
fn parts_are_taken_as_python_takes_them() {
    let array = Array3::from_shape_fn((4, 5, 6), |(a, b, c)| (100 * a + 10 * b + c) as i64);
    let part = |text: &str| {
        let at: At = text.parse().unwrap();
        let view = at.of(array.view().into_dyn()).unwrap();
        (
            view.shape().to_vec(),
            view.iter().copied().collect::<Vec<_>>(),
        )
    };
    assert_eq!(part("[1, 2, 3]"), (vec![], vec![123]));
    assert_eq!(part("-1,-1,-1"), (vec![], vec![345]));
    assert_eq!(part("[..., 5]").0, [4, 5]);
    assert_eq!(part("[0, ...]").0, [5, 6]);
    assert_eq!(
        part("[0, 1:3, ::2]"),
        (vec![2, 3], vec![10, 12, 14, 20, 22, 24])
    );
    assert_eq!(part("[:, 4, -2:]").0, [4, 2]);
    assert_eq!(part("[9:, 0]").0, [0, 6]);
    assert_eq!(part("[2:1]").0, [0, 5, 6]);
    for wrong in [
        "",
        "[",
        "[]",
        "[a]",
        "[1, ]x",
        "[::0]",
        "[::-1]",
        "[..., 1, ...]",
        "[1:2:3:4]",
        "[1.5]",
    ] {
        assert!(wrong.parse::<At>().is_err(), "{wrong}");
    }
    let refused = |text: &str| {
        let at: At = text.parse().unwrap();
        at.of(array.view().into_dyn()).unwrap_err().to_string()
    };
    assert!(refused("[0, 0, 6]").contains("6, expected 0 to 5 on axis 2"));
    assert!(refused("[-5]").contains("0 to 3 on axis 0"));
    assert!(refused("[0, 0, 0, 0]").contains("at most 3 places"));
    assert!(refused(&format!("[{}]", isize::MIN)).contains("axis 0"));
    let at: At = "[1:,:-2, ..., 3]".parse().unwrap();
    assert_eq!(at.to_string(), "[1:, :-2, ..., 3]");
}
