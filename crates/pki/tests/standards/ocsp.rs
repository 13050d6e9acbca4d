//! Status answers: foreign samples and OpenSSL.

use base64::Engine as _;
use serde::Deserialize;
use tanba_crypto::{DigestAlgorithm, SignatureAlgorithm, Signer, SoftwareKey};
use tanba_pki::crl::Reason;
use tanba_pki::ocsp::{
    Answer, Issuer, Request, RequestError, Responder, Response, ResponseError, ResponseStatus,
    Single, Status, error_response, request,
};
use tanba_pki::{Certificate, Timestamp};

use crate::harness::{Authority, KEY_KINDS, fixtures, flips};

#[derive(Deserialize)]
struct Sample {
    group: String,
    title: String,
    resp: String,
    ca: String,
    expected: String,
    attime: i64,
}

#[test]
fn foreign_samples_get_their_verdicts() {
    let Some(folder) = fixtures("cms/openssl-ocsp") else {
        return;
    };
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let samples: Vec<Sample> = serde_json::from_str(&expected).unwrap();
    let mut wrong = Vec::new();
    for sample in &samples {
        let text = std::fs::read_to_string(folder.join(&sample.resp)).unwrap();
        let text: String = text.split_whitespace().collect();
        let der = base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap();
        let issuer =
            Certificate::from_pem(&std::fs::read(folder.join(&sample.ca)).unwrap()).unwrap();
        let at = Timestamp::from_unix(sample.attime);
        let verdict = Response::parse(&der)
            .and_then(|response| response.verify(&issuer, at, true).map(|_| ()));
        if verdict.is_ok() != (sample.expected == "SUCCESS") {
            wrong.push(format!(
                "{} {} {}: {verdict:?}",
                sample.group, sample.title, sample.resp
            ));
        }
    }
    println!("OCSP samples: {} run, 0 skipped", samples.len());
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn national_answers_are_read() {
    let Some(folder) = fixtures("kz/ocsp") else {
        return;
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "der") {
            let der = std::fs::read(&path).unwrap();
            let response = Response::parse(&der)
                .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
            println!(
                "{}: {:?}",
                path.display(),
                response.nonce().map(|nonce| nonce.octets().len())
            );
        }
    }
}

/// An authority, a delegated responder and two certificates.
struct Scene {
    authority: Authority,
    responder: Responder,
    key: SoftwareKey,
}

impl Scene {
    fn new(kind: &str) -> Self {
        let authority = Authority::new(kind);
        let certificate = authority.issue(
            "responder",
            kind,
            "5",
            "extendedKeyUsage=OCSPSigning\nnoCheck=ignored\nkeyUsage=digitalSignature",
        );
        let key = authority.desk.key("responder.key");
        authority.issue("good", KEY_KINDS[1], "16", "");
        authority.issue("revoked", KEY_KINDS[1], "0x00ff01", "");
        Self {
            responder: Responder::delegated(&certificate, key.algorithm()),
            key,
            authority,
        }
    }

    /// Answers as a responder does: 0x00ff01 is revoked, 16 is good.
    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let issuer = Issuer::new(&self.authority.root);
        let now = self.authority.now();
        let request = Request::parse(request).unwrap();
        let singles: Vec<Single<'_>> = request
            .certificates
            .iter()
            .map(|id| Single {
                cert_id: id.der(),
                status: match id.serial() {
                    [16] if issuer.matches(id) => Status::Good,
                    [0, 0xff, 1] if issuer.matches(id) => Status::Revoked {
                        at: self.authority.root.not_before(),
                        reason: Some(Reason::Superseded),
                    },
                    _ => Status::Unknown,
                },
                this_update: self.authority.root.not_before(),
                next_update: Some(now.plus(std::time::Duration::from_secs(86_400))),
            })
            .collect();
        let tbs = self.responder.prepare(&Answer {
            singles: &singles,
            nonce: request.nonce,
            produced_at: self.authority.root.not_before(),
            extended_revoke: true,
        });
        let signature = self.key.sign(&tbs).unwrap();
        self.responder.assemble(&tbs, &signature)
    }
}

#[test]
fn openssl_accepts_our_answers() {
    for kind in KEY_KINDS {
        let scene = Scene::new(kind);
        let desk = &scene.authority.desk;
        for digest in ["sha1", "sha256"] {
            desk.openssl(&format!(
                "ocsp -issuer root.pem -{digest} -cert good.pem -{digest} -cert revoked.pem -{digest} -cert root.pem -nonce -reqout request"
            ));
            desk.write("response", scene.answer(&desk.read("request")));
            let text = desk.openssl(&format!(
                "ocsp -respin response -reqin request -issuer root.pem -{digest} -cert good.pem -{digest} -cert revoked.pem -{digest} -cert root.pem -CAfile root.pem -no_nonce"
            ));
            assert!(text.contains("Response verify OK"), "{text}");
            assert!(text.contains("good.pem: good"), "{text}");
            assert!(text.contains("revoked.pem: revoked"), "{text}");
            assert!(text.contains("root.pem: unknown"), "{text}");
            assert!(text.contains("Reason: superseded"), "{text}");
            let request = desk.openssl("ocsp -reqin request -req_text -noverify");
            let response = desk.openssl("ocsp -respin response -resp_text -noverify");
            let nonce = |text: &str| {
                let at = text.find("OCSP Nonce:").unwrap();
                text[at..].lines().nth(1).unwrap().trim().to_owned()
            };
            assert_eq!(nonce(&request), nonce(&response));
        }
    }
}

#[test]
fn we_accept_openssl_s_answers() {
    for kind in KEY_KINDS {
        let scene = Scene::new(kind);
        let desk = &scene.authority.desk;
        desk.write("index.txt", "V\t400101000000Z\t\t10\tunknown\t/CN=good\nR\t400101000000Z\t200101000000Z,keyCompromise\t00FF01\tunknown\t/CN=revoked\n");
        let issuer = Issuer::new(&scene.authority.root);
        let ids = [
            issuer.cert_id(DigestAlgorithm::Sha1, &[16]),
            issuer.cert_id(DigestAlgorithm::Sha256, &[0, 0xff, 1]),
            issuer.cert_id(DigestAlgorithm::Sha1, &[99]),
        ];
        desk.write("request", request(&ids, Some(&[7; 32])));
        desk.openssl("ocsp -index index.txt -CA root.pem -rsigner responder.pem -rkey responder.key -reqin request -respout response -ndays 1");
        let der = desk.read("response");
        let response = Response::parse(&der).unwrap();
        assert_eq!(response.nonce().unwrap().octets(), [7; 32]);
        let at = response.produced_at();
        let verified = response.verify(&scene.authority.root, at, false).unwrap();
        assert_eq!(verified.status(&[16], at), Ok(Status::Good));
        let revoked = Status::Revoked {
            at: Timestamp::parse_rfc3339("2020-01-01T00:00:00Z").unwrap(),
            reason: Some(Reason::KeyCompromise),
        };
        assert_eq!(verified.status(&[0, 0xff, 1], at), Ok(revoked));
        assert_eq!(verified.status(&[99], at), Ok(Status::Unknown));
        assert_eq!(
            verified.status(&[98], at),
            Err(ResponseError::OtherCertificate)
        );
        let later = at.plus(std::time::Duration::from_secs(2 * 86_400));
        assert_eq!(
            verified.status(&[16], later),
            Err(ResponseError::NotCurrent)
        );
    }
}

#[test]
fn an_answer_with_a_flipped_bit_is_refused() {
    let scene = Scene::new(KEY_KINDS[1]);
    let root = &scene.authority.root;
    let request = request(
        &[Issuer::new(root).cert_id(DigestAlgorithm::Sha1, &[16])],
        Some(b"nonce"),
    );
    let response = scene.answer(&request);
    let judge = |der: &[u8]| {
        let now = scene.authority.now();
        Response::parse(der)?
            .verify(root, now, true)?
            .status(&[16], now)
    };
    assert_eq!(judge(&response), Ok(Status::Good));
    for (at, changed) in flips(&response) {
        assert!(judge(&changed).is_err(), "octet {at} of {}", response.len());
    }
}

#[test]
fn only_the_issuer_s_own_responder_may_answer() {
    let scene = Scene::new(KEY_KINDS[1]);
    let stranger = Scene::new(KEY_KINDS[1]);
    let root = &scene.authority.root;
    let now = scene.authority.now();
    let request = request(
        &[Issuer::new(root).cert_id(DigestAlgorithm::Sha256, &[16])],
        None,
    );
    let judge = |der: &[u8]| {
        Response::parse(der).and_then(|response| response.verify(root, now, false).map(|_| ()))
    };
    assert_eq!(judge(&scene.answer(&request)), Ok(()));
    assert_eq!(
        judge(&stranger.answer(&request)),
        Err(ResponseError::Signer)
    );
    // A certificate of the issuer, but not made for answering.
    let good = scene.authority.desk.certificate("good.pem");
    let key = scene.authority.desk.key("good.key");
    let responder = Responder::delegated(&good, SignatureAlgorithm::EcdsaSha256);
    let tbs_of = |responder: &Responder| {
        let request = Request::parse(&request).unwrap();
        responder.prepare(&Answer {
            singles: &[Single {
                cert_id: request.certificates[0].der(),
                status: Status::Good,
                this_update: now,
                next_update: None,
            }],
            nonce: None,
            produced_at: now,
            extended_revoke: false,
        })
    };
    let tbs = tbs_of(&responder);
    assert_eq!(
        judge(&responder.assemble(&tbs, &key.sign(&tbs).unwrap())),
        Err(ResponseError::Signer)
    );
    // The issuer itself needs no certificate for it.
    let issuer = Responder::issuer(root, scene.authority.key.algorithm());
    let tbs = tbs_of(&issuer);
    assert_eq!(
        judge(&issuer.assemble(&tbs, &scene.authority.sign(&tbs))),
        Ok(())
    );
}

#[test]
fn hostile_requests_are_refused_exactly() {
    let authority = Authority::new(KEY_KINDS[1]);
    let id = Issuer::new(&authority.root).cert_id(DigestAlgorithm::Sha1, &[1]);
    assert_eq!(
        Request::parse(&request(&vec![id.clone(); 64], None))
            .unwrap()
            .certificates
            .len(),
        64
    );
    assert_eq!(
        Request::parse(&request(&vec![id.clone(); 65], None)),
        Err(RequestError::Count)
    );
    assert_eq!(
        Request::parse(&request(&[], None)),
        Err(RequestError::Count)
    );
    assert_eq!(
        Request::parse(&request(std::slice::from_ref(&id), Some(&[1; 129]))),
        Err(RequestError::Nonce)
    );
    assert_eq!(
        Request::parse(&request(std::slice::from_ref(&id), Some(&[]))),
        Err(RequestError::Nonce)
    );
    assert!(Request::parse(&request(std::slice::from_ref(&id), Some(&[1; 128]))).is_ok());
    let whole = request(&[id], Some(&[1; 16]));
    for end in 0..whole.len() {
        assert!(Request::parse(&whole[..end]).is_err());
    }
    for (_, changed) in flips(&whole) {
        let _ = Request::parse(&changed);
    }
    assert_eq!(
        Response::parse(&error_response(ResponseStatus::TryLater)).map(|_| ()),
        Err(ResponseError::NoAnswer(ResponseStatus::TryLater))
    );
}
