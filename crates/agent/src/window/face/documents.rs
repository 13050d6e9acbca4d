//! What is to be signed, as far as a person can judge it.

use std::sync::Arc;

use eframe::egui::epaint::text::PlacedRow;
use eframe::egui::style::ScrollStyle;
use eframe::egui::{Label, RichText, ScrollArea, TextStyle, TextWrapMode, Ui, WidgetText};

use super::frame::{fact, part};
use crate::consent::{Document, KeyQuestion, Show, clean};
use crate::window::style;

/// Of a text before it scrolls, in points: twelve rows, as many as a text for signing in has.
const TALLEST: f32 = 224.0;
/// Letters of what a document is, beside which its size fits into one line of the smallest window.
const BESIDE: usize = 30;

/// Shows the documents of a question.
pub(super) fn show(ui: &mut Ui, show: &Show<'_>, question: &KeyQuestion) {
    if question.clock_is_wrong {
        style::bad().show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(show.text("ask-clock-is-wrong")).color(style::BAD));
        });
    }
    if question.document_count == 0 {
        return;
    }
    let count = [("count", question.document_count.into())];
    part(ui, show.format("ask-documents", &count));
    for (number, document) in question.documents.iter().enumerate() {
        style::card().show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.push_id(("document", number), |ui| one(ui, show, document));
        });
    }
    let left = question
        .document_count
        .saturating_sub(question.documents.len());
    if left > 0 {
        ui.label(show.format("ask-documents-more", &[("count", left.into())]));
    }
}

fn one(ui: &mut Ui, show: &Show<'_>, document: &Document) {
    let form = show.text(document.form.text_key());
    let size = style::quiet(show.octets(document.size_octets));
    if form.chars().count() > BESIDE {
        ui.add(Label::new(style::bold(form).color(style::INK)).wrap());
        ui.label(size);
    } else {
        ui.horizontal_wrapped(|ui| {
            ui.label(style::bold(form).color(style::INK));
            ui.label(size);
        });
    }
    if let Some(file) = &document.file {
        let text = show.format("ask-file", &[("path", clean(file).into())]);
        ui.add(Label::new(text).wrap());
    }
    for (key, value) in &document.summary {
        fact(ui, &show.text(key), &show.value(key, value));
    }
    if let Some(text) = &document.text {
        excerpt(ui, show, text);
        if document.is_cut {
            ui.label(style::quiet(show.text("ask-text-is-cut")));
        }
    }
    let digest = show.format(
        document.form.digest_key(),
        &[("digest", grouped(&document.sha256).into())],
    );
    ui.add(Label::new(style::quiet(digest)).wrap());
    if document.is_unusual_digest() {
        style::warning().show(ui, |ui| {
            ui.label(RichText::new(show.text("ask-digest-unusual")).color(style::WARN));
        });
    }
}

/// A text, and how much of it is still to be scrolled to.
fn excerpt(ui: &mut Ui, show: &Show<'_>, text: &str) {
    let text = RichText::new(show.lines(text).join("\n")).monospace();
    let below = eframe::egui::Frame::new()
        .fill(style::MUTED)
        .corner_radius(4)
        .inner_margin(8)
        .show(ui, |ui| {
            // One that is seen also while nobody points at it.
            ui.spacing_mut().scroll = ScrollStyle {
                foreground_color: true,
                ..ScrollStyle::solid()
            };
            let area = ScrollArea::vertical()
                .max_height(TALLEST)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    let (wrap, width) = (Some(TextWrapMode::Wrap), ui.available_width());
                    let laid =
                        WidgetText::from(text).into_galley(ui, wrap, width, TextStyle::Monospace);
                    ui.add(Label::new(Arc::clone(&laid)));
                    laid
                });
            let height = area.inner_rect.height();
            let bottom = area.state.unclamped_offset().y + height;
            let is_below = |row: &&PlacedRow| row.rect().center().y > bottom;
            let rows = area.inner.rows.iter();
            (area.content_size.y > height + 1.0).then(|| rows.filter(is_below).count())
        });
    match below.inner {
        None => {}
        Some(0) => {
            ui.label(style::quiet(show.text("ask-text-ends")));
        }
        Some(rows) => {
            let more = show.format("ask-more-lines", &[("count", rows.into())]);
            ui.label(style::bold(more).color(style::WARN));
        }
    }
}

/// Hexadecimal digits in groups of eight, which can be compared by eye and wrap.
pub(super) fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 8 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
