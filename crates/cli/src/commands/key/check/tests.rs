use std::time::Duration;

use tanba_crypto::PublicKey;
use tanba_model::certificate::{Channel, NewCertificate};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::NewPerson;
use tanba_model::ports::Session;
use tanba_pki::{Purpose, SerialNumber, TbsCertificate, hex};

use super::*;
use crate::commands::testing::{House, NOW};

/// Two random primes.
const FIRST: &str = "cee467c49d5c2f61d771a702466511516e53e89002fed79334a720b29a3e33324bb80b9060c5268f0e2cde1413326e9c\
     c7254a1a1e21589bd67f32e2a3290605268a18989b021e485ae0afa9a92b88434e016c4e22ede997c6dbe7b3f7409941\
     5e2d03f43a657190f4cfc8fdfbeedb153f43b76a344156bcd9145c5f0ab32140da9337336630f93195c40f031adb1eaf\
     403bc523aa48a036ee2f72acf5b625857fe1e36c66100d7b695a79f8f7cacaee6e0f4a82e152d72e0ccbd79fd7ba2512\
     708b9861aab539d23bcabf80e1743076d4935ef11e0ab7eb9d8a15e7062620bb19e8f0b5d8684e4534c240ffa7ee37ba\
     3b9847d7bf727cfa19250957d2fbf0e7";

/// The first prime of the one before, and a random one.
const SECOND: &str = "caa0b87519735ead0d52e2e7d93a31cccf55c54b8a2b58f43669944c0b8b305ca689ab4b4e09ad2dfc8092f4d88bb691\
     45764e6be25dc5f3d39c80724c453c687da798968b3532dcc9f00c1800e6c4620f5c7b648a965d4ac9711732331a08ee\
     7506eaea905e8ed7208305599effdf87ee03491b0279fee0774805f1be40ac059a72892d102944f4f9037de41b2178dd\
     613056884801f54a3ae11270ce0e09a05b1f2579ba3987e30d37f8f47bcd31901c0fb8022108e26cc539f8221f076407\
     25c11cb4f2da488d0de59e415b9857e3e36ee2d820d7b3cdb8511e7c2dc844856af242a1ad33b173a8e1dbf57261771d\
     62c8151a20940695c404a2e0812e806b";

/// Two other random primes.
const STRANGER: &str = "cb495e3f98c51c92ebdaf35486f8386bb65a7c57f43ad65147484c70b9e02c3deeaea40b9141df31553e32345af23e77\
     90f9249e36578aee255716ba414b59b2d9cd546fcb793a0f5734e6775d5a4547788fb203b8259d233e52f45283b1ec99\
     45b5811d39d9805a098b873022a425fc4954f2ab614767470855035d8dd559275b843c06b782af0a0f0e4f31b6fecb31\
     8683bef408491d24e4c4eaf8559cf84f3c67bdb2d1ca91851caf3e3c77a239d8fc1b760944e4cd227e3adca94d3d3734\
     590e049c549a48b313fcbf945341d8f9c052c9113263e47881999a567972c89882c432935a358946635e117f43f0c297\
     78b4c383c61c6c1c13af4919f16d0e5f";

/// A `SubjectPublicKeyInfo` of RSA with 2048 bits and the exponent 65537.
fn spki(modulus: &[u8]) -> Vec<u8> {
    let mut der = hex_octets("30820122300d06092a864886f70d01010105000382010f003082010a0282010100");
    der.extend(modulus);
    der.extend(hex_octets("0203010001"));
    der
}

fn hex_octets(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// To-be-signed bytes with another key.
fn with_key(model: &[u8], modulus: &[u8]) -> Vec<u8> {
    let old = TbsCertificate::from_der(model).unwrap();
    let old = old.public_key().spki_der().to_vec();
    let at = model
        .windows(old.len())
        .position(|part| part == old)
        .unwrap();
    let content = [&model[4..at], &spki(modulus), &model[at + old.len()..]].concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82][..], &length, &content].concat()
}

/// A valid certificate of a new person for a key, as no honest authority of today would issue it.
fn certify(house: &House, number: u32, modulus: &[u8]) -> String {
    let issuing = house.authority.issuers()[1].id;
    let mut unit = house.storage.begin().unwrap();
    let model = unit
        .certificates()
        .page(issuing, None, 1)
        .unwrap()
        .remove(0);
    let iin = (0..10)
        .find_map(|skip| Iin::complete(&format!("8501013{:04}", number * 10 + skip)))
        .unwrap();
    let person = NewPerson {
        iin,
        surname: "ТЕСТОВА".to_owned(),
        given_name: "ТЕСТ".to_owned(),
        patronymic: None,
        email: None,
        language: Language::Kk,
        phone: None,
    };
    let person = unit.persons().insert(&person, NOW).unwrap();
    let mut serial = [0x11; SerialNumber::LENGTH];
    serial[19] = u8::try_from(number).unwrap();
    let serial = SerialNumber::from_bytes(&serial).unwrap();
    let to_be_signed = with_key(&model.to_be_signed, modulus);
    let new = NewCertificate {
        issuer: issuing,
        serial,
        person: Some(person),
        application: None,
        profile: "kz-individual-signature-rsa".to_owned(),
        purpose: Purpose::Signature,
        keystore: Some(KeystoreKind::PersonalComputer),
        channel: Channel::Administrator,
        public_key_sha256: PublicKey::from_spki_der(&spki(modulus)).unwrap().sha256(),
        to_be_signed: to_be_signed.clone(),
        shard: model.shard,
        not_before: NOW,
        not_after: later(365 * 24 * 3600),
        created_at: NOW,
    };
    let id = unit.certificates().intend(&new).unwrap();
    unit.certificates()
        .complete(id, &to_be_signed, NOW)
        .unwrap();
    unit.commit().unwrap();
    serial.hex()
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn codes(report: &Report) -> Vec<(String, &str)> {
    let mut codes: Vec<(String, &str)> = report
        .findings
        .iter()
        .map(|finding| (finding.serial.clone(), finding.code.as_str()))
        .collect();
    codes.sort();
    codes
}

/// A session that the certificate opened.
fn sign_in(house: &House, serial: &str) {
    let serial = SerialNumber::from_bytes(&hex_octets(serial)).unwrap();
    let mut unit = house.storage.begin().unwrap();
    let issuing = house.authority.issuers()[1].id;
    let record = unit.certificates().find_by_serial(issuing, &serial);
    let record = record.unwrap().unwrap();
    let session = Session {
        token_sha256: [1; 32],
        person: record.person.unwrap(),
        certificate: record.id,
        device: String::new(),
        csrf: "secret".to_owned(),
        created_at: NOW,
        used_at: NOW,
        expires_at: later(3600),
    };
    unit.sessions().insert(&session).unwrap();
    unit.commit().unwrap();
}

fn looked(house: &House, now: Timestamp) -> Report {
    looked_by(house, KeyChecker::whole(now), now)
}

fn looked_by(house: &House, checker: KeyChecker, now: Timestamp) -> Report {
    check(house.storage.as_ref(), checker, now, &mut |_| {}).unwrap()
}

#[test]
fn sound_keys_are_not_accused() {
    let house = House::new();
    certify(&house, 1, &hex_octets(FIRST));
    certify(&house, 2, &hex_octets(STRANGER));
    let report = looked(&house, NOW);
    assert_eq!(report.findings, []);
    assert!(report.keys > report.rsa && report.rsa >= 2, "{report:?}");
}

#[test]
fn two_keys_with_one_prime_in_common_are_named_in_whatever_chunks_they_are() {
    let house = House::new();
    let first = certify(&house, 1, &hex_octets(FIRST));
    certify(&house, 2, &hex_octets(STRANGER));
    let second = certify(&house, 3, &hex_octets(SECOND));
    let report = looked(&house, NOW);
    let expected = [
        (first.clone(), "shared-factor"),
        (second.clone(), "shared-factor"),
    ];
    assert_eq!(codes(&report), expected);
    for size in 1..5 {
        let checker = KeyChecker::whole(NOW).with_chunk(size);
        let again = looked_by(&house, checker, NOW);
        assert_eq!(codes(&again), expected, "chunks of {size}");
        assert_eq!((again.keys, again.rsa), (report.keys, report.rsa));
    }
    let what = |serial: &str| {
        let found = report
            .findings
            .iter()
            .find(|finding| finding.serial == serial);
        found.unwrap().what.clone()
    };
    assert!(what(&first).contains(&second), "{}", what(&first));
    assert!(what(&second).contains(&first), "{}", what(&second));
    assert!(report.findings.iter().all(|finding| finding.valid));
    // After their end they are told and nobody has to decide.
    let report = looked(&house, later(366 * 24 * 3600));
    assert_eq!(codes(&report), expected);
    assert!(report.findings.iter().all(|finding| !finding.valid));
}

#[test]
fn a_weak_key_is_named_with_its_weakness() {
    let house = House::new();
    let mut even = hex_octets(STRANGER);
    even[255] &= 0xfe;
    let serial = certify(&house, 1, &even);
    let report = looked(&house, NOW);
    assert_eq!(codes(&report), [(serial, "weak")]);
    assert!(report.findings[0].what.contains("divisible by 2"));
}

#[test]
fn what_was_found_is_revoked_when_asked_for_and_told_as_revoked() {
    let house = House::new();
    let first = certify(&house, 1, &hex_octets(FIRST));
    certify(&house, 2, &hex_octets(SECOND));
    sign_in(&house, &first);
    let mut report = looked(&house, NOW);
    revoke_found(
        &mut report,
        house.storage.as_ref(),
        &Actor::System,
        later(60),
    )
    .unwrap();
    assert!(report.findings.iter().all(|finding| finding.revoked));
    let mut unit = house.storage.snapshot().unwrap();
    for modulus in [FIRST, SECOND] {
        let key = PublicKey::from_spki_der(&spki(&hex_octets(modulus))).unwrap();
        let blocked = unit.keys().blocked(&key.sha256()).unwrap().unwrap();
        assert!(
            blocked.reason.contains("shared-factor"),
            "{}",
            blocked.reason
        );
        for record in unit.certificates().of_key(&key.sha256()).unwrap() {
            let sessions = unit.sessions().of_person(record.person.unwrap());
            assert_eq!(
                sessions.unwrap().len(),
                0,
                "whoever computed the key stays signed in"
            );
        }
    }
    drop(unit);
    assert!(
        report
            .to_string()
            .contains(&format!("{first}: the RSA key shares")),
        "{report}"
    );
    let again = looked(&house, NOW);
    assert_eq!(again.findings.len(), 2);
    assert!(again.findings.iter().all(|finding| !finding.valid));
}

/// One round of the nightly look as the server does it, with a stop after so many steps.
fn night(house: &House, chunk: usize, steps: usize, now: Timestamp) -> Option<u64> {
    let due = house.authority.key_check_due(now).unwrap();
    let mut checker = due?.with_chunk(chunk);
    for _ in 0..steps {
        if !house
            .authority
            .check_keys_further(&mut checker, now)
            .unwrap()
        {
            return Some(checker.state().keys);
        }
    }
    None
}

fn kept(house: &House) -> Vec<(String, String)> {
    let mut unit = house.storage.snapshot().unwrap();
    let findings = unit.keys().findings(100).unwrap();
    let mut kept: Vec<(String, String)> = findings
        .into_iter()
        .map(|finding| {
            let record = unit.certificates().find(finding.certificate).unwrap();
            (record.unwrap().serial.hex(), finding.code)
        })
        .collect();
    kept.sort();
    kept
}

fn evidence(house: &House) -> usize {
    let mut unit = house.storage.snapshot().unwrap();
    let records = unit.audit_log().page(0, 10_000).unwrap();
    let events = records.iter().filter_map(|record| record.read());
    events.filter(|event| event.action == "key.finding").count()
}

#[test]
fn every_night_all_keys_are_looked_over_and_what_is_found_is_kept_once() {
    let house = House::new();
    let first = certify(&house, 1, &hex_octets(FIRST));
    certify(&house, 2, &hex_octets(STRANGER));
    let keys = night(&house, 1, 1_000, NOW).unwrap();
    assert!(keys >= 2);
    assert_eq!(kept(&house), []);
    assert_eq!(night(&house, 1, 1_000, NOW), None, "not twice in a night");
    // The partner comes another day: the two stand in different chunks, and the first was compared long ago.
    let second = certify(&house, 3, &hex_octets(SECOND));
    let next = later(24 * 3600);
    assert_eq!(night(&house, 1, 1_000, next), Some(keys + 1));
    let shared = "shared-factor".to_owned();
    let expected = [(first, shared.clone()), (second, shared)];
    assert_eq!(kept(&house), expected);
    assert_eq!(evidence(&house), 2);
    let open = |now| {
        let mut unit = house.storage.snapshot().unwrap();
        unit.keys().count_open(now).unwrap()
    };
    assert_eq!(open(next), 2);
    let after = later(2 * 24 * 3600);
    assert_eq!(night(&house, 1, 1_000, after), Some(keys + 1));
    assert_eq!(kept(&house), expected);
    assert_eq!(evidence(&house), 2, "told again and again");
}

#[test]
fn a_look_that_was_interrupted_at_any_step_goes_on_and_finds_the_same() {
    for steps in [3, 5] {
        let house = House::new();
        let first = certify(&house, 1, &hex_octets(FIRST));
        certify(&house, 2, &hex_octets(STRANGER));
        let second = certify(&house, 3, &hex_octets(SECOND));
        let mut rounds = 0;
        // Killed after so many steps, started again, killed again. A chunk takes three: what is less never ends.
        while night(&house, 2, steps, NOW).is_none() {
            rounds += 1;
            assert!(rounds < 50, "it never ends");
        }
        let shared = "shared-factor".to_owned();
        let expected = [(first, shared.clone()), (second, shared)];
        assert_eq!(kept(&house), expected, "{steps} steps");
        let mut unit = house.storage.snapshot().unwrap();
        let state = unit.keys().check().unwrap().unwrap();
        assert_eq!(state.finished_at, Some(NOW));
    }
}

#[test]
fn a_valid_certificate_of_a_blocked_key_is_found() {
    use tanba_model::key::{BlockSource, BlockedKey};
    let house = House::new();
    let serial = certify(&house, 1, &hex_octets(FIRST));
    let key = PublicKey::from_spki_der(&spki(&hex_octets(FIRST))).unwrap();
    let mut unit = house.storage.begin().unwrap();
    // As a program of before left it, which did not revoke.
    unit.keys()
        .block(&BlockedKey {
            public_key_sha256: key.sha256(),
            at: NOW,
            source: BlockSource::List,
            reason: "a list".to_owned(),
            attestation: None,
        })
        .unwrap();
    unit.commit().unwrap();
    assert_eq!(codes(&looked(&house, NOW)), [(serial, "blocked")]);
}
