//! What was found as JSON.

use serde_json::{Value, json};
use stepnet_examine::{Examination, Finding, PartFacts, Shortcut};

use crate::note;

pub(super) fn as_json(found: &Examination) -> Value {
    let finding = |finding: &Finding| {
        let place = finding.place;
        json!({
            "kind": finding.kind,
            "problem": finding.kind.is_problem(),
            "part": place.map(|place| place.part.word()),
            "example": place.map(|place| place.example),
            "file": finding.name,
            "class": finding.class,
            "detail": finding.detail,
            "score": finding.score,
            "leave_out": finding.leave_out,
        })
    };
    let part = |facts: &PartFacts| {
        let sizes = facts.sizes.iter();
        let formats = facts.formats.iter();
        json!({
            "examples": facts.examples,
            "classes": facts.classes,
            "grey": facts.grey,
            "colour": facts.colour,
            "sizes": sizes.map(|([h, w], n)| json!({"height": h, "width": w, "images": n})).collect::<Value>(),
            "formats": formats.map(|(format, n)| json!({"format": format, "images": n})).collect::<Value>(),
            "bytes": facts.bytes,
        })
    };
    let shortcut = |shortcut: &Shortcut| {
        json!({
            "cue": shortcut.cue.words(),
            "accuracy": shortcut.accuracy,
            "chance": shortcut.chance,
            "examples": shortcut.examples,
            "notable": shortcut.is_notable(),
        })
    };
    json!({
        "training": part(&found.training),
        "test": found.test.as_ref().map(part),
        "classes": found.classes,
        "remarks": found.remarks,
        "problems": found.problems(),
        "findings": found.findings.iter().map(finding).collect::<Value>(),
        "shortcuts": found.shortcuts.iter().map(shortcut).collect::<Value>(),
        "notes": note::all(),
    })
}
