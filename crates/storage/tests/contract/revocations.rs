use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_model::revocation::{LifeEvent, Revocation};

use crate::{contract, given};

fn revocation(unit: &mut dyn UnitOfWork) -> Revocation {
    let person = given::person(unit, 1);
    let issuer = given::issuer(unit, "rsa");
    let [first, second] = [1, 2]
        .map(|key| given::certificate(unit, &given::new_certificate(issuer, Some(person), key)));
    Revocation {
        person,
        event: LifeEvent::Lost,
        at: given::at(5),
        certificates: vec![first, second],
        document: b"{\"event\":\"lost\"}".to_vec(),
        signature: vec![0x30, 0x01, 0x02],
        signer: second,
    }
}

contract! {
    fn a_revocation_is_kept_and_found_by_its_document(storage) {
        let mut unit = storage.begin().unwrap();
        let revocation = revocation(&mut *unit);
        unit.revocations().insert(&revocation).unwrap();
        let digest = revocation.document_sha256();
        assert_eq!(unit.revocations().find(&digest).unwrap(), Some(revocation));
        assert_eq!(unit.revocations().find(&[0; 32]).unwrap(), None);
    }

    fn revocations_come_by_the_digests_of_their_documents(storage) {
        let mut unit = storage.begin().unwrap();
        let first = revocation(&mut *unit);
        let second = Revocation { document: b"{}".to_vec(), ..first.clone() };
        let mut all = Vec::new();
        for revocation in [first, second] {
            unit.revocations().insert(&revocation).unwrap();
            all.push((revocation.document_sha256(), revocation));
        }
        all.sort_by_key(|(digest, _)| *digest);
        assert_eq!(unit.revocations().page(None, 9).unwrap(), all);
        assert_eq!(unit.revocations().page(Some(&all[0].0), 9).unwrap(), all[1..]);
        assert_eq!(unit.revocations().page(None, 1).unwrap(), all[..1]);
    }

    fn one_document_revokes_once(storage) {
        let mut unit = storage.begin().unwrap();
        let revocation = revocation(&mut *unit);
        unit.revocations().insert(&revocation).unwrap();
        let again = unit.revocations().insert(&revocation);
        assert!(matches!(again, Err(StorageError::Conflict)), "{again:?}");
    }
}
