//! The letters of figures: ASCII in cells of 5 x 7 dots, so that a legend needs no fonts.

/// The width of a letter with the gap after it, in dots.
pub(super) const ADVANCE: usize = 6;

/// The height of a letter, in dots.
pub(super) const HEIGHT: usize = 7;

/// From the space on, a byte for each row from the top down; the leftmost dot is bit 4.
#[rustfmt::skip]
const GLYPHS: [u64; 95] = [
    0x000000_00000000, 0x040404_04040004, 0x0a0a00_00000000, 0x0a1f0a_0a0a1f0a,
    0x040f14_0e051e04, 0x191902_04081313, 0x0c1214_0815120d, 0x040400_00000000,
    0x020408_08080402, 0x080402_02020408, 0x000a04_1f040a00, 0x000404_1f040400,
    0x000000_00040408, 0x000000_0e000000, 0x000000_00000c0c, 0x010102_04081010,
    0x0e1113_1519110e, 0x040c04_0404040e, 0x0e1101_0608101f, 0x1f0204_0201110e,
    0x02060a_121f0202, 0x1f101e_0101110e, 0x060810_1e11110e, 0x1f0102_04080808,
    0x0e1111_0e11110e, 0x0e1111_0f01020c, 0x000c0c_000c0c00, 0x000c0c_000c0408,
    0x020408_10080402, 0x00001f_001f0000, 0x080402_01020408, 0x0e1101_02040004,
    0x0e1117_1517100e, 0x0e1111_1f111111, 0x1e1111_1e11111e, 0x0e1110_1010110e,
    0x1c1211_1111121c, 0x1f1010_1e10101f, 0x1f1010_1e101010, 0x0e1110_1711110f,
    0x111111_1f111111, 0x0e0404_0404040e, 0x070202_0202120c, 0x111214_18141211,
    0x101010_1010101f, 0x111b15_15111111, 0x111915_13111111, 0x0e1111_1111110e,
    0x1e1111_1e101010, 0x0e1111_1115120d, 0x1e1111_1e141211, 0x0f1010_0e01011e,
    0x1f0404_04040404, 0x111111_1111110e, 0x111111_11110a04, 0x111111_1515150a,
    0x11110a_040a1111, 0x11110a_04040404, 0x1f0102_0408101f, 0x0e0808_0808080e,
    0x101008_04020101, 0x0e0202_0202020e, 0x040a11_00000000, 0x000000_0000001f,
    0x080400_00000000, 0x00000e_010f110f, 0x10101e_1111111e, 0x00000e_1010100e,
    0x01010f_1111110f, 0x00000e_111f100e, 0x06081c_08080808, 0x000f11_110f010e,
    0x10101e_11111111, 0x04000c_0404040e, 0x020006_0202120c, 0x101012_14181412,
    0x0c0404_0404040e, 0x00001a_15151515, 0x00001e_11111111, 0x00000e_1111110e,
    0x001e11_111e1010, 0x000f11_110f0101, 0x000016_18101010, 0x00000f_100e011e,
    0x08081c_08080806, 0x000011_1111110f, 0x000011_11110a04, 0x000011_1115150a,
    0x000011_0a040a11, 0x001111_0f01010e, 0x00001f_0204081f, 0x060808_10080806,
    0x040404_04040404, 0x0c0202_0102020c, 0x000008_15020000,
];

/// Whether a letter has a dot in a row and column; letters outside of ASCII look like a question mark.
pub(super) fn dot(letter: char, row: usize, col: usize) -> bool {
    let place = |letter: char| (letter as usize).checked_sub(' ' as usize);
    let glyph = place(letter).and_then(|at| GLYPHS.get(at));
    let glyph = glyph.unwrap_or(&GLYPHS['?' as usize - ' ' as usize]);
    row < HEIGHT && col < 5 && glyph >> (8 * (HEIGHT - 1 - row) + 4 - col) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_what_they_are() {
        let rows = |letter| -> Vec<String> {
            let row = |row| (0..5).map(move |col| if dot(letter, row, col) { '#' } else { '.' });
            (0..HEIGHT).map(|at| row(at).collect()).collect()
        };
        assert_eq!(
            rows('F'),
            [
                "#####", "#....", "#....", "####.", "#....", "#....", "#...."
            ]
        );
        assert_eq!(rows('7').first().unwrap(), "#####");
        assert_eq!(rows('\u{e9}'), rows('?'));
        let drawn = ('!'..='~').all(|letter| rows(letter).iter().any(|row| row.contains('#')));
        assert!(drawn && !rows(' ').iter().any(|row| row.contains('#')));
    }

    #[test]
    fn no_two_letters_look_alike() {
        let mut glyphs = GLYPHS.to_vec();
        glyphs.sort_unstable();
        glyphs.dedup();
        assert_eq!(glyphs.len(), GLYPHS.len());
    }
}
