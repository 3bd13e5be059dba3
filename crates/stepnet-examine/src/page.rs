//! `examine.html`: what was found on one page that needs no other file, no network, no mouse and no colours.

mod thumbnail;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use stepnet::Result;
use stepnet_base::design;

use crate::examination::Examination;
use crate::finding::{Finding, FindingKind};
use crate::source::Source;
use thumbnail::thumbnail;

/// Nothing may be loaded, whatever a name in the page says.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("page/style.css");

/// The most findings of a kind with their images: the table has all.
const MOST: usize = 60;

impl Examination {
    /// The findings as a page with the images, up to 60 of each kind.
    ///
    /// # Errors
    /// An image that cannot be read.
    pub fn page(&self, source: &Source<'_>, name: &str) -> Result<String> {
        let mut sections = Vec::new();
        for kind in FindingKind::ALL {
            if let Some(title) = self.count_line(kind) {
                sections.push((kind, title, self.section(source, kind)?));
            }
        }
        let facts = [
            Some(("Training part", &self.training)),
            self.test.as_ref().map(|test| ("Test part", test)),
        ];
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { "Examination: " (name) }
                    style { (PreEscaped(design::TOKENS)) (PreEscaped(design::BASE)) (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { "Examination: " (name) }
                        dl { @for (title, facts) in facts.iter().flatten() {
                            dt { (title) } dd { (facts.line()) }
                        } }
                        @if !self.remarks.is_empty() {
                            ul.notes aria-label="Remarks on the classes" {
                                @for remark in &self.remarks { li { (remark) } }
                            }
                        }
                        nav aria-label="Findings" { ul {
                            @for (kind, title, _) in &sections {
                                li { a href=(format!("#{}", kind.word())) { (title) } }
                            }
                            @if sections.is_empty() { li { "Nothing is wrong with the examples." } }
                        } }
                    }
                    main {
                        @for (kind, title, body) in &sections {
                            section aria-labelledby=(kind.word()) {
                                h2 id=(kind.word()) {
                                    (title) @if kind.is_problem() { " " strong.problem { "problem" } }
                                }
                                (body)
                            }
                        }
                        (self.classes())
                        (self.cues())
                    }
                    footer { p { "Written by stepnet " (env!("CARGO_PKG_VERSION")) "." } }
                }
            }
        };
        Ok(page.into_string())
    }

    fn section(&self, source: &Source<'_>, kind: FindingKind) -> Result<Markup> {
        let all = self.of_kind(kind).count();
        let mut items = Vec::new();
        for finding in self.of_kind(kind).take(MOST) {
            items.push(item(source, finding)?);
        }
        Ok(html! {
            @if all > MOST { p { "The first " (MOST) "; the CSV list has all." } }
            ul.findings { @for item in &items { li { (item) } } }
        })
    }

    fn classes(&self) -> Markup {
        let tested = self.test.as_ref().map(|test| &test.classes);
        html! {
            @if !self.training.classes.is_empty() {
                section aria-labelledby="classes" {
                    h2 id="classes" { "Classes" }
                    div.scroll tabindex="0" role="region" aria-label="Table of the classes" { table {
                        thead { tr {
                            th scope="col" { "class" } th scope="col" { "training" }
                            @if tested.is_some() { th scope="col" { "test" } }
                        } }
                        tbody { @for (at, class) in self.classes.iter().enumerate() { tr {
                            th scope="row" { (class) }
                            td { (self.training.classes.get(at).copied().unwrap_or(0)) }
                            @if let Some(tested) = tested { td { (tested.get(at).copied().unwrap_or(0)) } }
                        } } }
                    } }
                }
            }
        }
    }

    fn cues(&self) -> Markup {
        html! {
            @if !self.shortcuts.is_empty() {
                section aria-labelledby="shortcuts" {
                    h2 id="shortcuts" { "What predicts the class without the content" }
                    ul { @for shortcut in &self.shortcuts { li {
                        @if shortcut.is_notable() { strong { "Possible shortcut: " } }
                        (shortcut.line()) "."
                    } } }
                }
            }
        }
    }
}

/// A finding with its image, and the other one that it is about.
fn item(source: &Source<'_>, finding: &Finding) -> Result<Markup> {
    let places = [finding.place, finding.other];
    let mut images = Vec::new();
    for place in places.into_iter().flatten() {
        if let Some(image) = source.image(place)? {
            images.extend(thumbnail(&image, &source.name(place)));
        }
    }
    Ok(html! {
        figure {
            div.pair { @for image in &images { (image) } }
            figcaption {
                span.name { (finding.name) }
                @if let Some(class) = &finding.class { " is " strong { (class) } }
                ": " (finding.detail)
                @if finding.leave_out { " " span.out { "(left out by the list)" } }
            }
        }
    })
}

#[cfg(test)]
mod tests;
