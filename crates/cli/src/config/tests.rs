use std::path::Path;

use super::*;

fn example() -> String {
    let example = Example {
        origin: "https://cabinet.example.kz",
        public_url: "http://pki.example.kz",
        passphrase: Some(("passphrase_file", "passphrase")),
        token: None,
        trusted_proxy: Some("127.0.0.1"),
        profiles: "kz",
    };
    example.text()
}

fn codes(text: &str) -> Vec<&'static str> {
    match Config::parse(text, Path::new("/etc/tanba")) {
        Ok(_) => Vec::new(),
        Err(findings) => findings
            .as_slice()
            .iter()
            .map(|finding| finding.code)
            .collect(),
    }
}

#[test]
fn the_documented_example_works() {
    let config = Config::parse(&example(), Path::new("/etc/tanba")).unwrap();
    assert_eq!(config.database, Path::new("/etc/tanba/tanba.sqlite"));
    assert_eq!(
        config.keys.passphrase,
        Some(Passphrase::File("/etc/tanba/passphrase".into()))
    );
    assert_eq!(config.keys.token, None);
    assert_eq!(config.trusted_proxy(), Some(IpAddr::from([127, 0, 0, 1])));
}

#[test]
fn every_default_of_the_example_is_a_default_of_the_program() {
    // A line `#key = value` is a key that may be absent; with it the file must mean the same, and must be accepted.
    let uncommented: String = example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(section)
                if ["[sms]", "[ra.first]", "[ra.texts]", "[register]"].contains(&section) =>
            {
                section
            }
            Some(rest)
                if rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = ") =>
            {
                rest
            }
            _ => line,
        })
        .filter(|line| {
            ![
                "certificate =",
                "key =",
                "user =",
                "password_file =",
                "token_file =",
                "centres =",
                "profiles = \"profiles\"",
            ]
            .iter()
            .any(|key| line.starts_with(key))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let (plain, full) = (
        Config::parse(&example(), Path::new("")).unwrap(),
        Config::parse(&uncommented, Path::new("")).unwrap(),
    );
    assert_eq!(
        full.mail.as_ref().unwrap().trusted.as_deref(),
        Some(Path::new("mail-authority.pem"))
    );
    assert_eq!(
        full.sms.as_ref().unwrap().trusted.as_deref(),
        Some(Path::new("sms-authority.pem"))
    );
    assert_eq!(
        (plain.server, plain.ca, plain.responder),
        (full.server, full.ca, full.responder)
    );
    assert_eq!(
        (plain.database, plain.logging),
        (full.database, full.logging)
    );
    assert_eq!(format!("{:?}", plain.ra), format!("{:?}", full.ra));
    assert_eq!(
        format!("{:?}", plain.cabinet),
        format!("{:?}", full.cabinet)
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let text = example().replace("[server]", "[server]\nlissten = \"0.0.0.0:1\"");
    let findings = Config::parse(&text, Path::new("")).unwrap_err().to_string();
    assert!(
        findings.contains("lissten") && findings.contains("in line 5"),
        "{findings}"
    );
    for section in [
        "[database]",
        "[keys]",
        "[mail]",
        "[logging]",
        "[ca]",
        "[ra]",
        "[cabinet]",
        "[responder]",
    ] {
        let text = example().replace(section, &format!("{section}\nno_such_key = 1"));
        assert_eq!(codes(&text), ["config-unknown-key"], "{section}");
    }
    assert_eq!(
        codes(&format!("{}\n[no_such_section]\n", example())),
        ["config-unknown-key"]
    );
}

#[test]
fn several_mistakes_are_all_told() {
    let text = example()
        .replace(
            "https://cabinet.example.kz",
            "https://cabinet.example.kz/path",
        )
        .replace("passphrase_file", "passphrase_env = \"X\"\npassphrase_file")
        .replace("#base_life_hours = 72", "base_life_hours = 25");
    assert_eq!(
        codes(&text),
        ["origin-malformed", "passphrase-source", "config-value"]
    );
}

#[test]
fn contradictions_are_told() {
    let proxy = "trusted_proxy = \"127.0.0.1\"";
    assert_eq!(codes(&example().replace(proxy, "")), ["tls-absent"]);
    assert_eq!(
        codes(&example().replace(
            proxy,
            "machines = \"127.0.0.1:8443\"\ntrusted_proxy = \"::1\""
        )),
        ["ports-equal"]
    );
    assert_eq!(
        codes(&example().replace("http://pki.example.kz", "http://pki.example.kz/a")),
        ["public-url-malformed"]
    );
    assert_eq!(
        codes(&example().replace("server = \"localhost\"", "server = \"mail.example.kz\"")),
        ["mail-security"]
    );
    let start = example().find("[mail]").unwrap();
    let end = example().find("[logging]").unwrap();
    let without_mail = format!("{}{}", &example()[..start], &example()[end..]);
    assert_eq!(codes(&without_mail), ["mail-absent"]);
    assert_eq!(
        codes(&without_mail.replace(
            "#second_factor = \"email-code\"",
            "second_factor = \"none\""
        )),
        Vec::<&str>::new()
    );
}
