//! Head and foot of the window, and the room between them.

use eframe::egui::{
    Align, Button, CentralPanel, Color32, Frame, Label, Layout, Margin, Panel, RichText,
    ScrollArea, Stroke, TextStyle, Ui, Vec2,
};
use tanba_model::language::Language;

use crate::consent::{Show, clean};
use crate::window::style;

/// A button at the foot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pressed {
    /// The one that goes on.
    Go,
    /// The one that refuses.
    Cancel,
}

/// What stands at the foot.
pub(super) struct Foot {
    /// What is agreed to, in a sentence.
    pub(super) sentence: Option<String>,
    pub(super) go: String,
    pub(super) cancel: String,
    /// Whether there is something to go on with.
    pub(super) is_ready: bool,
    /// The button that the keyboard is at, where nothing else is.
    pub(super) focus: Option<Pressed>,
}

/// What is asked and who asks; the language that was chosen.
pub(super) fn header(
    ui: &mut Ui,
    show: &Show<'_>,
    heading: &str,
    origin: &str,
) -> Option<Language> {
    let mut chosen = None;
    let band = Frame::new()
        .fill(style::BRAND)
        .inner_margin(Margin::symmetric(20, 12));
    Panel::top("head").frame(band).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for language in Language::ALL {
                let is_now = language == show.language();
                let name = RichText::new(show.language_name(language))
                    .small()
                    .color(Color32::WHITE);
                let edge = if is_now {
                    style::ORNAMENT
                } else {
                    Color32::TRANSPARENT
                };
                let button = Button::new(name)
                    .fill(Color32::TRANSPARENT)
                    .stroke(Stroke::new(1.5, edge))
                    .selected(false)
                    .min_size(Vec2::new(0.0, 24.0));
                if ui.add(button).clicked() && !is_now {
                    chosen = Some(language);
                }
            }
        });
        let text = RichText::new(heading)
            .text_style(TextStyle::Heading)
            .color(Color32::WHITE);
        ui.add(Label::new(text).wrap());
    });
    let line = Frame::new().fill(style::ORNAMENT);
    Panel::top("line")
        .frame(line)
        .exact_size(3.0)
        .show_separator_line(false)
        .show(ui, |_| {});
    let site = Frame::new()
        .fill(style::CARD)
        .inner_margin(Margin::symmetric(20, 10));
    Panel::top("site").frame(site).show(ui, |ui| {
        ui.label(style::quiet(show.text("window-site")));
        ui.add(Label::new(style::bold(clean(origin)).size(17.0).color(style::INK)).wrap());
    });
    chosen
}

/// What is typed, which is in sight whatever scrolls, and the buttons; nothing counts while the window has just appeared.
pub(super) fn footer(
    ui: &mut Ui,
    foot: &Foot,
    is_open: bool,
    above: impl FnOnce(&mut Ui) -> bool,
) -> (Option<Pressed>, bool) {
    let (mut pressed, mut entered) = (None, false);
    let band = Frame::new()
        .fill(style::CARD)
        .inner_margin(Margin::symmetric(20, 12));
    Panel::bottom("foot").frame(band).show(ui, |ui| {
        entered = above(ui);
        if let Some(sentence) = &foot.sentence {
            ui.add(Label::new(style::bold(sentence.clone()).color(style::INK)).wrap());
            ui.add_space(4.0);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let go = Button::new(style::bold(foot.go.clone()).color(Color32::WHITE))
                .fill(style::BRAND)
                .min_size(Vec2::new(120.0, style::HEIGHT));
            let go = ui.add_enabled(is_open && foot.is_ready, go);
            let cancel = Button::new(foot.cancel.clone()).min_size(Vec2::new(100.0, style::HEIGHT));
            let cancel = ui.add_enabled(is_open, cancel);
            if go.clicked() {
                pressed = Some(Pressed::Go);
            } else if cancel.clicked() {
                pressed = Some(Pressed::Cancel);
            }
            let at_nothing = ui.memory(|memory| memory.focused().is_none());
            if at_nothing && is_open {
                match foot.focus {
                    Some(Pressed::Go) if foot.is_ready => go.request_focus(),
                    Some(Pressed::Cancel) => cancel.request_focus(),
                    Some(Pressed::Go) | None => {}
                }
            }
        });
    });
    (pressed, entered)
}

/// The room between, which scrolls.
pub(super) fn body<T>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> T) -> T {
    let ground = Frame::new()
        .fill(style::GROUND)
        .inner_margin(Margin::symmetric(20, 14));
    CentralPanel::default()
        .frame(ground)
        .show(ui, |ui| {
            ScrollArea::vertical()
                .auto_shrink([false, false])
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 8.0;
                    add(ui)
                })
                .inner
        })
        .inner
}

/// A title of a part.
pub(super) fn part(ui: &mut Ui, text: String) {
    ui.add_space(4.0);
    ui.add(Label::new(style::bold(text).size(16.0).color(style::INK)).wrap());
}

/// A small name and what it names, in one line that wraps.
pub(super) fn fact(ui: &mut Ui, name: &str, value: &str) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(style::quiet(format!("{name}:")));
        ui.add(Label::new(RichText::new(value).small().color(style::INK)).wrap());
    });
}
