use crate::oid as names;

use super::{DistinguishedName, DistinguishedNameBuilder, NameError, StringKind};

fn person() -> DistinguishedName {
    DistinguishedNameBuilder::new()
        .push(names::COMMON_NAME, StringKind::Utf8, "ҚҰНАНБАЙ АБАЙ")
        .push(names::SURNAME, StringKind::Utf8, "ҚҰНАНБАЙ")
        .push(
            names::SERIAL_NUMBER,
            StringKind::Printable,
            "IIN123456789012",
        )
        .push(names::COUNTRY, StringKind::Printable, "KZ")
        .build()
        .unwrap()
}

#[test]
fn what_is_built_is_read() {
    let name = DistinguishedName::from_der(person().der()).unwrap();
    assert_eq!(name, person());
    assert_eq!(name.common_name().unwrap(), "ҚҰНАНБАЙ АБАЙ");
    assert_eq!(name.iin().unwrap(), "123456789012");
    let neutral = DistinguishedNameBuilder::new()
        .push(
            names::SERIAL_NUMBER,
            StringKind::Printable,
            "PNOKZ-123456789012",
        )
        .build()
        .unwrap();
    assert_eq!(neutral.iin().unwrap(), "123456789012");
    assert_eq!(name.given_name(), None);
    assert_eq!(
        name.rfc4514(),
        "C=KZ,serialNumber=IIN123456789012,SN=ҚҰНАНБАЙ,CN=ҚҰНАНБАЙ АБАЙ"
    );
}

#[test]
fn texts_that_do_not_fit_their_type_are_refused() {
    let build = |kind, text: &str| {
        DistinguishedNameBuilder::new()
            .push(names::GIVEN_NAME, kind, text)
            .build()
    };
    assert!(matches!(
        build(StringKind::Printable, "ж"),
        Err(NameError::Character(_))
    ));
    assert!(matches!(
        build(StringKind::Ia5, "ж"),
        Err(NameError::Character(_))
    ));
    assert!(matches!(
        build(StringKind::Utf8, ""),
        Err(NameError::Empty(_))
    ));
}

#[test]
fn special_characters_are_escaped() {
    let name = DistinguishedNameBuilder::new()
        .push(
            names::ORGANIZATION,
            StringKind::Utf8,
            " ЖШС \"Таңба\", Ltd ",
        )
        .build()
        .unwrap();
    assert_eq!(name.rfc4514(), "O=\\ ЖШС \\\"Таңба\\\"\\, Ltd\\ ");
}

#[test]
fn debug_shows_no_person() {
    assert!(!format!("{:?}", person()).contains("АБАЙ"));
}

#[test]
fn rubbish_is_refused() {
    for der in [
        &[][..],
        &[0x30, 0x02, 0x31, 0x00],
        &[0x30, 0x00, 0x00],
        &[0x31, 0x00],
    ] {
        assert!(DistinguishedName::from_der(der).is_err(), "{der:02x?}");
    }
}
