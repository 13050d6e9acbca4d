//! What an authority is called where nobody says.

use clap::Parser;

use super::{Args, options};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

/// Short name of the issuing authority, and the names of root and issuing authority.
fn called(more: &[&str]) -> [String; 3] {
    let fixed = [
        "init",
        "--public-url",
        "http://pki.example.kz",
        "--origin",
        "https://cabinet.example.kz",
    ];
    let words = [&fixed, more].concat();
    let options = options(&Line::parse_from(words).args).unwrap();
    let [root, issuing] = [options.names.root, options.names.issuing]
        .map(|name| name.common_name.unwrap_or_default());
    [options.issuing_name, root, issuing]
}

#[test]
fn an_authority_is_called_after_its_own_kind_of_key() {
    for (key, short, root, issuing) in [
        ("rsa-2048", "nca-rsa", "(RSA)", "(RSA)"),
        ("ec-p256", "nca-ec", "(RSA)", "(EC)"),
        ("ec-p384", "nca-ec", "(EC)", "(EC)"),
        ("ed25519", "nca-ed25519", "(Ed25519)", "(Ed25519)"),
        ("ml-dsa-44", "nca-ml-dsa", "(ML-DSA)", "(ML-DSA)"),
        ("ml-dsa-65", "nca-ml-dsa", "(ML-DSA)", "(ML-DSA)"),
    ] {
        assert_eq!(
            called(&["--issuing-key", key]),
            [
                short.to_owned(),
                format!("НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ {root}"),
                format!("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ {issuing}")
            ],
            "{key}"
        );
    }
    assert_eq!(called(&[]), called(&["--issuing-key", "rsa-2048"]));
}

#[test]
fn whoever_says_names_gets_them() {
    let remark = ["--issuing-key", "ec-p256", "--remark", "(TEST)"];
    let [short, root, issuing] = called(&remark);
    assert_eq!(short, "nca-ec");
    assert!(root.ends_with(" (TEST)") && issuing.ends_with(" (TEST)"));
    let [short, _, issuing] = called(&["--issuing-key", "ed25519", "--issuing-name", "bank-ca"]);
    assert_eq!(short, "bank-ca");
    assert!(issuing.ends_with(" (Ed25519)"));
    assert!(called(&["--remark", ""])[1].ends_with("ОРТАЛЫҚ"));
}
