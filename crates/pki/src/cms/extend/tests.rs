use tanba_crypto::{DigestAlgorithm, SignatureAlgorithm, Signer as _, SoftwareKey};

use super::{Added, add_signature, add_time_stamp};
use crate::cms::{
    CmsError, SignOptions, SignedData, VerifyOptions, digest_to_be_signed, prepare_digest, sign,
    verify,
};
use crate::testing::{authority, root};
use crate::{Timestamp, asn1};

fn options(content: Option<&[u8]>) -> VerifyOptions<'_> {
    VerifyOptions {
        content,
        trusted: &[],
        intermediates: &[],
        crls: &[],
        at: Timestamp::from_unix(0),
        check_chain: false,
        legacy_algorithms: false,
    }
}

#[test]
fn a_second_signature_leaves_the_first_as_it_is() {
    let (first, first_key) = root();
    let (second, second_key) = authority();
    for detached in [false, true] {
        let message = sign(
            b"text",
            &first_key,
            &SignOptions {
                detached,
                ..SignOptions::new(&first)
            },
        )
        .unwrap();
        let (both, added) =
            add_signature(&message, None, &second_key, &SignOptions::new(&second)).unwrap();
        assert_eq!(
            added,
            if detached {
                Added::Digest
            } else {
                Added::Content
            }
        );
        let verdict = verify(&both, &options(detached.then_some(b"text"))).unwrap();
        assert_eq!(verdict.signers.len(), 2);
        assert!(verdict.is_valid());
        let read = SignedData::parse(&both).unwrap();
        let old = SignedData::parse(&message).unwrap();
        assert!(
            read.signers()
                .iter()
                .any(|info| info.signature() == old.signers()[0].signature())
        );
        assert_eq!(read.certificates().len(), 2);
        assert_eq!(read.content().is_none(), detached);
    }
}

/// The first signer chose the digest; a key of another curve takes it, whatever its own would be.
#[test]
fn a_detached_message_is_signed_with_the_digest_that_it_names() {
    let (first, first_key) = root();
    let (second, second_key) = authority();
    let own = second_key.algorithm();
    let key = second_key.public_key().algorithm().unwrap();
    for kind in [DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
        let algorithm = SignatureAlgorithm::of(first_key.public_key().algorithm().unwrap(), kind);
        let first_key = SoftwareKey::from_pkcs8_der(first_key.pkcs8_der().expose())
            .unwrap()
            .with_algorithm(algorithm.unwrap())
            .unwrap();
        let options_of_first = SignOptions {
            detached: true,
            ..SignOptions::new(&first)
        };
        let message = sign(b"text", &first_key, &options_of_first).unwrap();
        let (both, added) =
            add_signature(&message, None, &second_key, &SignOptions::new(&second)).unwrap();
        assert_eq!(added, Added::Digest);
        let verdict = verify(&both, &options(Some(b"text"))).unwrap();
        assert!(verdict.is_valid() && verdict.signers.len() == 2);
        let made = verdict.signers.iter().map(|signer| signer.algorithm);
        assert!(
            made.clone()
                .any(|made| made == SignatureAlgorithm::of(key, kind))
        );
        assert!(made.into_iter().all(|made| made != Some(own)));
        assert!(!verify(&both, &options(Some(b"other"))).unwrap().is_valid());
    }
}

#[test]
fn attributes_that_somebody_is_to_sign_tell_their_digest() {
    let (first, first_key) = root();
    let digest = DigestAlgorithm::Sha256.digest(b"text");
    let prepared = prepare_digest(&digest, first_key.algorithm(), &SignOptions::new(&first));
    let told = digest_to_be_signed(prepared.to_be_signed());
    assert_eq!(told, Some(digest));
    for other in [&b""[..], b"text", b"\x31\x00", b"\x31\x02\x30\x00"] {
        assert_eq!(digest_to_be_signed(other), None);
    }
}

#[test]
fn a_further_signature_needs_something_to_sign_and_its_own_key() {
    let (first, first_key) = root();
    let (_, second_key) = authority();
    let message = sign(b"text", &first_key, &SignOptions::new(&first)).unwrap();
    let refused = add_signature(&message, None, &second_key, &SignOptions::new(&first));
    assert!(matches!(refused, Err(CmsError::KeyMismatch)));
    let changed = add_signature(
        &message,
        Some(b"other"),
        &first_key,
        &SignOptions::new(&first),
    )
    .unwrap()
    .0;
    assert!(!verify(&changed, &options(None)).unwrap().is_valid());
}

#[test]
fn a_time_stamp_is_put_beside_the_signature() {
    let (first, first_key) = root();
    let message = sign(b"text", &first_key, &SignOptions::new(&first)).unwrap();
    let token = asn1::sequence(&[asn1::null()]);
    let stamped = add_time_stamp(&message, 0, &token).unwrap();
    let twice = add_time_stamp(&stamped, 0, &asn1::sequence(&[asn1::integer(1)])).unwrap();
    assert!(verify(&twice, &options(None)).unwrap().is_valid());
    assert!(twice.len() > stamped.len() && stamped.len() > message.len());
    assert!(matches!(
        add_time_stamp(&message, 1, &token),
        Err(CmsError::NoSigner)
    ));
}
