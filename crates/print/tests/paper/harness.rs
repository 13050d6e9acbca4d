//! The typeface that ships, and poppler's eyes.

use std::path::{Path, PathBuf};
use std::process::Command;

use tanba_pki::Timestamp;
use tanba_print::{Block, Document, Fit, Fonts};

pub(crate) fn fonts() -> Fonts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/print-fonts");
    let read = |name: &str| {
        std::fs::read(folder.join(name)).expect("the typeface: run scripts/build-assets.sh")
    };
    Fonts::new(read("regular.ttf").into(), read("bold.ttf").into()).unwrap()
}

pub(crate) fn document(blocks: Vec<Block>, fit: Fit) -> Document {
    Document {
        title: "Өтінім".to_owned(),
        language: "kk",
        author: "ҚР ҰКО".to_owned(),
        created: Timestamp::parse_rfc3339("2026-11-24T06:00:00Z").unwrap(),
        running_head: "Өтінім 1234 5678 9012".to_owned(),
        foot: vec!["Бет {page} / {count}".to_owned()],
        blocks,
        fit,
    }
}

/// A file in a folder of its own, which goes with the test.
pub(crate) struct Paper {
    folder: tempfile::TempDir,
    pub(crate) octets: Vec<u8>,
}

impl Paper {
    pub(crate) fn new(octets: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("paper.pdf"), &octets).unwrap();
        Self { folder, octets }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("paper.pdf")
    }

    pub(crate) fn print(blocks: Vec<Block>, fit: Fit) -> Self {
        Self::new(document(blocks, fit).to_pdf(&fonts()).unwrap())
    }

    /// The text, page after page, as it stands on them.
    pub(crate) fn text(&self) -> String {
        run(Command::new("pdftotext")
            .arg("-layout")
            .arg(self.path())
            .arg("-"))
    }

    pub(crate) fn pages(&self) -> usize {
        let facts = self.facts();
        let line = facts
            .lines()
            .find(|line| line.starts_with("Pages:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn facts(&self) -> String {
        run(Command::new("pdfinfo").arg(self.path()))
    }

    /// The rectangle of each word: left, top, right, bottom, with the size of its page.
    pub(crate) fn words(&self) -> Vec<Word> {
        let page = run(Command::new("pdftotext")
            .arg("-bbox")
            .arg(self.path())
            .arg("-"));
        let number = |line: &str, name: &str| -> f32 {
            let start = line.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
            line[start..].split('"').next().unwrap().parse().unwrap()
        };
        page.lines()
            .map(str::trim)
            .filter(|line| line.starts_with("<word"))
            .map(|line| Word {
                left: number(line, "xMin"),
                top: number(line, "yMin"),
                right: number(line, "xMax"),
                bottom: number(line, "yMax"),
            })
            .collect()
    }
}

/// Where a word stands, in points from the upper left.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; scripts/setup.sh test installs it"));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
