use tanba_print::{Block, Fact, Fit, Fonts, PrintError, Style};

use crate::harness::{Paper, document, fonts};

const KAZAKH: &str = "Ә ә Ғ ғ Қ қ Ң ң Ө ө Ұ ұ Ү ү Һ һ І і";

fn everything(name: &str) -> Vec<Block> {
    vec![
        Block::heading(1, name),
        Block::Columns {
            left_share: 0.7,
            left: vec![Block::Number {
                label: name.to_owned(),
                number: "1234 5678 9012".to_owned(),
            }],
            right: vec![Block::Code {
                url: "https://cabinet.example/kk/status?number=123456789012".to_owned(),
                caption: name.to_owned(),
                description: name.to_owned(),
            }],
        },
        Block::Facts(vec![Fact::new(name, name), Fact::new("ЖСН", name)]),
        Block::heading(2, name),
        Block::styled(Style::Strong, name),
        Block::List(vec![name.to_owned(), name.to_owned()]),
        Block::within("ru", vec![Block::text(name)]),
        Block::Together(vec![Block::styled(Style::Small, name)]),
        Block::Signatures(vec![name.to_owned(), name.to_owned()]),
    ]
}

#[test]
fn all_kazakh_letters_can_be_copied_out_of_the_document() {
    let paper = Paper::print(everything(KAZAKH), Fit::OnePage);
    let text = paper.text();
    for letter in KAZAKH.split(' ') {
        assert!(text.contains(letter), "{letter} is not in {text}");
    }
    assert!(text.contains("1234 5678 9012"), "{text}");
    assert_eq!(paper.pages(), 1);
}

#[test]
fn the_document_says_what_it_is() {
    let paper = Paper::print(everything("Сапарова Әсел"), Fit::OnePage);
    let facts = paper.facts();
    for part in ["Title:", "Өтінім", "ҚР ҰКО", "Tagged:", "yes", "A4"] {
        assert!(facts.contains(part), "{part} is not in {facts}");
    }
    let octets = String::from_utf8_lossy(&paper.octets);
    assert!(octets.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(octets.contains("<pdfaid:conformance>U</pdfaid:conformance>"));
    assert!(octets.contains("/Lang"), "the language is not named");
}

#[test]
fn the_same_document_is_the_same_octets() {
    let print = || Paper::print(everything("Сапарова Әсел"), Fit::OnePage).octets;
    assert_eq!(print(), print());
}

#[test]
fn whatever_a_name_holds_nothing_leaves_the_page() {
    let long_word = "Ж".repeat(300);
    let long_name = "Құрманғазы Сағырбайұлы ".repeat(13);
    let tower = format!("з{}", "\u{301}\u{327}".repeat(200));
    let names = [
        long_word.as_str(),
        long_name.as_str(),
        tower.as_str(),
        "\u{0}\u{7}\u{1b}[31m",
        "\u{202e}КЕРІ\u{2066}\u{200f}",
        "ابجد אבגד",
        "👩\u{200d}👩\u{200d}👧 😀 🇰🇿",
        "\u{feff}\u{fffe}\u{e000}\u{10ffff}",
        "漢字カタカナ",
        "",
        " \n\t ",
        "</Span> (parenthesis \\) <<>> endobj %%EOF",
    ];
    for name in names {
        for fit in [Fit::OnePage, Fit::Pages] {
            let paper = Paper::print(everything(name), fit);
            for word in paper.words() {
                assert!(
                    word.left >= 30.0
                        && word.right <= 595.0 - 30.0
                        && word.top >= 10.0
                        && word.bottom <= 842.0 - 10.0,
                    "{name:?} {fit:?}: {word:?}"
                );
            }
            assert!(fit == Fit::Pages || paper.pages() == 1, "{name:?}");
        }
    }
}

#[test]
fn a_long_document_has_its_pages_numbered_and_no_record_is_torn() {
    let records = (0..60).map(|number| {
        Block::Together(vec![
            Block::heading(3, format!("Жазба {number} басы")),
            Block::Facts(
                (0..6)
                    .map(|row| Fact::new(format!("Қасиет {row}"), format!("мән {number}-{row}")))
                    .collect(),
            ),
            Block::text(format!("Жазба {number} соңы")),
        ])
    });
    let paper = Paper::print(records.collect(), Fit::Pages);
    let pages = paper.pages();
    assert!(pages > 5, "{pages} pages");
    let text = paper.text();
    for (place, page) in text.trim_end_matches('\u{c}').split('\u{c}').enumerate() {
        assert!(
            page.contains(&format!("Бет {} / {pages}", place + 1)),
            "{page}"
        );
        assert_eq!(
            page.matches("басы").count(),
            page.matches("соңы").count(),
            "{page}"
        );
    }
    assert_eq!(text.matches("басы").count(), 60);
}

#[test]
fn without_a_typeface_the_program_says_so() {
    if !tanba_print::fonts_are_embedded() {
        assert!(matches!(Fonts::embedded(), Err(PrintError::NoFonts)));
    }
    let broken = Fonts::new(vec![1, 2, 3].into(), vec![].into());
    assert!(matches!(broken, Err(PrintError::DamagedFont)));
}

#[test]
fn an_address_that_no_code_holds_is_refused() {
    let block = Block::Code {
        url: "x".repeat(4000),
        caption: String::new(),
        description: String::new(),
    };
    let printed = document(vec![block], Fit::Pages).to_pdf(&fonts());
    assert!(matches!(printed, Err(PrintError::TooLong)));
}
