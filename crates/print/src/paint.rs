//! Draws what was laid out, as PDF/A-2u with tags (ISO 19005-2; ISO 32000-1, 14.8).

use std::num::NonZeroU16;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node as TagNode, SpanTag, Tag,
    TagGroup, TagTree,
};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use tanba_pki::Timestamp;

use crate::code::Modules;
use crate::error::PrintError;
use crate::fonts::{Fonts, Weight};
use crate::line::{Line, narrow};
use crate::sheet::{Child, HEIGHT, Item, Role, Shade, Sheets, WIDTH};

/// What stands in the metadata.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) language: &'static str,
    pub(crate) created: Timestamp,
}

/// The program's name in metadata.
const PRODUCER: &str = "Tanba";

/// Writes the document.
pub(crate) fn write(sheets: &Sheets, fonts: &Fonts, words: &Words) -> Result<Vec<u8>, PrintError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_U)
        .finish()
        .map_err(|error| PrintError::Writer(format!("{error:?}")))?;
    let settings = SerializeSettings {
        enable_tagging: true,
        configuration,
        ..SerializeSettings::default()
    };
    let mut document = Document::new_with(settings);
    let faces = Embedded::new(fonts)?;
    let mut identifiers: Vec<Option<Identifier>> = vec![None; sheets.placed.len()];
    for page_number in 0..sheets.pages {
        let size = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| PrintError::Writer("size of the page".to_owned()))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for (place, placed) in sheets.placed.iter().enumerate() {
            if placed.page != page_number {
                continue;
            }
            let tag = match (placed.is_content, &placed.item) {
                (true, Item::Text { .. }) => ContentTag::Span(SpanTag::empty()),
                (true, _) => ContentTag::Other,
                (false, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            };
            let identifier = surface.start_tagged(tag);
            faces.draw(&mut surface, &placed.item);
            surface.end_tagged();
            if let Some(slot) = identifiers.get_mut(place).filter(|_| placed.is_content) {
                *slot = Some(identifier);
            }
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(words.language.to_owned()));
    for child in children(sheets, &mut identifiers, 0) {
        tree.push(child);
    }
    document.set_tag_tree(tree);
    document.set_metadata(metadata(words));
    document
        .finish()
        .map_err(|error| PrintError::Writer(format!("{error:?}")))
}

fn metadata(words: &Words) -> Metadata {
    let civil = words.created.civil();
    let date = DateTime::new(u16::try_from(civil.year).unwrap_or_default())
        .month(civil.month)
        .day(civil.day)
        .hour(civil.hour)
        .minute(civil.minute)
        .second(civil.second)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(words.title.clone())
        .language(words.language.to_owned())
        .authors(vec![words.author.clone()])
        .creator(PRODUCER.to_owned())
        .producer(PRODUCER.to_owned())
        .creation_date(date)
}

/// The children of a node as tags; each identifier is used once.
fn children(sheets: &Sheets, identifiers: &mut [Option<Identifier>], node: usize) -> Vec<TagNode> {
    let Some(node) = sheets.nodes.get(node) else {
        return Vec::new();
    };
    let mut tags = Vec::new();
    for child in &node.children {
        match *child {
            Child::Item(place) => {
                let identifier = identifiers.get_mut(place).and_then(Option::take);
                tags.extend(identifier.map(TagNode::Leaf));
            }
            Child::Node(place) => {
                let below = children(sheets, identifiers, place);
                let role = sheets.nodes.get(place).map(|node| &node.role);
                if let Some(role) = role.filter(|_| !below.is_empty()) {
                    tags.push(TagNode::Group(group(role, below)));
                }
            }
        }
    }
    tags
}

fn group(role: &Role, below: Vec<TagNode>) -> TagGroup {
    match role {
        Role::Root | Role::Section => TagGroup::with_children(Tag::Section, below),
        Role::Heading(level, text) => {
            let level = NonZeroU16::new(u16::from(*level)).unwrap_or(NonZeroU16::MIN);
            TagGroup::with_children(Tag::Hn(level, Some(text.clone())), below)
        }
        Role::Paragraph => TagGroup::with_children(Tag::P, below),
        Role::List => TagGroup::with_children(Tag::L(ListNumbering::Disc), below),
        Role::ListItem => TagGroup::with_children(Tag::LI, below),
        Role::ListBody => TagGroup::with_children(Tag::LBody, below),
        Role::Figure(description) => {
            TagGroup::with_children(Tag::Figure(Some(description.clone())), below)
        }
        Role::In(language) => {
            TagGroup::with_children(Tag::Div.with_lang(Some((*language).to_owned())), below)
        }
    }
}

/// The typeface as the writer wants it.
struct Embedded {
    regular: Font,
    bold: Font,
}

impl Embedded {
    fn new(fonts: &Fonts) -> Result<Self, PrintError> {
        let font = |weight| {
            Font::new(fonts.octets(weight).to_vec().into(), 0).ok_or(PrintError::DamagedFont)
        };
        Ok(Self {
            regular: font(Weight::Regular)?,
            bold: font(Weight::Bold)?,
        })
    }

    fn draw(&self, surface: &mut Surface<'_>, item: &Item) {
        match item {
            Item::Text {
                x,
                baseline,
                size,
                weight,
                shade,
                line,
            } => {
                let font = match weight {
                    Weight::Regular => &self.regular,
                    Weight::Bold => &self.bold,
                };
                fill(surface, *shade);
                let point = Point::from_xy(*x, *baseline);
                surface.draw_glyphs(point, &glyphs(line), font.clone(), &line.text, *size, false);
            }
            Item::Rule {
                x,
                y,
                length,
                thickness,
                shade,
            } => {
                fill(surface, *shade);
                draw(surface, rectangle(*x, *y, *length, *thickness));
            }
            Item::Frame {
                x,
                y,
                width,
                height,
            } => {
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke {
                    paint: luma::Color::black().into(),
                    width: 1.2,
                    ..Stroke::default()
                }));
                draw(surface, rectangle(*x, *y, *width, *height));
                surface.set_stroke(None);
            }
            Item::Code {
                x,
                y,
                side,
                modules,
            } => {
                fill(surface, Shade::Black);
                draw(surface, code(*x, *y, *side, modules));
            }
        }
    }
}

fn glyphs(line: &Line) -> Vec<KrillaGlyph> {
    let glyph = |glyph: &crate::line::Glyph| {
        KrillaGlyph::new(
            GlyphId::new(glyph.id),
            glyph.advance,
            glyph.x_offset,
            glyph.y_offset,
            0.0,
            glyph.range.clone(),
            None,
        )
    };
    line.glyphs.iter().map(glyph).collect()
}

fn fill(surface: &mut Surface<'_>, shade: Shade) {
    let lightness = match shade {
        Shade::Black => 0,
        Shade::Dim => 80,
        Shade::Light => 170,
    };
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: luma::Color::new(lightness).into(),
        ..Fill::default()
    }));
}

fn draw(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}

/// All dark modules as one path.
fn code(x: f32, y: f32, side: f32, modules: &Modules) -> Option<Path> {
    let float = |count: usize| narrow(i32::try_from(count).unwrap_or(0));
    let module = side / float(modules.width.max(1));
    let mut path = PathBuilder::new();
    for (row, column, count) in modules.runs() {
        path.push_rect(Rect::from_xywh(
            x + float(column) * module,
            y + float(row) * module,
            float(count) * module,
            module,
        )?);
    }
    path.finish()
}
