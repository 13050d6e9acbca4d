//! The pieces that are more than running text.

use super::{Area, Face, Item, LEADING, Layouter, Role, Shade};
use crate::block::{Fact, Style};
use crate::code::Modules;
use crate::error::PrintError;
use crate::fonts::Weight;
use crate::line::{Line, narrow};

impl Layouter<'_> {
    /// A number in a frame, as large as the frame is wide.
    pub(super) fn number(&mut self, label: &str, number: &str, area: Area, parent: usize) {
        const INSET: f32 = 10.0;
        let inset = INSET * self.scale;
        let inner = Area {
            x: area.x + inset,
            width: area.width - 2.0 * inset,
        };
        let clean = self.faces.clean(number);
        let line = Line::of(self.faces.of(Weight::Bold), &clean);
        let wanted = 30.0;
        let size = if line.width * wanted * self.scale > inner.width {
            inner.width / line.width.max(1.0) / self.scale
        } else {
            wanted
        };
        self.need((size + 20.0) * LEADING * self.scale + 2.0 * inset);
        let top = self.cursor.y;
        self.cursor.y += inset * 0.7;
        let node = self.node(Role::Paragraph, parent);
        self.text(label, self.face(Style::Small), inner, node);
        let face = Face {
            size,
            weight: Weight::Bold,
            shade: Shade::Black,
        };
        self.line(line, face, inner.x, node);
        self.cursor.y += size * self.scale * LEADING + inset * 0.5;
        let height = self.cursor.y - top;
        self.put(
            Item::Frame {
                x: area.x,
                y: top,
                width: area.width,
                height,
            },
            None,
        );
        self.space(8.0);
    }

    /// Name and value beside each other, with a hair line between facts.
    pub(super) fn facts(&mut self, facts: &[Fact], area: Area, parent: usize) {
        const GUTTER: f32 = 12.0;
        let names = Area {
            x: area.x,
            width: area.width * 0.36,
        };
        let values = Area {
            x: area.x + names.width + GUTTER,
            width: area.width - names.width - GUTTER,
        };
        for fact in facts {
            let node = self.node(Role::Paragraph, parent);
            let name = Face {
                size: 9.0,
                weight: Weight::Regular,
                shade: Shade::Dim,
            };
            self.need(10.0 * LEADING * self.scale);
            let start = self.cursor;
            self.text(&fact.name, name, names, node);
            let end = std::mem::replace(&mut self.cursor, start);
            self.text(&fact.value, self.face(Style::Plain), values, node);
            if end > self.cursor {
                self.cursor = end;
            }
            self.space(2.5);
        }
        self.space(4.0);
    }

    pub(super) fn list(&mut self, items: &[String], area: Area, parent: usize) {
        let list = self.node(Role::List, parent);
        let indent = 11.0 * self.scale;
        let inner = Area {
            x: area.x + indent,
            width: area.width - indent,
        };
        let face = self.face(Style::Plain);
        for item in items {
            let entry = self.node(Role::ListItem, list);
            let body = self.node(Role::ListBody, entry);
            self.need(face.size * LEADING * self.scale);
            let dot = self.faces.clean("•");
            let dot = Line::of(self.faces.of(face.weight), &dot);
            // The dot is decoration: the list says that these are items.
            let size = face.size * self.scale;
            let baseline = self.cursor.y + size * super::ASCENT;
            self.put(
                Item::Text {
                    x: area.x + 1.5,
                    baseline,
                    size,
                    weight: face.weight,
                    shade: face.shade,
                    line: dot,
                },
                None,
            );
            self.text(item, face, inner, body);
            self.space(1.5);
        }
        self.space(4.0);
    }

    /// A code in its quiet zone, at most 33 millimetres wide, with its caption below.
    pub(super) fn code(
        &mut self,
        url: &str,
        caption: &str,
        description: &str,
        area: Area,
        parent: usize,
    ) -> Result<(), PrintError> {
        let modules = Modules::of(url)?;
        // Four modules of quiet zone on each side (ISO/IEC 18004, 5.3.8); the paper around is white as well.
        let count = narrow(i32::try_from(modules.width).unwrap_or(177)) + 8.0;
        let side = (94.0 * self.scale.max(0.8)).min(area.width);
        let quiet = side / count * 4.0;
        self.need(side + 24.0);
        let node = self.node(Role::Figure(self.faces.clean(description)), parent);
        self.put(
            Item::Code {
                x: area.x + quiet,
                y: self.cursor.y + quiet,
                side: side - 2.0 * quiet,
                modules,
            },
            Some(node),
        );
        self.cursor.y += side;
        let node = self.node(Role::Paragraph, parent);
        self.text(caption, self.face(Style::Small), area, node);
        self.space(4.0);
        Ok(())
    }

    /// Lines to sign on, beside each other.
    pub(super) fn signatures(&mut self, labels: &[String], area: Area, parent: usize) {
        const GUTTER: f32 = 18.0;
        let count = narrow(i32::try_from(labels.len().max(1)).unwrap_or(1));
        let width = (area.width - GUTTER * (count - 1.0)) / count;
        self.need(60.0 * self.scale);
        self.space(26.0);
        let start = self.cursor;
        let mut lowest = start;
        let mut x = area.x;
        for label in labels {
            self.cursor = start;
            self.put(
                Item::Rule {
                    x,
                    y: start.y,
                    length: width,
                    thickness: 0.7,
                    shade: Shade::Black,
                },
                None,
            );
            self.space(2.0);
            let node = self.node(Role::Paragraph, parent);
            self.text(label, self.face(Style::Small), Area { x, width }, node);
            if self.cursor > lowest {
                lowest = self.cursor;
            }
            x += width + GUTTER;
        }
        self.cursor = lowest;
        self.space(6.0);
    }
}
