//! What was ever issued in one's name, on paper.

use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::person::Person;
use tanba_print::{Block, Document, Fact, Fit, Style};

use crate::dates;
use crate::view::{self, Words};

/// The report in the words of one language; its number of pages follows the number of certificates.
pub(crate) fn report(
    words: &Words<'_>,
    person: &Person,
    records: &[CertificateRecord],
) -> Document {
    let text = |key: &str| words.catalogue.text(words.language, key);
    let issued: Vec<&CertificateRecord> = records
        .iter()
        .filter(|record| !matches!(record.status, Status::Intended | Status::Void))
        .collect();
    let count = i64::try_from(issued.len()).unwrap_or(i64::MAX);
    let mut blocks = vec![
        Block::heading(1, text("report-title")),
        Block::Facts(vec![
            Fact::new(text("report-person"), person.full_name()),
            Fact::new(text("summary-iin"), person.iin.as_str()),
            Fact::new(text("report-made"), words.date_time(words.now)),
            Fact::new(
                text("report-count"),
                words.catalogue.format(
                    words.language,
                    "report-count-value",
                    &[("count", count.into())],
                ),
            ),
        ]),
        Block::styled(Style::Small, text("report-sealed")),
    ];
    blocks.extend(
        issued
            .iter()
            .enumerate()
            .filter_map(|(place, record)| entry(words, place + 1, record)),
    );
    if issued.is_empty() {
        blocks.push(Block::text(text("keys-none")));
    }
    let page = words.catalogue.format(
        words.language,
        "paper-page",
        &[("page", "{page}".into()), ("count", "{count}".into())],
    );
    let author = text("authority-name");
    Document {
        title: text("report-title"),
        language: words.language.tag(),
        author: author.clone(),
        created: words.now,
        running_head: format!("{} – {}", text("report-title"), person.full_name()),
        foot: vec![
            format!("{author} · {}", words.date_time(words.now)),
            format!("{} · {page}", text("paper-keep")),
        ],
        blocks,
        fit: Fit::Pages,
    }
}

/// What a browser saves it as.
pub(crate) fn file_name(words: &Words<'_>, ending: &str) -> String {
    format!("tanba-certificates-{}.{ending}", dates::iso(words.now))
}

/// One certificate; the same facts as in the list on the screen.
fn entry(words: &Words<'_>, place: usize, record: &CertificateRecord) -> Option<Block> {
    let text = |key: &str| words.catalogue.text(words.language, key);
    let status = words.status(record)?;
    let purpose = text(&format!("purpose-{}", view::purpose(record.purpose)));
    let range = [
        ("from", words.date(record.not_before).into()),
        ("to", words.date(record.not_after).into()),
    ];
    let issued = format!("key-issued-{}", record.channel.name());
    let issued = words.catalogue.format(
        words.language,
        &issued,
        &[("date", words.date_time(record.created_at).into())],
    );
    let mut facts = vec![
        Fact::new(
            text("key-serial"),
            view::grouped_serial(&record.serial.hex()),
        ),
        Fact::new(text("report-status"), status),
        Fact::new(
            text("key-validity"),
            words.catalogue.format(words.language, "date-range", &range),
        ),
        Fact::new(text("key-issued"), issued),
        Fact::new(text("key-algorithm"), view::algorithm(record)),
        Fact::new(text("key-keystore"), words.keystore(record)),
    ];
    let revoked = words.revoked(record);
    if !revoked.is_empty() {
        facts.push(Fact::new(text("key-revoked"), revoked));
    }
    facts.retain(|fact| !fact.value.is_empty());
    Some(Block::Together(vec![
        Block::heading(3, format!("{place}. {purpose}")),
        Block::Facts(facts),
    ]))
}
