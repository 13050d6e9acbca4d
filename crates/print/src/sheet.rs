//! Where everything stands: blocks become lines, rules and codes at places on A4 pages. Points, from the upper left.

use crate::block::{Block, Style};
use crate::code::Modules;
use crate::error::PrintError;
use crate::fonts::{Faces, Weight};
use crate::line::{Line, narrow};

mod pages;
mod pieces;

/// A4.
pub(crate) const WIDTH: f32 = 595.276;
pub(crate) const HEIGHT: f32 = 841.89;
/// Baseline to baseline, in parts of the font size.
const LEADING: f32 = 1.38;
/// From the top of a line to its baseline.
const ASCENT: f32 = 1.05;

/// How dark something is; there is no colour, so grey printers lose nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shade {
    Black,
    /// For labels: 4.5:1 against white and more.
    Dim,
    /// For rules.
    Light,
}

/// What stands at a place.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Text {
        x: f32,
        baseline: f32,
        size: f32,
        weight: Weight,
        shade: Shade,
        line: Line,
    },
    Rule {
        x: f32,
        y: f32,
        length: f32,
        thickness: f32,
        shade: Shade,
    },
    Frame {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    Code {
        x: f32,
        y: f32,
        side: f32,
        modules: Modules,
    },
}

/// What a thing is for those who read the structure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    Root,
    Heading(u8, String),
    Paragraph,
    List,
    ListItem,
    ListBody,
    Figure(String),
    Section,
    In(&'static str),
}

/// A node of the structure: what it is, and its nodes and items in order.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) children: Vec<Child>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Child {
    Node(usize),
    Item(usize),
}

/// An item on its page.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) page: usize,
    /// Whether it belongs to the structure; else it is decoration, or repeats itself on each page.
    pub(crate) is_content: bool,
    pub(crate) item: Item,
}

/// The free part of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Margins {
    side: f32,
    top: f32,
    bottom: f32,
}

impl Margins {
    /// With room for a foot of so many lines.
    pub(crate) fn for_foot(lines: usize) -> Self {
        Self {
            side: 51.0,
            top: 48.0,
            bottom: 40.0 + 11.0 * narrow(i32::try_from(lines).unwrap_or(3)),
        }
    }
}

/// The pages, laid out.
#[derive(Debug)]
pub(crate) struct Sheets {
    pub(crate) pages: usize,
    pub(crate) placed: Vec<Placed>,
    pub(crate) nodes: Vec<Node>,
    margins: Margins,
}

/// A column that is being filled.
#[derive(Clone, Copy, Debug)]
struct Area {
    x: f32,
    width: f32,
}

/// Where the next thing goes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Cursor {
    page: usize,
    y: f32,
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
struct Face {
    size: f32,
    weight: Weight,
    shade: Shade,
}

struct Layouter<'a> {
    faces: &'a Faces<'a>,
    scale: f32,
    cursor: Cursor,
    sheets: Sheets,
}

impl Sheets {
    /// Lays blocks out, everything `scale` times as large as usual.
    pub(crate) fn lay(
        faces: &Faces<'_>,
        blocks: &[Block],
        margins: Margins,
        scale: f32,
    ) -> Result<Self, PrintError> {
        let root = Node {
            role: Role::Root,
            children: Vec::new(),
        };
        let mut layouter = Layouter {
            faces,
            scale,
            cursor: Cursor {
                page: 0,
                y: margins.top,
            },
            sheets: Self {
                pages: 1,
                placed: Vec::new(),
                nodes: vec![root],
                margins,
            },
        };
        let area = Area {
            x: margins.side,
            width: WIDTH - 2.0 * margins.side,
        };
        layouter.blocks(blocks, area, 0)?;
        Ok(layouter.sheets)
    }

    /// Writes running heads and feet, now that the number of pages is known.
    pub(crate) fn frame(&mut self, faces: &Faces<'_>, head: &str, foot: &[String]) {
        let width = WIDTH - 2.0 * self.margins.side;
        let mut add = |page: usize, y: f32, text: &str| {
            let size = 8.0;
            let lines = Line::broken(faces.of(Weight::Regular), text, width / size);
            let Some(line) = lines.into_iter().next() else {
                return;
            };
            self.placed.push(Placed {
                page,
                is_content: false,
                item: Item::Text {
                    x: self.margins.side,
                    baseline: y,
                    size,
                    weight: Weight::Regular,
                    shade: Shade::Dim,
                    line,
                },
            });
        };
        let head = faces.clean(head);
        for page in 0..self.pages {
            if page > 0 {
                add(page, 34.0, &head);
            }
            let mut y = HEIGHT - self.margins.bottom + 18.0;
            for text in foot {
                let text = text
                    .replace("{page}", &(page + 1).to_string())
                    .replace("{count}", &self.pages.to_string());
                add(page, y, &faces.clean(&text));
                y += 11.0;
            }
        }
        for page in 0..self.pages {
            self.placed.push(Placed {
                page,
                is_content: false,
                item: Item::Rule {
                    x: self.margins.side,
                    y: HEIGHT - self.margins.bottom + 6.0,
                    length: width,
                    thickness: 0.5,
                    shade: Shade::Light,
                },
            });
        }
    }
}

impl Layouter<'_> {
    fn blocks(&mut self, blocks: &[Block], area: Area, parent: usize) -> Result<(), PrintError> {
        blocks
            .iter()
            .try_for_each(|block| self.block(block, area, parent))
    }

    fn block(&mut self, block: &Block, area: Area, parent: usize) -> Result<(), PrintError> {
        match block {
            Block::Heading { level, text } => self.heading(*level, text, area, parent),
            Block::Paragraph { style, text } => {
                let node = self.node(Role::Paragraph, parent);
                self.text(text, self.face(*style), area, node);
                self.space(if *style == Style::Small { 3.0 } else { 5.0 });
            }
            Block::Number { label, number } => self.number(label, number, area, parent),
            Block::Facts(facts) => self.facts(facts, area, parent),
            Block::List(items) => self.list(items, area, parent),
            Block::Columns {
                left_share,
                left,
                right,
            } => self.columns(*left_share, left, right, area, parent)?,
            Block::Code {
                url,
                caption,
                description,
            } => self.code(url, caption, description, area, parent)?,
            Block::Signatures(lines) => self.signatures(lines, area, parent),
            Block::In { language, blocks } => {
                let node = self.node(Role::In(language), parent);
                self.blocks(blocks, area, node)?;
            }
            Block::Together(blocks) => self.together(blocks, area, parent)?,
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, text: &str, area: Area, parent: usize) {
        let level = level.clamp(1, 3);
        let (size, before, after) = match level {
            1 => (18.0, 0.0, 6.0),
            2 => (12.5, 6.0, 3.0),
            _ => (10.5, 4.0, 2.0),
        };
        self.space(before);
        // A heading at the very end of a page belongs to the next one.
        self.need(size * LEADING * self.scale * 3.0);
        let node = self.node(Role::Heading(level, self.faces.clean(text)), parent);
        let face = Face {
            size,
            weight: Weight::Bold,
            shade: Shade::Black,
        };
        self.text(text, face, area, node);
        self.space(after);
    }

    const fn face(&self, style: Style) -> Face {
        match style {
            Style::Plain => Face {
                size: 10.0,
                weight: Weight::Regular,
                shade: Shade::Black,
            },
            Style::Strong => Face {
                size: 10.0,
                weight: Weight::Bold,
                shade: Shade::Black,
            },
            Style::Small => Face {
                size: 8.5,
                weight: Weight::Regular,
                shade: Shade::Dim,
            },
        }
    }

    /// Sets a text at the cursor, line by line, on further pages where one ends.
    fn text(&mut self, text: &str, face: Face, area: Area, node: usize) {
        let size = face.size * self.scale;
        let text = self.faces.clean(text);
        for line in Line::broken(self.faces.of(face.weight), &text, area.width / size) {
            self.need(size * LEADING);
            self.line(line, face, area.x, node);
            self.cursor.y += size * LEADING;
        }
    }

    /// Sets one line at the cursor, which stays.
    fn line(&mut self, line: Line, face: Face, x: f32, node: usize) {
        let size = face.size * self.scale;
        self.put(
            Item::Text {
                x,
                baseline: self.cursor.y + size * ASCENT,
                size,
                weight: face.weight,
                shade: face.shade,
                line,
            },
            Some(node),
        );
    }

    fn together(&mut self, blocks: &[Block], area: Area, parent: usize) -> Result<(), PrintError> {
        let start = self.cursor;
        let (placed, nodes) = (self.sheets.placed.len(), self.sheets.nodes.len());
        let pages = self.sheets.pages;
        let lay = |layouter: &mut Self| {
            layouter.put(
                Item::Rule {
                    x: area.x,
                    y: layouter.cursor.y,
                    length: area.width,
                    thickness: 0.5,
                    shade: Shade::Light,
                },
                None,
            );
            layouter.space(4.0);
            let node = layouter.node(Role::Section, parent);
            layouter.blocks(blocks, area, node)?;
            layouter.space(4.0);
            Ok(())
        };
        lay(self)?;
        if self.cursor.page != start.page && start.y > self.sheets.margins.top {
            // It was begun too late on this page: as if it had not been begun.
            self.sheets.placed.truncate(placed);
            self.sheets.nodes.truncate(nodes);
            if let Some(parent) = self.sheets.nodes.get_mut(parent) {
                let _ = parent.children.pop();
            }
            self.sheets.pages = pages;
            self.cursor = start;
            self.next_page();
            lay(self)?;
        }
        Ok(())
    }

    fn columns(
        &mut self,
        left_share: f32,
        left: &[Block],
        right: &[Block],
        area: Area,
        parent: usize,
    ) -> Result<(), PrintError> {
        const GUTTER: f32 = 18.0;
        let share = left_share.clamp(0.2, 0.8);
        let free = area.width - GUTTER;
        let first = Area {
            x: area.x,
            width: free * share,
        };
        let second = Area {
            x: area.x + first.width + GUTTER,
            width: free - first.width,
        };
        let start = self.cursor;
        self.blocks(left, first, parent)?;
        let end = std::mem::replace(&mut self.cursor, start);
        self.blocks(right, second, parent)?;
        if end > self.cursor {
            self.cursor = end;
        }
        Ok(())
    }
}
