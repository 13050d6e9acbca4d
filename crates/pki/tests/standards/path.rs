//! Ways from a certificate to a trusted one.

use std::time::Duration;

use tanba_crypto::Signer;
use tanba_pki::crl::{Crl, CrlKind, CrlTemplate, CrlWriter, Reason, assemble_crl};
use tanba_pki::path::{Budget, PathError, PathOptions, Resource, Revocation, validate};
use tanba_pki::{Certificate, KeyUsage, oid};

use crate::harness::{Authority, Desk, KEY_KINDS, fixtures};

const EC: &str = KEY_KINDS[1];
const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";

/// Issues `name` by `issuer` (files of the desk), with extensions.
fn issue_by(desk: &Desk, issuer: &str, name: &str, extensions: &str) -> Certificate {
    desk.write(
        "by.ext",
        format!("authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n{extensions}\n"),
    );
    desk.openssl(&format!(
        "req -newkey {EC} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
    ));
    desk.openssl(&format!(
        "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 20 -extfile by.ext -out {name}.pem"
    ));
    desk.certificate(&format!("{name}.pem"))
}

struct Chain {
    authority: Authority,
    middle: Certificate,
    leaf: Certificate,
}

fn chain(middle: &str, leaf: &str) -> Chain {
    let authority = Authority::new(EC);
    let middle = authority.issue("middle", EC, "100", middle);
    let leaf = issue_by(&authority.desk, "middle", "leaf", leaf);
    Chain {
        authority,
        middle,
        leaf,
    }
}

impl Chain {
    fn judge(&self, change: impl FnOnce(&mut PathOptions<'_>)) -> Result<usize, PathError> {
        self.judge_by(std::slice::from_ref(&self.authority.root), change)
    }

    fn judge_by(
        &self,
        trusted: &[Certificate],
        change: impl FnOnce(&mut PathOptions<'_>),
    ) -> Result<usize, PathError> {
        let intermediates = [self.middle.clone(), self.leaf.clone()];
        let mut options = PathOptions {
            intermediates: &intermediates,
            ..PathOptions::new(trusted, self.authority.now())
        };
        change(&mut options);
        validate(&self.leaf, &options).map(|path| path.certificates().len())
    }
}

#[test]
fn a_sound_chain_is_believed_and_its_rules_are_kept() {
    let chain = chain(
        AUTHORITY,
        "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth",
    );
    assert_eq!(chain.judge(|_| {}), Ok(3));
    assert_eq!(
        chain.judge(|options| options.intermediates = &[]),
        Err(PathError::NoIssuer)
    );
    assert_eq!(
        chain.judge(|options| options.trusted = &[]),
        Err(PathError::NoIssuer)
    );
    assert_eq!(
        chain.judge(
            |options| options.at = chain.authority.now().plus(Duration::from_secs(25 * 86_400))
        ),
        Err(PathError::Expired(chain.leaf.not_after()))
    );
    let early = chain
        .authority
        .root
        .not_before()
        .minus(Duration::from_secs(60));
    assert_eq!(
        chain.judge(|options| options.at = early),
        Err(PathError::NotYetValid(chain.leaf.not_before()))
    );
    assert_eq!(
        chain.judge(|options| options.key_usage = KeyUsage::NON_REPUDIATION),
        Err(PathError::KeyUsage)
    );
    let either = KeyUsage::NON_REPUDIATION.with(KeyUsage::DIGITAL_SIGNATURE);
    assert_eq!(chain.judge(|options| options.key_usage = either), Ok(3));
    assert_eq!(
        chain.judge(|options| options.extended_key_usage = Some(oid::CLIENT_AUTH)),
        Ok(3)
    );
    assert_eq!(
        chain.judge(|options| options.extended_key_usage = Some(oid::SERVER_AUTH)),
        Err(PathError::KeyUsage)
    );
    let tiny = Budget {
        signatures: 1,
        ..Budget::DEFAULT
    };
    assert_eq!(
        chain.judge(|options| options.budget = tiny),
        Err(PathError::TooCostly(Resource::Signatures))
    );
    let short = Budget {
        certificates: 2,
        ..Budget::DEFAULT
    };
    assert_eq!(
        chain.judge(|options| options.budget = short),
        Err(PathError::TooCostly(Resource::Depth))
    );
}

#[test]
fn who_is_no_authority_cannot_issue() {
    assert_eq!(
        chain("keyUsage=digitalSignature", "").judge(|_| {}),
        Err(PathError::NotAuthority)
    );
    assert_eq!(
        chain("basicConstraints=CA:TRUE\nkeyUsage=digitalSignature", "").judge(|_| {}),
        Err(PathError::NotAuthority)
    );
    assert_eq!(
        chain("basicConstraints=CA:FALSE", "").judge(|_| {}),
        Err(PathError::NotAuthority)
    );
    let unknown = chain(AUTHORITY, "1.2.3.4=critical,DER:0500").judge(|_| {});
    assert!(matches!(unknown, Err(PathError::UnknownCritical(_))));
    let constrained = format!("{AUTHORITY}\nnameConstraints=critical,permitted;DNS:x");
    let named = |name| chain(&constrained, &format!("subjectAltName=DNS:{name}")).judge(|_| {});
    assert_eq!(named("a.x"), Ok(3));
    assert_eq!(named("y"), Err(PathError::NameNotPermitted));
}

#[test]
fn path_lengths_count() {
    let authority = Authority::new(EC);
    let middle = authority.issue(
        "middle",
        EC,
        "100",
        &AUTHORITY.replace("TRUE", "TRUE,pathlen:0"),
    );
    let below = issue_by(&authority.desk, "middle", "below", AUTHORITY);
    let direct = issue_by(&authority.desk, "middle", "direct", "");
    let leaf = issue_by(&authority.desk, "below", "leaf", "");
    let trusted = [authority.root.clone()];
    let intermediates = [middle, below];
    let options = PathOptions {
        intermediates: &intermediates,
        ..PathOptions::new(&trusted, authority.now())
    };
    assert!(validate(&direct, &options).is_ok());
    assert_eq!(validate(&leaf, &options), Err(PathError::PathLength));
}

#[test]
fn a_namesake_of_the_issuer_is_no_issuer() {
    let real = chain(AUTHORITY, "");
    let other = Authority::new(EC);
    assert_eq!(other.root.subject(), real.authority.root.subject());
    assert_eq!(
        real.judge_by(std::slice::from_ref(&other.root), |_| {}),
        Err(PathError::Signature)
    );
    // Both namesakes trusted: the right one is found.
    let both = [other.root, real.authority.root.clone()];
    assert_eq!(real.judge_by(&both, |_| {}), Ok(3));
}

const SHARD: &str = "http://crl.example/1/03.crl";

/// A list of the shard; entries are serials of one octet.
fn list(authority: &Authority, number: u64, kind: CrlKind<'_>, entries: &[(u8, Reason)]) -> Crl {
    let template = CrlTemplate {
        issuer: authority.root.subject(),
        issuer_key_id: authority.root.subject_key_id().unwrap(),
        algorithm: authority.key.algorithm(),
        number,
        this_update: authority.root.not_before(),
        next_update: authority.now().plus(Duration::from_secs(86_400)),
        distribution_point: Some(SHARD),
        kind,
    };
    let mut writer = CrlWriter::new(&template);
    for (serial, reason) in entries {
        writer.push(&[*serial], authority.root.not_before(), *reason);
    }
    let tbs = writer.finish();
    Crl::from_der(&assemble_crl(
        &tbs,
        template.algorithm,
        &authority.sign(&tbs),
    ))
    .unwrap()
}

#[test]
fn revoked_certificates_are_refused_by_base_and_delta() {
    let authority = Authority::new(EC);
    let points = format!("crlDistributionPoints=URI:{SHARD}");
    let issue = |name, serial| authority.issue(name, EC, serial, &points);
    let (revoked, later) = (issue("revoked", "0x0a"), issue("later", "0x0b"));
    let (back, fine) = (issue("back", "0x0c"), issue("fine", "0x0d"));
    let point = "crlDistributionPoints=URI:http://crl.example/1/04.crl";
    let elsewhere = authority.issue("elsewhere", EC, "0x0a", point);
    let base = list(
        &authority,
        9,
        CrlKind::Complete { freshest: None },
        &[(10, Reason::KeyCompromise), (12, Reason::CertificateHold)],
    );
    let delta = list(
        &authority,
        10,
        CrlKind::Delta { base_number: 9 },
        &[(11, Reason::Superseded), (12, Reason::RemoveFromCrl)],
    );
    let stray = list(
        &authority,
        12,
        CrlKind::Delta { base_number: 11 },
        &[(13, Reason::Superseded)],
    );
    let trusted = std::slice::from_ref(&authority.root);
    let judge = |certificate: &Certificate, crls: &[Crl], revocation, at| {
        let options = PathOptions {
            crls,
            revocation,
            ..PathOptions::new(trusted, at)
        };
        validate(certificate, &options).map(|_| ())
    };
    let now = authority.now();
    let all = [base.clone(), delta, stray];
    let revoked_for = |reason| {
        Err(PathError::Revoked {
            at: authority.root.not_before(),
            reason,
        })
    };
    for mode in [Revocation::Required, Revocation::IfListed] {
        assert_eq!(
            judge(&revoked, &all, mode, now),
            revoked_for(Reason::KeyCompromise)
        );
        assert_eq!(
            judge(&later, &all, mode, now),
            revoked_for(Reason::Superseded)
        );
        assert_eq!(judge(&back, &all, mode, now), Ok(()));
        let alone = judge(&back, std::slice::from_ref(&base), mode, now);
        assert_eq!(alone, revoked_for(Reason::CertificateHold));
        assert_eq!(
            judge(&fine, &all, mode, now),
            Ok(()),
            "a delta of another base says nothing"
        );
    }
    let unknown = Err(PathError::RevocationUnknown);
    assert_eq!(judge(&elsewhere, &all, Revocation::Required, now), unknown);
    assert_eq!(judge(&elsewhere, &all, Revocation::IfListed, now), Ok(()));
    assert_eq!(judge(&revoked, &all, Revocation::Ignored, now), Ok(()));
    let outdated = now.plus(Duration::from_secs(2 * 86_400));
    assert_eq!(judge(&fine, &all, Revocation::Required, outdated), unknown);
}

#[test]
fn national_certificates_lead_to_the_national_root() {
    let Some(folder) = fixtures("kz") else { return };
    let read = |name: &str| {
        Certificate::from_pem_or_der(&std::fs::read(folder.join(name)).unwrap())
            .unwrap()
            .remove(0)
    };
    let trusted = [read("ca/test-root-rsa.cer")];
    let intermediates = [read("ca/test-nca-rsa.cer")];
    let crl =
        Crl::from_der_or_pem(&std::fs::read(folder.join("crl/test-rsa-2022-03-29.crl")).unwrap())
            .unwrap();
    crl.verify(intermediates[0].public_key()).unwrap();
    let mut run = 0;
    for file in std::fs::read_dir(folder.join("p12/sdk-2020")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("rsa") || !name.ends_with(".cer") {
            continue;
        }
        let certificate = Certificate::from_pem_or_der(&std::fs::read(&path).unwrap())
            .unwrap()
            .remove(0);
        let options = PathOptions {
            intermediates: &intermediates,
            ..PathOptions::new(
                &trusted,
                certificate.not_before().plus(Duration::from_secs(86_400)),
            )
        };
        let verdict = validate(&certificate, &options);
        println!("{name}: {verdict:?}");
        assert_eq!(
            verdict.map(|path| path.certificates().len()),
            Ok(3),
            "{name}"
        );
        if name.contains("valid") {
            assert_eq!(crl.find(certificate.serial_bytes()), None, "{name}");
        }
        run += 1;
    }
    println!("national certificates: {run} run, 0 skipped");
}
