use std::path::Path;
use std::process::Command;

use tanba_model::application::ApplicationNumber;
use tanba_model::certificate::{CertificateRecord, Channel, RevocationReason, Status};
use tanba_model::id::{CertificateId, IssuerId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::person::Person;
use tanba_pki::{Purpose, SerialNumber, Timestamp};
use tanba_print::Fonts;

use rand::SeedableRng as _;

use super::*;
use crate::view::Words;

fn fonts() -> Fonts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/print-fonts");
    let read = |name: &str| {
        std::fs::read(folder.join(name)).expect("the typeface: run scripts/build-assets.sh")
    };
    Fonts::new(read("regular.ttf").into(), read("bold.ttf").into()).unwrap()
}

fn application(surname: &str) -> PrintedApplication {
    let centre = |name: &str, address: &str, hours: &str| PrintedCentre {
        name: name.to_owned(),
        address: address.to_owned(),
        opening_hours: hours.to_owned(),
        phone: Some("+7 727 000 00 00".to_owned()),
    };
    PrintedApplication {
        number: ApplicationNumber::random(&mut rand::rngs::StdRng::from_seed([7; 32])),
        applicant: Applicant {
            surname: surname.to_owned(),
            given_name: "Әсел".to_owned(),
            patronymic: Some("Ғалымжанқызы".to_owned()),
            iin: "900101400017".to_owned(),
        },
        email: Some("asel@example.kz".to_owned()),
        keystore: KeystoreKind::PersonalComputer,
        submitted_at: Timestamp::parse_rfc3339("2026-11-29T06:00:00Z").unwrap(),
        last_day: Timestamp::parse_rfc3339("2026-12-29T06:00:00Z").unwrap(),
        centre: [
            centre(
                "Алматы қаласының № 3 тіркеу орталығы",
                "Алматы қ., Абай даңғылы, 52",
                "дс–жм 9:00–18:30, сб 9:00–13:00",
            ),
            centre(
                "Центр регистрации № 3 города Алматы",
                "г. Алматы, проспект Абая, 52",
                "пн–пт 9:00–18:30, сб 9:00–13:00",
            ),
            centre(
                "Almaty registration centre No. 3",
                "52 Abay Avenue, Almaty",
                "Mon–Fri 9:00–18:30, Sat 9:00–13:00",
            ),
        ],
        status_url: "https://cabinet.example/kk/status?number=123456789012".to_owned(),
    }
}

/// Keeps a document where people can look at it.
fn keep(name: &str, pdf: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/print-samples");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), pdf).unwrap();
}

/// The text of the document, and how many pages it has.
fn read(pdf: &[u8]) -> (String, usize) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf).unwrap();
    let output = Command::new("pdftotext")
        .arg(file.path())
        .arg("-")
        .output()
        .expect("pdftotext: scripts/setup.sh test installs it");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let pages = text.matches('\u{c}').count();
    (text, pages)
}

#[test]
fn the_application_is_one_page_in_kazakh_and_russian_or_in_english() {
    let catalogue = Catalogue::shipped().unwrap();
    let application = application("Сәрсенбаева");
    let print = |edition| {
        let pdf = application.to_pdf(&catalogue, edition, &fonts()).unwrap();
        keep(&format!("application-{edition:?}.pdf"), &pdf);
        read(&pdf)
    };
    let (text, pages) = print(Edition::KazakhRussian);
    assert_eq!(pages, 1, "{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let number = application.number.grouped();
    for part in [
        number.as_str(),
        "Сәрсенбаева",
        "Ғалымжанқызы",
        "900101400017",
        "Тегі / Фамилия",
        "2026 жылғы 29 желтоқсан",
        "29 декабря 2026 г.",
        "Алматы қаласының № 3 тіркеу орталығы",
        "Центр регистрации № 3 города Алматы",
        "Оператордың қолы",
        "Подпись оператора",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (text, pages) = print(Edition::English);
    assert_eq!(pages, 1, "{text}");
    for part in [
        "Application for digital signature keys",
        "29 December 2026",
        "52 Abay Avenue",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("Фамилия"), "{text}");
}

/// Both cases of the letters that Russian does not have; a typeface without one of them would print a box.
#[test]
fn every_kazakh_letter_can_be_read_out_of_the_page() {
    let catalogue = Catalogue::shipped().unwrap();
    let letters = "ӘәҒғҚқҢңӨөҰұҮүҺһІі";
    let application = application(letters);
    for edition in [Edition::KazakhRussian, Edition::English] {
        let pdf = application.to_pdf(&catalogue, edition, &fonts()).unwrap();
        let (text, _) = read(&pdf);
        assert!(text.contains(letters), "{edition:?}: {text}");
    }
}

#[test]
fn the_longest_name_still_leaves_one_page() {
    let catalogue = Catalogue::shipped().unwrap();
    let application = application(&"Құрманғазы-".repeat(27));
    for edition in [Edition::KazakhRussian, Edition::English] {
        let pdf = application.to_pdf(&catalogue, edition, &fonts()).unwrap();
        keep(&format!("application-long-{edition:?}.pdf"), &pdf);
        assert_eq!(read(&pdf).1, 1, "{edition:?}");
    }
}

#[test]
fn an_edition_goes_by_the_language_of_its_reader() {
    assert_eq!(Edition::of(Language::Kk), Edition::KazakhRussian);
    assert_eq!(Edition::of(Language::Ru), Edition::KazakhRussian);
    assert_eq!(Edition::of(Language::En), Edition::English);
}

fn record(number: u8, status: Status) -> CertificateRecord {
    let issued = Timestamp::parse_rfc3339("2024-03-01T06:00:00Z").unwrap();
    let issued = issued.plus(std::time::Duration::from_secs(
        u64::from(number) * 30 * 86_400,
    ));
    CertificateRecord {
        id: CertificateId(i64::from(number)),
        issuer: IssuerId(2),
        serial: SerialNumber::from_bytes(&[[0x3f; 19].as_slice(), &[number]].concat()).unwrap(),
        person: Some(PersonId(1)),
        application: None,
        profile: "neutral-individual-signature".to_owned(),
        purpose: if number.is_multiple_of(2) {
            Purpose::Authentication
        } else {
            Purpose::Signature
        },
        keystore: Some(KeystoreKind::PersonalComputer),
        channel: Channel::Cabinet,
        public_key_sha256: [number; 32],
        to_be_signed: Vec::new(),
        der: None,
        shard: 0,
        not_before: issued,
        not_after: issued.plus_years(1),
        created_at: issued,
        status,
    }
}

#[test]
fn the_report_has_every_certificate_and_numbers_its_pages() {
    let catalogue = Catalogue::shipped().unwrap();
    let person = Person {
        id: PersonId(1),
        iin: Iin::complete("85010130012").unwrap(),
        surname: "Әбдіқадырова".to_owned(),
        given_name: "Әйгерім".to_owned(),
        patronymic: Some("Қанатқызы".to_owned()),
        email: None,
        language: Language::Kk,
        frozen_at: None,
        reminders: true,
        earlier_email: None,
        earlier_phone: None,
        phone: None,
        phone_since: None,
        email_refused_at: None,
    };
    let at = Timestamp::parse_rfc3339("2025-06-01T06:00:00Z").unwrap();
    let records: Vec<CertificateRecord> = (1..=15)
        .map(|number| {
            let status = if number % 4 == 0 {
                Status::Revoked {
                    at,
                    reason: RevocationReason::Superseded,
                }
            } else {
                Status::Valid
            };
            record(number, status)
        })
        .chain([record(16, Status::Void), record(17, Status::Intended)])
        .collect();
    for language in Language::ALL {
        let words = Words {
            catalogue: &catalogue,
            language,
            now: at,
            centres: None,
        };
        let pdf = report(&words, &person, &records).to_pdf(&fonts()).unwrap();
        keep(&format!("report-{}.pdf", language.tag()), &pdf);
        let (text, pages) = read(&pdf);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!((3..=4).contains(&pages), "{pages}: {text}");
        for record in &records {
            let is_there = text.contains(&crate::view::grouped_serial(&record.serial.hex()));
            let is_issued = !matches!(record.status, Status::Void | Status::Intended);
            assert_eq!(is_there, is_issued, "{text}");
        }
        let last = catalogue.format(
            language,
            "paper-page",
            &[
                ("page", i64::try_from(pages).unwrap().into()),
                ("count", i64::try_from(pages).unwrap().into()),
            ],
        );
        assert!(text.contains(&last), "{last} is not in {text}");
        assert!(text.contains("Әбдіқадырова Әйгерім Қанатқызы"), "{text}");
        assert!(
            text.contains(&catalogue.text(language, "reason-superseded")),
            "{text}"
        );
    }
}
