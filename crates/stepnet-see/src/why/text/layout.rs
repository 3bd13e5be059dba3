//! Columns and grids of text.

use std::fmt::{self, Formatter, Write as _};

/// How wide three grids may be side by side.
pub(super) const WIDEST: usize = 100;

/// `28x28x1`.
pub(crate) fn by(extents: &[usize]) -> String {
    let extents: Vec<String> = extents.iter().map(usize::to_string).collect();
    extents.join("x")
}

/// A number for a cell of a grid.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (0.001..1000.0).contains(&size) => {
            let places = if size < 10.0 { 3 } else { 1 };
            format!("{value:.places$}")
        }
        _ => format!("{value:.1e}"),
    }
}

/// Rows under a head: the first column to the left, the others to the right.
pub(super) fn columns<R: AsRef<[String]>>(f: &mut Formatter<'_>, rows: &[R]) -> fmt::Result {
    let count = rows.iter().map(|row| row.as_ref().len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.as_ref().get(column));
        // A remark after a number hangs over.
        let cells = cells.map(|cell| cell.split("  ").next().unwrap_or_default());
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    for row in rows {
        let mut text = String::from(" ");
        for (column, (cell, &width)) in row.as_ref().iter().zip(&widths).enumerate() {
            let (cell, remark) = cell.split_at(cell.find("  ").unwrap_or(cell.len()));
            match column {
                0 => write!(text, " {cell:<width$}{remark}")?,
                _ => write!(text, "  {cell:>width$}{remark}")?,
            }
        }
        writeln!(f, "{}", text.trim_end())?;
    }
    Ok(())
}

/// The lines of a grid under its name, all of one width.
pub(super) fn grid(name: &str, width: usize, cells: Vec<String>) -> Vec<String> {
    let cell = cells.iter().map(String::len).max().unwrap_or(0);
    let line = |row: &[String]| {
        let cells: Vec<String> = row.iter().map(|text| format!("{text:>cell$}")).collect();
        cells.join(" ")
    };
    let mut lines = vec![name.to_owned()];
    lines.extend(cells.chunks(width.max(1)).map(line));
    let longest = lines.iter().map(String::len).max().unwrap_or(0);
    lines
        .iter()
        .map(|line| format!("{line:<longest$}"))
        .collect()
}

/// Grids side by side, or one under the other where that is too wide.
pub(super) fn side_by_side(f: &mut Formatter<'_>, grids: &[Vec<String>]) -> fmt::Result {
    let width: usize = grids
        .iter()
        .filter_map(|grid| Some(grid.first()?.len() + 4))
        .sum();
    if width > WIDEST {
        for line in grids.iter().flatten() {
            writeln!(f, "    {}", line.trim_end())?;
        }
        return Ok(());
    }
    for row in 0..grids.iter().map(Vec::len).max().unwrap_or(0) {
        let cells: Vec<&str> = grids
            .iter()
            .filter_map(|grid| Some(grid.get(row)?.as_str()))
            .collect();
        writeln!(f, "    {}", cells.join("    ").trim_end())?;
    }
    Ok(())
}
