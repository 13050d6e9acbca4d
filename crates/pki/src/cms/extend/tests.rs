use super::{Added, add_signature, add_time_stamp};
use crate::cms::{CmsError, SignOptions, SignedData, VerifyOptions, sign, verify};
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
