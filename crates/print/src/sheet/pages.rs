//! From one page to the next, and what is put there.

use super::{Child, Cursor, HEIGHT, Item, Layouter, Node, Placed, Role};

impl Layouter<'_> {
    pub(super) fn node(&mut self, role: Role, parent: usize) -> usize {
        let place = self.sheets.nodes.len();
        self.sheets.nodes.push(Node {
            role,
            children: Vec::new(),
        });
        if let Some(parent) = self.sheets.nodes.get_mut(parent) {
            parent.children.push(Child::Node(place));
        }
        place
    }

    pub(super) fn put(&mut self, item: Item, node: Option<usize>) {
        let place = self.sheets.placed.len();
        self.sheets.placed.push(Placed {
            page: self.cursor.page,
            is_content: node.is_some(),
            item,
        });
        if let Some(node) = node.and_then(|node| self.sheets.nodes.get_mut(node)) {
            node.children.push(Child::Item(place));
        }
    }

    pub(super) fn space(&mut self, points: f32) {
        self.cursor.y += points * self.scale;
    }

    /// Goes to the next page unless so much height is free.
    pub(super) fn need(&mut self, height: f32) {
        let margins = self.sheets.margins;
        if self.cursor.y + height > HEIGHT - margins.bottom && self.cursor.y > margins.top {
            self.next_page();
        }
    }

    pub(super) fn next_page(&mut self) {
        self.cursor = Cursor {
            page: self.cursor.page + 1,
            y: self.sheets.margins.top,
        };
        self.sheets.pages = self.sheets.pages.max(self.cursor.page + 1);
    }
}
