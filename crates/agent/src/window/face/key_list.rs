//! The keys of an open container: which can be used comes first, and the others say why not.

use eframe::egui::{Label, RadioButton, RichText, Ui};

use super::frame::fact;
use super::is_usable;
use crate::consent::{KeyCard, Show, clean, date};
use crate::window::style;

/// Shows the keys, and changes which one is chosen by its place in the list; a list that is new brings that one into sight.
pub(super) fn show(
    ui: &mut Ui,
    show: &Show<'_>,
    cards: &[KeyCard],
    (chosen, is_new): (&mut Option<usize>, bool),
) {
    for (place, card) in cards.iter().enumerate() {
        let is_chosen = *chosen == Some(place);
        let frame = if is_chosen {
            style::chosen_card()
        } else {
            style::card()
        };
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            let owner = style::bold(clean(&card.owner)).color(style::INK);
            let radio = RadioButton::new(is_chosen, owner);
            if ui.add_enabled(is_usable(card), radio).clicked() {
                *chosen = Some(place);
            }
            facts(ui, show, card);
        });
        if is_chosen && is_new {
            shown.response.scroll_to_me(None);
        }
    }
}

/// Shows the one key that there is.
pub(super) fn show_one(ui: &mut Ui, show: &Show<'_>, card: &KeyCard) {
    style::chosen_card().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(style::bold(clean(&card.owner)).color(style::INK)).wrap());
        facts(ui, show, card);
    });
}

fn facts(ui: &mut Ui, show: &Show<'_>, card: &KeyCard) {
    ui.spacing_mut().item_spacing.y = 2.0;
    if let Some(reason) = &card.unusable {
        let text = RichText::new(show.text(reason.text_key())).small();
        ui.add(Label::new(text.color(style::BAD)).wrap());
    }
    if !card.serial.is_empty() {
        let validity = format!("{} – {}", date(card.not_before), date(card.not_after));
        fact(ui, &show.text("window-owner"), &clean(&card.owner_name));
        fact(ui, &show.text("window-validity"), &validity);
        fact(ui, &show.text("window-serial"), &clean(&card.serial));
        fact(ui, &show.text("window-issuer"), &clean(&card.issuer));
    }
    fact(ui, &show.text("window-algorithm"), &clean(&card.algorithm));
}
