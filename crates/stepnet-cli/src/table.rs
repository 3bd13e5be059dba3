//! Tables of text with aligned columns.

use crate::display::{clean, width, wrap};

/// The most cells of a cell.
const WIDEST: usize = 120;

/// A column of names is cut to no fewer cells.
const NARROWEST: usize = 16;

/// Cells between two columns.
const GAP: usize = 2;

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
        self.lines_by(&self.widths())
    }

    /// The lines in at most `columns` cells: with names cut where that is enough, else each row as a
    /// sentence that says the heads of its columns.
    pub(crate) fn lines_within(&self, columns: usize) -> Vec<String> {
        let mut widths = self.widths();
        let needed =
            |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        while let Some(beyond) = needed(&widths).checked_sub(columns + 1) {
            let names = widths.iter_mut().zip(&self.aligns);
            let names =
                names.filter(|(cells, align)| **align == Align::Left && **cells > NARROWEST);
            match names.map(|(cells, _)| cells).max() {
                Some(widest) => *widest = widest.saturating_sub(beyond + 1).max(NARROWEST),
                None => return self.sentences(columns),
            }
        }
        self.lines_by(&widths)
    }

    /// The cells that each column needs.
    fn widths(&self) -> Vec<usize> {
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        };
        (0..self.aligns.len()).map(widest).collect()
    }

    fn lines_by(&self, widths: &[usize]) -> Vec<String> {
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&self.aligns).zip(widths);
            let padded: Vec<String> = cells
                .map(|((cell, align), &cells)| {
                    let cell = clean(cell, cells);
                    let blank = " ".repeat(cells - width(&cell));
                    match align {
                        Align::Left => format!("{cell}{blank}"),
                        Align::Right => format!("{blank}{cell}"),
                    }
                })
                .collect();
            padded.join(&" ".repeat(GAP)).trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }

    /// Each row as `name text: head cell, head cell`.
    fn sentences(&self, columns: usize) -> Vec<String> {
        let Some((heads, rows)) = self.rows.split_first() else {
            return Vec::new();
        };
        let names = self
            .aligns
            .iter()
            .take_while(|align| **align == Align::Left);
        let names = names.count();
        let sentence = |row: &Vec<String>| {
            let (name, cells) = row.split_at(names.min(row.len()));
            let cells = cells.iter().zip(heads.iter().skip(names));
            let said = cells.filter(|(cell, _)| !cell.is_empty());
            let said: Vec<String> = said.map(|(cell, head)| format!("{head} {cell}")).collect();
            let name: Vec<&str> = (name.iter().map(String::as_str))
                .filter(|cell| !cell.is_empty())
                .collect();
            let text = match said.is_empty() {
                true => name.join(" "),
                false => format!("{}: {}", name.join(" "), said.join(", ")),
            };
            wrap(&text, columns, GAP)
        };
        rows.iter().flat_map(sentence).collect()
    }
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
    fn lines_fit_a_terminal() {
        let mut table = Table::new(&[
            ("class", Align::Left),
            ("examples", Align::Right),
            ("F1", Align::Right),
        ]);
        table.row(vec!["数字".repeat(10), "1,000".into(), "99.00 %".into()]);
        table.row(vec!["ant".into(), "2".into(), String::new()]);
        assert_eq!(table.lines_within(80), table.lines());
        let cut = [
            format!("class{}  examples       F1", " ".repeat(18)),
            format!("{}...     1,000  99.00 %", "数字".repeat(5)),
            format!("ant{}         2", " ".repeat(20)),
        ];
        assert_eq!(table.lines_within(42), cut);
        let said = [
            "数字数字数字数字数字数字数字数字数字数字:",
            "  examples 1,000, F1",
            "  99.00 %",
            "ant: examples 2",
        ];
        assert_eq!(table.lines_within(20), said);
        for columns in 20..80 {
            let lines = table.lines_within(columns);
            let word = |line: &String| line.trim().split(' ').count() == 1;
            let fits = |line: &String| width(line) <= columns || word(line);
            assert!(lines.iter().all(fits), "{columns}: {lines:?}");
        }
    }
}
