//! What a document consists of.

/// A piece of a document, in the order in which it is read. Texts are plain; they are made printable here.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading; level 1 is the title.
    Heading {
        /// 1 to 3.
        level: u8,
        /// What it says.
        text: String,
    },
    /// Text that is broken into lines.
    Paragraph {
        /// How it looks.
        style: Style,
        /// What it says.
        text: String,
    },
    /// A number to be read from afar, in a frame.
    Number {
        /// What number it is.
        label: String,
        /// The number, in groups.
        number: String,
    },
    /// Names and values, one below the other.
    Facts(Vec<Fact>),
    /// Things with a dot before each.
    List(Vec<String>),
    /// Two columns beside each other.
    Columns {
        /// The left share of the width, 0.2 to 0.8.
        left_share: f32,
        /// Left.
        left: Vec<Self>,
        /// Right.
        right: Vec<Self>,
    },
    /// A QR code, version as small as the address allows, error correction M.
    Code {
        /// What it says.
        url: String,
        /// Below it.
        caption: String,
        /// For those who cannot see it.
        description: String,
    },
    /// Lines to sign on, beside each other, with what belongs on each.
    Signatures(Vec<String>),
    /// Blocks in another language than the document's (BCP 47).
    In {
        /// `kk`, `ru`, `en`.
        language: &'static str,
        /// What is said in it.
        blocks: Vec<Self>,
    },
    /// Blocks that stay on one page, with a line above.
    Together(Vec<Self>),
}

/// How a paragraph looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As most of it.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// Smaller, for remarks.
    Small,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What is so.
    pub value: String,
}

impl Block {
    /// A heading.
    #[must_use]
    pub fn heading(level: u8, text: impl Into<String>) -> Self {
        Self::Heading {
            level,
            text: text.into(),
        }
    }

    /// Plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::styled(Style::Plain, text)
    }

    /// Text of a style.
    #[must_use]
    pub fn styled(style: Style, text: impl Into<String>) -> Self {
        Self::Paragraph {
            style,
            text: text.into(),
        }
    }

    /// Blocks in another language.
    #[must_use]
    pub const fn within(language: &'static str, blocks: Vec<Self>) -> Self {
        Self::In { language, blocks }
    }
}

impl Fact {
    /// A name and its value.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}
