//! Bounded random tests: nothing that comes in makes a parser panic or run away.

use tanba_crypto::{DigestAlgorithm, Signer};
use tanba_pki::cms::{self, Message, SignOptions, VerifyOptions};
use tanba_pki::crl::{Crl, CrlKind, CrlTemplate, CrlWriter, Reason, assemble_crl};
use tanba_pki::ocsp::{Answer, Issuer, Request, Responder, Response, Single, Status, request};
use tanba_pki::{Certificate, ber};

use crate::harness::{Authority, KEY_KINDS};

const RUNS: usize = 4000;

/// A small generator that always gives the same numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn octet(&mut self) -> u8 {
        const LIKELY: [u8; 12] = [
            0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x30, 0x31, 0xa0, 0x24, 4,
        ];
        if self.below(3) == 0 {
            u8::try_from(self.below(256)).unwrap()
        } else {
            LIKELY[self.below(LIKELY.len())]
        }
    }

    /// One to four changes: octets replaced, removed, doubled, cut off.
    fn damage(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut changed = octets.to_vec();
        for _ in 0..=self.below(4) {
            let at = self
                .below(changed.len().max(1))
                .min(changed.len().saturating_sub(1));
            match self.below(8) {
                0 if changed.len() > 1 => drop(changed.remove(at)),
                1 => changed.insert(at, self.octet()),
                2 => changed.truncate(at.max(1)),
                3 => {
                    let end = (at + self.below(40)).min(changed.len());
                    let piece = changed[at..end].to_vec();
                    changed.splice(at..at, piece);
                }
                _ => changed[at] = self.octet(),
            }
        }
        changed
    }
}

fn samples(authority: &Authority) -> Vec<(&'static str, Vec<u8>)> {
    let root = &authority.root;
    let now = authority.now();
    let key = &authority.key;
    let message = cms::sign(
        b"content",
        key,
        &SignOptions {
            signing_time: Some(now),
            ..SignOptions::new(root)
        },
    )
    .unwrap();
    let ids = [Issuer::new(root).cert_id(DigestAlgorithm::Sha1, &[5])];
    let asked = request(&ids, Some(&[1; 20]));
    let responder = Responder::delegated(root, key.algorithm());
    let tbs = responder.prepare(&Answer {
        singles: &[Single {
            cert_id: &ids[0],
            status: Status::Good,
            this_update: now,
            next_update: Some(now),
        }],
        nonce: Request::parse(&asked).unwrap().nonce,
        produced_at: now,
        extended_revoke: true,
    });
    let answered = responder.assemble(&tbs, &authority.sign(&tbs));
    let template = CrlTemplate {
        issuer: root.subject(),
        issuer_key_id: root.subject_key_id().unwrap(),
        algorithm: key.algorithm(),
        number: 7,
        this_update: now,
        next_update: now,
        distribution_point: Some("http://x.example"),
        kind: CrlKind::Delta { base_number: 6 },
    };
    let mut writer = CrlWriter::new(&template);
    writer.push(&[9], now, Reason::Superseded);
    let tbs = writer.finish();
    let list = assemble_crl(&tbs, key.algorithm(), &authority.sign(&tbs));
    vec![
        ("message", message),
        ("request", asked),
        ("response", answered),
        ("list", list),
        ("certificate", root.der().to_vec()),
    ]
}

#[test]
fn damaged_input_never_panics() {
    let authority = Authority::new(KEY_KINDS[1]);
    let trusted = std::slice::from_ref(&authority.root);
    let options = VerifyOptions {
        content: None,
        trusted,
        intermediates: &[],
        crls: &[],
        at: authority.now(),
        check_chain: true,
        legacy_algorithms: true,
    };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (name, sample) in samples(&authority) {
        let mut read = 0;
        for _ in 0..RUNS {
            let octets = dice.damage(&sample);
            let _ = ber::to_der(&octets, ber::Limits::default());
            let _ = Message::read(&octets);
            let results = [
                cms::verify(&octets, &options).is_ok(),
                Request::parse(&octets).is_ok(),
                Response::parse(&octets).is_ok_and(|response| {
                    response.verify(&authority.root, options.at, true).is_ok()
                }),
                Crl::from_der(&octets)
                    .is_ok_and(|list| list.verify(authority.root.public_key()).is_ok()),
                Certificate::from_der(&octets).is_ok_and(|certificate| {
                    certificate
                        .verify_signed_by(authority.root.public_key())
                        .is_ok()
                }),
            ];
            read += usize::from(results.contains(&true));
        }
        println!("{name}: {RUNS} damaged, {read} still read");
    }
}

#[test]
fn mail_of_any_shape_is_read_or_refused() {
    let mail = b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=\"b\"\r\n\r\n--b\r\n\
        Content-Type: text/plain\r\n\r\nHi\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nMAA=\r\n--b--\r\n";
    assert!(Message::read(mail).is_ok());
    let mut dice = Dice(77);
    for _ in 0..RUNS {
        let _ = Message::read(&dice.damage(mail));
    }
}
