//! How the window looks: the colours of the cabinet, room between things, and what can be pressed made easy to hit.

use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Frame, Margin, RichText, Stroke, TextStyle,
    Theme, Vec2, Visuals,
};

use super::fonts::BOLD_FAMILY;

pub(super) const BRAND: Color32 = Color32::from_rgb(0x0b, 0x55, 0x63);
pub(super) const ORNAMENT: Color32 = Color32::from_rgb(0xd9, 0xa9, 0x21);
pub(super) const INK: Color32 = Color32::from_rgb(0x16, 0x21, 0x2b);
pub(super) const QUIET_INK: Color32 = Color32::from_rgb(0x4a, 0x5a, 0x65);
pub(super) const GROUND: Color32 = Color32::from_rgb(0xf4, 0xf7, 0xf8);
pub(super) const CARD: Color32 = Color32::WHITE;
pub(super) const MUTED: Color32 = Color32::from_rgb(0xf1, 0xf4, 0xf5);
const EDGE: Color32 = Color32::from_rgb(0xcd, 0xd9, 0xdd);
const FIELD_EDGE: Color32 = Color32::from_rgb(0x5c, 0x73, 0x7c);
const QUIET: Color32 = Color32::from_rgb(0xdf, 0xe9, 0xeb);
const QUIET_HOVER: Color32 = Color32::from_rgb(0xcd, 0xdc, 0xdf);
pub(super) const BAD: Color32 = Color32::from_rgb(0xa8, 0x21, 0x1a);
const BAD_GROUND: Color32 = Color32::from_rgb(0xfb, 0xea, 0xe8);
pub(super) const WARN: Color32 = Color32::from_rgb(0x6b, 0x4a, 0x00);
const WARN_GROUND: Color32 = Color32::from_rgb(0xff, 0xf3, 0xd1);
const INFO_GROUND: Color32 = Color32::from_rgb(0xdc, 0xec, 0xf4);

/// Of buttons and fields, in points.
pub(super) const HEIGHT: f32 = 34.0;

/// Sets colours, sizes and spaces.
pub(super) fn install(context: &Context) {
    context.set_theme(Theme::Light);
    context.all_styles_mut(|style| {
        style.visuals = visuals();
        style.text_styles = [
            (
                TextStyle::Small,
                FontId::new(13.0, FontFamily::Proportional),
            ),
            (TextStyle::Body, FontId::new(15.0, FontFamily::Proportional)),
            (
                TextStyle::Button,
                FontId::new(15.0, FontFamily::Proportional),
            ),
            (
                TextStyle::Monospace,
                FontId::new(13.0, FontFamily::Monospace),
            ),
            (
                TextStyle::Heading,
                FontId::new(21.0, FontFamily::Name(BOLD_FAMILY.into())),
            ),
        ]
        .into();
        let spacing = &mut style.spacing;
        spacing.item_spacing = Vec2::new(8.0, 6.0);
        spacing.button_padding = Vec2::new(14.0, 6.0);
        spacing.interact_size.y = 30.0;
        spacing.scroll.floating_allocated_width = 10.0;
        spacing.icon_width = 18.0;
        spacing.icon_width_inner = 10.0;
    });
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::light();
    visuals.override_text_color = None;
    visuals.panel_fill = GROUND;
    visuals.extreme_bg_color = CARD;
    visuals.weak_text_color = Some(QUIET_INK);
    visuals.selection.bg_fill = QUIET_HOVER;
    visuals.selection.stroke = Stroke::new(2.0, BRAND);
    visuals.error_fg_color = BAD;
    visuals.warn_fg_color = WARN;
    let widgets = &mut visuals.widgets;
    widgets.noninteractive.fg_stroke = Stroke::new(1.0, INK);
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, EDGE);
    for (widget, fill) in [
        (&mut widgets.inactive, QUIET),
        (&mut widgets.hovered, QUIET_HOVER),
        (&mut widgets.active, QUIET_HOVER),
        (&mut widgets.open, QUIET_HOVER),
    ] {
        widget.weak_bg_fill = fill;
        widget.bg_fill = fill;
        widget.fg_stroke = Stroke::new(1.5, INK);
        widget.bg_stroke = Stroke::new(1.0, FIELD_EDGE);
        widget.corner_radius = CornerRadius::same(6);
        widget.expansion = 0.0;
    }
    visuals
}

/// A white field with an edge around something that belongs together.
pub(super) fn card() -> Frame {
    Frame::new()
        .fill(CARD)
        .stroke(Stroke::new(1.0, EDGE))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(14, 10))
}

/// A card that is chosen.
pub(super) fn chosen_card() -> Frame {
    card().stroke(Stroke::new(2.0, BRAND))
}

/// A field for what went wrong.
pub(super) fn bad() -> Frame {
    strip(BAD_GROUND)
}

/// A field for what has to be known before going on.
pub(super) fn warning() -> Frame {
    strip(WARN_GROUND)
}

/// A field for what is good to know.
pub(super) fn hint() -> Frame {
    strip(INFO_GROUND)
}

fn strip(fill: Color32) -> Frame {
    Frame::new()
        .fill(fill)
        .corner_radius(6)
        .inner_margin(Margin::symmetric(12, 8))
}

/// A text in the weight of titles.
pub(super) fn bold(text: impl Into<String>) -> RichText {
    RichText::new(text).family(FontFamily::Name(BOLD_FAMILY.into()))
}

/// A text that explains another.
pub(super) fn quiet(text: impl Into<String>) -> RichText {
    RichText::new(text).small().color(QUIET_INK)
}
