//! Tables of text with aligned columns.

use crate::display::{clean, width};

/// The most cells of a cell.
const WIDEST: usize = 120;

/// How a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows under a head, columns two spaces apart.
#[derive(Debug)]
pub(crate) struct Table {
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        Self {
            aligns: columns.iter().map(|&(_, align)| align).collect(),
            rows: vec![
                columns
                    .iter()
                    .map(|&(name, _)| clean(name, WIDEST))
                    .collect(),
            ],
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        let shown = cells.iter().map(|cell| clean(cell, WIDEST));
        self.rows.push(shown.collect());
    }

    /// The lines, without spaces at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.aligns.len()).map(widest).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&self.aligns).zip(&widths);
            let padded: Vec<String> = cells
                .map(|((cell, align), &widest)| {
                    let blank = " ".repeat(widest - width(cell));
                    match align {
                        Align::Left => format!("{cell}{blank}"),
                        Align::Right => format!("{blank}{cell}"),
                    }
                })
                .collect();
            padded.join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

/// A whole number with commas between the thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        table.row(vec!["a".into(), "1,000".into()]);
        assert_eq!(table.lines(), ["name      n", "a     1,000"]);
    }

    #[test]
    fn columns_align_whatever_the_names_hold() {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        table.row(vec!["数字".into(), "1".into()]);
        table.row(vec!["e\u{301}".into(), "22".into()]);
        table.row(vec!["a\u{1b}[2J".into(), "3".into()]);
        table.row(vec!["x".repeat(70_000), "4".into()]);
        let lines = table.lines();
        assert_eq!(lines[1].trim_end(), format!("数字{}1", " ".repeat(119)));
        assert_eq!(lines[3], format!("a\\u001b[2J{}3", " ".repeat(113)));
        for line in &lines {
            assert_eq!(width(line), 124, "{line}");
        }
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1310), "1,310");
        assert_eq!(thousands(23_600_006), "23,600,006");
    }
}
