use tanba_model::administration::{AdministrativeAct, NewAdministration};
use tanba_model::decision::{Act, NewDecision, Step};
use tanba_model::ports::UnitOfWork;
use tanba_model::staff::Role;

use crate::{contract, given};

/// A decision and an order of somebody of staff, for each document.
fn signed(unit: &mut dyn UnitOfWork, documents: [&[u8]; 2]) {
    let person = given::person(unit, 1);
    let issuer = given::issuer(unit, "rsa");
    let signer = given::certificate(unit, &given::new_certificate(issuer, Some(person), 1));
    let staff = unit
        .staff()
        .insert(&tanba_model::ports::NewStaffMember {
            person,
            role: Role::Administrator,
            centre: None,
            since: given::at(1),
            until: None,
        })
        .unwrap();
    for document in documents {
        let (document, signature) = (document.to_vec(), vec![0x30, 0x00]);
        let decision = NewDecision {
            staff,
            person,
            application: None,
            pending: None,
            act: Act::Freeze,
            step: Step::Approve,
            at: given::at(5),
            signer,
            document: document.clone(),
            signature: signature.clone(),
        };
        let _ = unit.decisions().insert(&decision).unwrap();
        let order = NewAdministration {
            staff,
            act: AdministrativeAct::StopIssuance,
            object: "issuer/rsa".to_owned(),
            at: given::at(5),
            signer,
            document,
            signature,
        };
        let _ = unit.decisions().insert_administration(&order).unwrap();
    }
}

contract! {
    fn what_was_signed_comes_by_record_and_by_its_document(storage) {
        let mut unit = storage.begin().unwrap();
        signed(&mut *unit, [b"one", b"two"]);
        let all = unit.decisions().page(None, 9).unwrap();
        let documents: Vec<&[u8]> = all.iter().map(|row| row.made.document.as_slice()).collect();
        assert_eq!(documents, [b"one", b"two"]);
        assert_eq!(unit.decisions().page(Some(all[0].id), 9).unwrap(), all[1..]);
        assert_eq!(unit.decisions().page(None, 1).unwrap(), all[..1]);
        let second = all[1].made.document_sha256();
        assert_eq!(unit.decisions().of_document(&second).unwrap().as_ref(), all.get(1));
        assert_eq!(unit.decisions().of_document(&[0; 32]).unwrap(), None);
        let orders = unit.decisions().administrations_after(None, 9).unwrap();
        assert_eq!(orders.len(), 2);
        let rest = unit.decisions().administrations_after(Some(orders[0].id), 9).unwrap();
        assert_eq!(rest, orders[1..]);
    }
}
