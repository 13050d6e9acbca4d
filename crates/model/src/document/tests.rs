use serde_json::Value;

use super::*;

fn document() -> ApplicationDocument {
    ApplicationDocument {
        schema: SCHEMA.to_owned(),
        kind: "reissue".to_owned(),
        origin: "https://cabinet.example".to_owned(),
        number: "123456789015".to_owned(),
        created: Timestamp::from_unix(1_800_000_000),
        applicant: Applicant {
            iin: "850101300121".to_owned(),
            surname: "ҚҰНАНБАЙ".to_owned(),
            given_name: "АБАЙ".to_owned(),
            patronymic: None,
            country: "KZ".to_owned(),
        },
        email: Some("abai@example.kz".to_owned()),
        region: "KZ-75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: "PKCS12".to_owned(),
        centre: None,
        agreement: None,
        keys: vec![],
    }
}

#[test]
fn a_document_survives_the_way_to_the_signer_and_back() {
    let bytes = document().to_bytes().unwrap();
    assert_eq!(ApplicationDocument::from_bytes(&bytes).unwrap(), document());
}

#[test]
fn white_space_an_unknown_field_and_another_schema_are_refused() {
    let text = String::from_utf8(document().to_bytes().unwrap()).unwrap();
    let spaced = text.replacen(':', ": ", 1);
    assert!(matches!(
        ApplicationDocument::from_bytes(spaced.as_bytes()),
        Err(DocumentError::NotCanonical)
    ));
    let extended = text.replacen('{', "{\"a\":1,", 1);
    assert!(matches!(
        ApplicationDocument::from_bytes(extended.as_bytes()),
        Err(DocumentError::Form(_))
    ));
    let later = text.replace("tanba.application/1", "tanba.application/2");
    assert!(matches!(
        ApplicationDocument::from_bytes(later.as_bytes()),
        Err(DocumentError::Schema)
    ));
}

#[test]
fn members_are_sorted_by_utf16_units_and_escapes_are_the_shortest() {
    // The example of RFC 8785, 3.2.3: an emoji (surrogates d83d…) sorts before U+FB33.
    let value: Value = serde_json::from_str(
        "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\",\"\\u00f6\":\"o\"}",
    )
    .unwrap();
    assert_eq!(
        canonical_json(&value),
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"o\",\"€\":\"Euro Sign\",\"😀\":\"Emoji\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
    );
    assert_eq!(
        canonical_json(&Value::String("\u{1f}\"\\/".to_owned())),
        "\"\\u001f\\\"\\\\/\""
    );
}

#[test]
fn the_summary_names_everything_a_person_can_judge() {
    let keys: Vec<&str> = document().summary().iter().map(|line| line.key).collect();
    for key in [
        "summary-origin",
        "summary-number",
        "summary-iin",
        "summary-email",
        "summary-keystore",
    ] {
        assert!(keys.contains(&key), "{key}");
    }
}
