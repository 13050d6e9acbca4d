//! What is to be signed, in a form that a person can judge.

use std::collections::BTreeSet;

use tanba_crypto::DigestAlgorithm;
use tanba_model::administration::AdministrationDocument;
use tanba_model::decision::DecisionDocument;
use tanba_model::document::{ApplicationDocument, SummaryLine};
use tanba_model::login::Challenge;
use tanba_model::revocation::RevocationDocument;
use tanba_pki::cms::{SignedData, digest_to_be_signed};

use crate::consent::{Document, Form, is_plain, is_unseen};
use crate::sign::cms;

/// Documents that are described one by one; of more, the number is told.
pub(super) const DESCRIBED: usize = 20;
/// Characters of a text that are shown.
const SHOWN: usize = 4000;
/// Octets of a document of our own at most: what the registration authority takes.
const LARGEST_OWN: usize = 256 * 1024;
/// Octets of what is signed for signing in at most: words that can be read at a glance, or a number used once.
const LARGEST_LOGIN: u64 = 4096;
const LARGEST_NONCE: u64 = 256;

/// Describes octets.
pub(super) fn octets(content: &[u8], file: Option<&str>) -> Document {
    let mut document = Document {
        form: Form::Binary,
        file: file.map(str::to_owned),
        size_octets: u64::try_from(content.len()).unwrap_or(u64::MAX),
        sha256: sha256(content),
        text: None,
        is_cut: false,
        summary: Vec::new(),
    };
    if cms::is_message(content) {
        countersigned(&mut document, content);
    } else if let Some(hash) = digest_to_be_signed(content) {
        let file = document.file.take();
        return Document {
            file,
            ..digest(&hash)
        };
    } else {
        document.form = tell(&mut document, content);
    }
    document
}

/// Tells what a message has inside: whoever adds a signature signs that, and not the message.
fn countersigned(document: &mut Document, message: &[u8]) {
    document.form = Form::DetachedSignature;
    let Ok(message) = SignedData::parse(message) else {
        return;
    };
    if let Some(content) = message.content() {
        tell(document, content);
        document.form = Form::Signature;
        document.size_octets = u64::try_from(content.len()).unwrap_or(u64::MAX);
        document.sha256 = sha256(content);
    } else if let Some(named) = named(message.named_digests().map(|(_, digest)| digest)) {
        document.sha256 = named;
    }
}

/// The digests that signers of one message name, each once: whichever of them is signed, it was shown. A message with more
/// of them is [not signed](cms::MOST_DIGESTS).
fn named<'d>(digests: impl Iterator<Item = &'d [u8]>) -> Option<String> {
    let named: BTreeSet<&[u8]> = digests.collect();
    let is_more = named.len() > cms::MOST_DIGESTS;
    let mut shown: Vec<String> = named
        .into_iter()
        .take(cms::MOST_DIGESTS)
        .map(|digest| tanba_pki::hex::encode(digest.get(..64).unwrap_or(digest)))
        .collect();
    if is_more {
        shown.push("…".to_owned());
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// Puts into words what can be put into words, and says what it is.
fn tell(document: &mut Document, content: &[u8]) -> Form {
    if let Some((_, summary)) = own_document(content) {
        document.summary = summary
            .into_iter()
            .map(|line| (line.key.to_owned(), line.value))
            .collect();
        return Form::Application;
    }
    let Some(text) = readable(content) else {
        return Form::Binary;
    };
    (document.text, document.is_cut) = shown(text);
    Form::Text
}

/// Whether these octets, or what a signed message has inside, were made for another site than the one that asks: it could
/// use the signature there in its owner's name.
pub(super) fn is_of_another_site(content: &[u8], origin: &str) -> bool {
    made_for(content).is_some_and(|site| site != origin)
}

/// The site that these octets, or what a signed message has inside, were made for, if they say so.
pub(super) fn made_for(content: &[u8]) -> Option<String> {
    if !cms::is_message(content) {
        return own_document(content).map(|(site, _)| site);
    }
    let message = SignedData::parse(content).ok()?;
    own_document(message.content()?).map(|(site, _)| site)
}

/// Whether this is as long as a digest that no key signs any more: MD5, SHA-1, SHA-224. What is as long as no digest at
/// all is signed as it is, because known clients try so whether somebody signs, and the dialog says what becomes of it.
pub(super) fn is_of_refused_digest(digest: &[u8]) -> bool {
    [16, 20, 28].contains(&digest.len())
}

/// Whether a signature over this can be one for signing in: it is small, and all of it is shown. Whatever a site calls it, a
/// signature over anything else binds its owner as one over a document does, and is asked for as such.
pub(super) fn is_login(documents: &[Document], count: usize) -> bool {
    let ([document], 1) = (documents, count) else {
        return false;
    };
    let largest = match document.form {
        Form::Text | Form::Xml | Form::Application => LARGEST_LOGIN,
        Form::Binary => LARGEST_NONCE,
        Form::Digest | Form::Signature | Form::DetachedSignature => return false,
    };
    // What is not seen at a glance is read by nobody who only wants to sign in.
    let is_seen = !document.is_cut && document.text.as_deref().is_none_or(is_plain);
    document.file.is_none() && is_seen && document.size_octets <= largest
}

/// Whether a bare signature over this would be good in somebody's handshake of TLS (RFC 8446, 4.4.3): whoever relays it
/// speaks to another server in the name of the key's owner. No document begins so.
pub(super) fn is_handshake(content: &[u8]) -> bool {
    content
        .strip_prefix(&[b' '; 64])
        .is_some_and(|rest| rest.starts_with(b"TLS 1.3, "))
}

/// Describes XML.
pub(super) fn xml(text: &str) -> Document {
    let mut document = octets(text.as_bytes(), None);
    document.form = Form::Xml;
    document.summary = Vec::new();
    (document.text, document.is_cut) = shown(text);
    document
}

/// Describes a digest that the site computed.
pub(super) fn digest(octets: &[u8]) -> Document {
    Document {
        form: Form::Digest,
        file: None,
        size_octets: u64::try_from(octets.len()).unwrap_or(u64::MAX),
        sha256: tanba_pki::hex::encode(octets.get(..64).unwrap_or(octets)),
        text: None,
        is_cut: false,
        summary: Vec::new(),
    }
}

fn sha256(content: &[u8]) -> String {
    tanba_pki::hex::encode(&DigestAlgorithm::Sha256.digest(content))
}

/// Our own documents: the site they were made for, and their plain words.
fn own_document(content: &[u8]) -> Option<(String, Vec<SummaryLine>)> {
    // Cheaper than reading JSON of megabytes that is none of ours.
    if content.first() != Some(&b'{') || content.len() > LARGEST_OWN {
        return None;
    }
    if let Ok(document) = ApplicationDocument::from_bytes(content) {
        return Some((document.origin.clone(), document.summary()));
    }
    if let Ok(document) = RevocationDocument::from_bytes(content) {
        return Some((document.origin.clone(), document.summary()));
    }
    if let Ok(document) = DecisionDocument::from_bytes(content) {
        return Some((document.origin.clone(), document.summary()));
    }
    if let Ok(document) = AdministrationDocument::from_bytes(content) {
        return Some((document.origin.clone(), document.summary()));
    }
    let challenge = Challenge::from_bytes(content).ok()?;
    let line = |key, value: String| SummaryLine { key, value };
    let summary = vec![
        line("summary-kind", challenge.purpose.name().to_owned()),
        line("summary-origin", challenge.origin.clone()),
        line("summary-created", challenge.issued.rfc3339()),
    ];
    Some((challenge.origin, summary))
}

/// Text that people read: UTF-8 without control characters other than line ends and tabs.
fn readable(content: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(content).ok()?;
    let strange =
        |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    (!text.is_empty() && !text.contains(strange)).then_some(text)
}

/// The beginning of a text, and whether there is more.
fn shown(text: &str) -> (Option<String>, bool) {
    let shown: String = text
        .chars()
        .take(SHOWN)
        .map(|character| {
            // Octets of XML may have what `readable` text has not.
            let acts = character.is_control() && !matches!(character, '\n' | '\r' | '\t');
            if acts || is_unseen(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    let is_cut = text.chars().nth(SHOWN).is_some();
    (Some(shown), is_cut)
}

#[cfg(test)]
mod tests {
    use super::{digest, is_handshake, is_login, is_of_another_site, named, octets, xml};
    use crate::consent::Form;

    fn assert_other_sites_are_refused(octets: &[u8]) {
        assert!(!is_of_another_site(octets, "https://cabinet.example"));
        for other in [
            "https://evil.example",
            "https://cabinet.example.evil.example",
            "",
        ] {
            assert!(is_of_another_site(octets, other), "{other}");
        }
    }

    #[test]
    fn text_is_shown_and_tricks_in_it_are_not() {
        let plain = octets("Шарт №1\n".as_bytes(), None);
        assert_eq!(plain.form, Form::Text);
        assert_eq!(plain.text.as_deref(), Some("Шарт №1\n"));
        let turned = octets("a\u{202e}b".as_bytes(), None);
        assert_eq!(turned.text.as_deref(), Some("a\u{fffd}b"));
        assert_eq!(octets(b"a\0b", None).form, Form::Binary);
        assert_eq!(octets(b"", None).form, Form::Binary);
        assert_eq!(octets(&[0xff], None).form, Form::Binary);
        let long = xml(&"ә".repeat(5000));
        assert!(long.is_cut);
        assert_eq!(long.text.unwrap().chars().count(), 4000);
        assert_eq!(long.size_octets, 10_000);
    }

    #[test]
    fn of_a_message_that_names_several_digests_none_is_hidden() {
        let several: [&[u8]; 3] = [&[0xbb; 2], &[0xaa], &[0xbb; 2]];
        assert_eq!(named(several.into_iter()).as_deref(), Some("aa, bbbb"));
        assert_eq!(named([].into_iter()), None);
        let many: Vec<[u8; 2]> = (0..1000_u16).map(u16::to_be_bytes).collect();
        let shown = named(many.iter().map(<[u8; 2]>::as_slice)).unwrap();
        assert!(shown.starts_with("0000, 0001, ") && shown.ends_with("0007, …"));
    }

    #[test]
    fn signing_in_is_over_something_small_that_is_shown() {
        let text = |length| octets(&vec![b'a'; length], None);
        let nonce = |length| octets(&vec![0; length], None);
        let login = |document| is_login(&[document], 1);
        assert!(login(text(1)) && login(nonce(32)) && login(xml("<login/>")));
        assert!(login(text(720)) && login(nonce(256)));
        assert!(!login(text(721)) && !login(nonce(257)));
        let hidden = format!("Log in{}I owe 1 000 000 tenge", "\n".repeat(2000));
        for text in [
            hidden.as_str(),
            "Log in\u{2060}",
            "Log in\u{115f}",
            &"a\n".repeat(13),
        ] {
            assert!(!login(octets(text.as_bytes(), None)), "{text}");
            assert!(!login(xml(&format!("<a>{text}</a>"))), "{text}");
        }
        assert!(!login(octets(b"a", Some("/contract"))));
        assert!(!login(digest(&[0; 32])));
        assert!(!is_login(&[text(1), text(1)], 2) && !is_login(&[text(1)], 21));
        assert!(!is_login(&[], 0));
    }

    #[test]
    fn what_finishes_a_handshake_is_known_whoever_speaks() {
        let context = |who: &str| format!("{}TLS 1.3, {who} CertificateVerify\0", " ".repeat(64));
        for who in ["client", "server"] {
            assert!(is_handshake(context(who).as_bytes()));
        }
        assert!(!is_handshake(&context("client").as_bytes()[1..]));
        assert!(!is_handshake(&[b' '; 130]) && !is_handshake(b"TLS 1.3, "));
    }

    /// What staff of a registration centre sign names its site too, or an imitation could have it signed.
    #[test]
    fn decisions_and_orders_name_their_site_and_are_told_in_words() {
        use tanba_model::administration::{self, AdministrationDocument};
        use tanba_model::document::Applicant;

        let order = AdministrationDocument {
            schema: administration::SCHEMA.to_owned(),
            origin: "https://cabinet.example".to_owned(),
            nonce: "00".repeat(32),
            created: tanba_pki::Timestamp::from_unix(1_800_000_000),
            administrator: Applicant {
                iin: "850101300121".to_owned(),
                surname: "ҚҰНАНБАЙ".to_owned(),
                given_name: "АБАЙ".to_owned(),
                patronymic: None,
                country: "KZ".to_owned(),
            },
            role: "administrator".to_owned(),
            act: "stop-issuance".to_owned(),
            object: "issuer/rsa".to_owned(),
            reason: "x".to_owned(),
        };
        let described = octets(&order.to_bytes().unwrap(), None);
        assert_eq!(described.form, Form::Application);
        assert_other_sites_are_refused(&order.to_bytes().unwrap());
        let texts = crate::Catalogue::shipped().unwrap();
        for (key, value) in &described.summary {
            for language in tanba_model::language::Language::ALL {
                assert!(texts.has(language, key), "{key}");
                let word = format!("{key}-{value}");
                let is_code = ["summary-act", "summary-role"].contains(&key.as_str());
                assert!(!is_code || texts.has(language, &word), "{word}");
            }
        }
    }

    #[test]
    fn a_challenge_of_the_cabinet_names_its_site() {
        let challenge = tanba_model::login::Challenge {
            schema: tanba_model::login::Challenge::SCHEMA.to_owned(),
            purpose: tanba_model::login::ChallengePurpose::Login,
            origin: "https://cabinet.example".to_owned(),
            nonce: "n".to_owned(),
            subject: "s".to_owned(),
            issued: tanba_pki::Timestamp::from_unix(0),
            expires: tanba_pki::Timestamp::from_unix(300),
        };
        let described = octets(&challenge.to_bytes().unwrap(), None);
        assert_eq!(described.form, Form::Application);
        assert_other_sites_are_refused(&challenge.to_bytes().unwrap());
    }
}
