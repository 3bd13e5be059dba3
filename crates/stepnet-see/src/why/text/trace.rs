//! A trace as text, indented by depth.

use std::fmt::{self, Formatter};

use super::super::explanation::More;
use super::super::explanation::Step;
use stepnet_nn::account::number;

/// One value of a trace and, further in, its contributors.
pub(super) fn step(f: &mut Formatter<'_>, at: &Step, depth: usize) -> fmt::Result {
    let indent = "  ".repeat(depth);
    write!(f, "{indent}{} = {}", at.name, number(at.value))?;
    match (at.factor, at.product) {
        (Some(factor), Some(product)) if factor != 1.0 => {
            write!(f, "  (times {} adds {})", number(factor), number(product))?;
        }
        (_, Some(product)) => write!(f, "  (adds {})", number(product))?,
        _ if at.role != "asked" => write!(f, "  ({})", at.role)?,
        _ => {}
    }
    if let Some(raw) = at.raw {
        write!(f, "  raw value {raw}")?;
    }
    writeln!(f)?;
    for below in &at.steps {
        step(f, below, depth + 1)?;
    }
    if let Some(More { count, sum }) = at.more {
        writeln!(f, "{indent}  {count} more, together {}", number(sum))?;
    }
    if at.cut {
        writeln!(f, "{indent}  cut off here: the trace is too long")?;
    }
    Ok(())
}
