//! `tanba validate`: NIST's and x509-limbo's cases through the command line, and what it answers to scripts.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The folder of foreign samples; says so loudly when it is absent.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where samples are by the environment"
)]
fn fixtures(folder: &str) -> Option<PathBuf> {
    let root = std::env::var("TANBA_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: fixtures folder absent: {}", folder.display());
    None
}

/// A folder with files, and the command line over them.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    fn run(&self, program: &str, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let code = output.status.code().expect("the program was not killed");
        (code, text(&output.stdout), text(&output.stderr))
    }

    fn openssl(&self, arguments: &str) {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let (code, _, error) = self.run("openssl", &arguments);
        assert_eq!(code, 0, "{arguments:?}\n{error}");
    }

    /// Exit code and what is said in JSON, which agree.
    fn validate(&self, arguments: &[&str]) -> (i32, Value) {
        let all = [&["validate", "--json"], arguments].concat();
        let (code, out, error) = self.run(env!("CARGO_BIN_EXE_tanba"), &all);
        if code == 2 {
            return (code, Value::Null);
        }
        let facts: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
        assert_eq!(facts["valid"], code == 0, "{facts}");
        assert_eq!(facts["reason"].is_null(), code == 0, "{facts}");
        assert_eq!(error.is_empty(), code == 0, "{error}");
        (code, facts)
    }
}

fn pem(label: &str, file: &Path) -> String {
    tanba_pki::pem::encode(label, &std::fs::read(file).unwrap())
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn runs_of_nist_have_their_results_on_the_command_line() {
    let Some(folder) = fixtures("pkits") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let runs: Vec<Value> = serde_json::from_str(&text).unwrap();
    let (mut wrong, mut exempt) = (Vec::new(), 0);
    for run in &runs {
        let desk = Desk::new();
        let all = |names: &Value, label, folder: &Path| -> String {
            let names = texts(names).into_iter();
            names.map(|name| pem(label, &folder.join(name))).collect()
        };
        let certificates = folder.join("certs");
        let one = |field: &str| {
            pem(
                "CERTIFICATE",
                &certificates.join(run[field].as_str().unwrap()),
            )
        };
        desk.write("leaf.pem", &one("ee"));
        desk.write("trusted.pem", &one("trust_anchor"));
        desk.write(
            "untrusted.pem",
            &all(&run["intermediates"], "CERTIFICATE", &certificates),
        );
        desk.write(
            "crls.pem",
            &all(&run["crls"], "X509 CRL", &folder.join("crls")),
        );
        let mut arguments = vec!["--trusted", "trusted.pem", "--time", "2022-06-01T00:00:00Z"];
        if !run["intermediates"].as_array().unwrap().is_empty() {
            arguments.extend(["--untrusted", "untrusted.pem"]);
        }
        arguments.extend(["--crl", "crls.pem", "--purpose", "any"]);
        for (field, option) in [
            ("explicit_policy_required", "--explicit-policy"),
            ("inhibit_policy_mapping", "--inhibit-mapping"),
            ("inhibit_any_policy", "--inhibit-any"),
        ] {
            if run[field] == true {
                arguments.push(option);
            }
        }
        let policies = texts(&run["initial_policies"]);
        for policy in policies.iter().filter(|policy| *policy != "anyPolicy") {
            arguments.extend(["--policy", policy]);
        }
        arguments.push("leaf.pem");
        let (code, facts) = desk.validate(&arguments);
        let expected = i32::from(run["expected"] != "SUCCESS");
        let title = run["title"].as_str().unwrap();
        if code == expected {
            continue;
        }
        // DSA came with SHA-1, which this command refuses.
        if title.contains("DSA") && code == 1 {
            exempt += 1;
            println!("EXEMPT: {title}: {}", facts["reason"]);
        } else {
            wrong.push(format!("{title}: {code} {facts}"));
        }
    }
    println!(
        "PKITS by command line: {} run, {exempt} exempt (DSA)",
        runs.len()
    );
    assert_eq!(wrong, [""; 0]);
}

/// Named and argued for in docs/conformance.md.
const DEPARTURES: [&str; 3] = [
    "rfc5280::eku::ee-without-eku",
    "webpki::nc::permitted-dns-match-noncritical",
    "pathlen::validation-ignores-pathlen-in-leaf",
];

#[test]
fn cases_of_limbo_have_their_results_on_the_command_line() {
    let Some(folder) = fixtures("x509-limbo") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("limbo-core-third.json")).unwrap();
    let limbo: Value = serde_json::from_str(&text).unwrap();
    let cases = limbo["testcases"].as_array().unwrap();
    let (mut agreed, mut wrong) = (0, Vec::new());
    for case in cases {
        let desk = Desk::new();
        desk.write("trusted.pem", &texts(&case["trusted_certs"]).concat());
        desk.write("leaf.pem", case["peer_certificate"].as_str().unwrap());
        let untrusted = texts(&case["untrusted_intermediates"]).concat();
        desk.write("untrusted.pem", &untrusted);
        let crls = texts(&case["crls"]).concat();
        desk.write("crls.pem", &crls);
        let names: Vec<String> = [&case["expected_peer_name"]]
            .into_iter()
            .chain(case["expected_peer_names"].as_array().unwrap())
            .filter(|name| !name.is_null())
            .map(|name| {
                let kind = name["kind"].as_str().unwrap().to_lowercase();
                let value = name["value"].as_str().unwrap();
                format!("{}:{value}", kind.replace("rfc822", "email"))
            })
            .collect();
        let server = case["validation_kind"] == "SERVER";
        let time = case["validation_time"]
            .as_str()
            .unwrap_or("2026-06-01T00:00:00Z");
        let mut arguments = vec!["--trusted", "trusted.pem", "--time", time, "--purpose"];
        arguments.push(if server { "tls-server" } else { "tls-client" });
        if !untrusted.is_empty() {
            arguments.extend(["--untrusted", "untrusted.pem"]);
        }
        if !crls.is_empty() {
            arguments.extend(["--crl", "crls.pem"]);
        }
        for name in &names {
            arguments.extend(["--name", name]);
        }
        arguments.push("leaf.pem");
        let (code, facts) = desk.validate(&arguments);
        let id = case["id"].as_str().unwrap();
        if code == i32::from(case["expected_result"] != "SUCCESS") {
            agreed += 1;
        } else if code != 1 || !DEPARTURES.contains(&id) {
            wrong.push(format!("{id}: {code} {facts}"));
        }
    }
    println!(
        "x509-limbo by command line: {} run, {agreed} agree",
        cases.len()
    );
    assert_eq!(wrong, [""; 0]);
    assert!(agreed * 100 >= cases.len() * 95);
}

/// A root, an authority that may name `example.kz` only, and a server of it; `list.pem` is the root's.
fn authority() -> Desk {
    let desk = Desk::new();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    desk.write(
        "x.cnf",
        "[req]\ndistinguished_name=dn\n[dn]\n[root]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n\
         keyUsage=critical,keyCertSign,cRLSign\n[ca]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n\
         default_crl_days=20\n",
    );
    desk.write("index.txt", "");
    desk.write("number", "01\n");
    desk.openssl(&format!(
        "req -x509 -config x.cnf -extensions root {key} -keyout root.key -out root.pem -days 30 -subj /CN=Root"
    ));
    for (name, issuer, extensions) in [
        (
            "middle",
            "root",
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
             nameConstraints=critical,permitted;DNS:example.kz\ncertificatePolicies=1.2.3.4",
        ),
        (
            "server",
            "middle",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:www.example.kz\n\
             certificatePolicies=1.2.3.4",
        ),
        (
            "thief",
            "middle",
            "keyUsage=critical,digitalSignature\nsubjectAltName=DNS:bank.kz",
        ),
    ] {
        desk.write(
            "x.ext",
            &format!("subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{extensions}\n"),
        );
        desk.openssl(&format!(
            "req -config x.cnf {key} -keyout {name}.key -out x.csr -subj /CN={name}"
        ));
        desk.openssl(&format!(
            "x509 -req -in x.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 20 -extfile x.ext -out {name}.pem"
        ));
    }
    desk.openssl(
        "ca -config x.cnf -name ca -gencrl -keyfile root.key -cert root.pem -out list.pem",
    );
    desk
}

#[test]
fn the_answer_names_the_reason_and_the_certificate() {
    let desk = authority();
    let base = ["--trusted", "root.pem", "--untrusted", "middle.pem"];
    let ask = |more: &[&str]| desk.validate(&[base.as_slice(), more].concat());
    let (code, facts) = ask(&[
        "--purpose",
        "tls-server",
        "--name",
        "dns:www.example.kz",
        "server.pem",
    ]);
    assert_eq!(code, 0, "{facts}");
    assert_eq!(facts["path"][2]["role"], "trusted");
    assert_eq!(facts["policies"], serde_json::json!(["1.2.3.4"]));
    for (arguments, reason, role) in [
        (&["thief.pem"][..], "name-not-permitted", "leaf"),
        (
            &["--crl", "list.pem", "server.pem"],
            "revocation-unknown",
            "leaf",
        ),
        (
            &["--time", "2000-01-01T00:00:00Z", "server.pem"],
            "not-yet-valid",
            "leaf",
        ),
        (
            &["--name", "dns:example.kz", "server.pem"],
            "wrong-name",
            "leaf",
        ),
        (
            &["--purpose", "tls-client", "server.pem"],
            "key-usage",
            "leaf",
        ),
        (&["--purpose", "sign", "server.pem"], "key-usage", "leaf"),
        (
            &["--explicit-policy", "--policy", "1.2.3.5", "server.pem"],
            "no-policy",
            "leaf",
        ),
        (
            &[
                "--trusted",
                "server.pem",
                "--purpose",
                "tls-server",
                "middle.pem",
            ],
            "key-usage",
            "leaf",
        ),
    ] {
        let (code, facts) = ask(arguments);
        assert_eq!(code, 1, "{arguments:?} {facts}");
        assert_eq!(facts["reason"], reason, "{arguments:?} {facts}");
        assert_eq!(facts["certificate"]["role"], role, "{arguments:?} {facts}");
    }
    // The authority is an anchor when it is believed, though it is not self-signed; its constraints count all the same.
    assert_eq!(
        desk.validate(&["--trusted", "middle.pem", "server.pem"]).0,
        0
    );
    assert_eq!(
        desk.validate(&["--trusted", "middle.pem", "thief.pem"]).0,
        1
    );
    assert_eq!(
        desk.validate(&["--trusted", "root.pem", "server.pem"]).1["reason"],
        "no-issuer"
    );
    assert_eq!(
        desk.validate(&["--trusted", "root.pem", "--crl", "list.pem", "middle.pem"])
            .0,
        0
    );
}

#[test]
fn a_bad_block_answers_no_question_and_leaves_none_unanswered() {
    let desk = authority();
    let read = |name: &str| std::fs::read_to_string(desk.0.path().join(name)).unwrap();
    let damaged = read("server.pem").replacen("MI", "M*", 1);
    desk.write("damaged.pem", &damaged);
    let (code, facts) = desk.validate(&["--trusted", "root.pem", "damaged.pem"]);
    assert_eq!((code, &facts["reason"]), (1, &Value::from("damaged")));
    // Whoever sends one bad block among others does not decide that there is no answer.
    desk.write(
        "more.pem",
        &format!(
            "{damaged}{}-----BEGIN CERTIFICATE-----\nMIIB",
            read("middle.pem")
        ),
    );
    desk.write(
        "lists.pem",
        &format!(
            "{}-----BEGIN X509 CRL-----\n*\n-----END X509 CRL-----\n",
            read("list.pem")
        ),
    );
    let base = ["--trusted", "root.pem", "--untrusted", "more.pem"];
    let (code, facts) = desk.validate(&[&base[..], &["server.pem"]].concat());
    assert_eq!(
        (code, &facts["unreadable"]["untrusted"]),
        (0, &Value::from(2))
    );
    let lists = ["--trusted", "root.pem", "--crl", "lists.pem", "middle.pem"];
    let (code, facts) = desk.validate(&lists);
    assert_eq!((code, &facts["unreadable"]["crls"]), (0, &Value::from(1)));
    // As `openssl storeutl -certs` and `x509 -trustout` write.
    desk.write(
        "store.pem",
        &format!("0: Certificate\n{}", read("middle.pem")),
    );
    desk.openssl("x509 -in root.pem -addtrust serverAuth -trustout -out trust.pem");
    assert!(read("trust.pem").contains("TRUSTED"));
    let (code, facts) = desk.validate(&[
        "--trusted",
        "trust.pem",
        "--untrusted",
        "store.pem",
        "server.pem",
    ]);
    assert_eq!(code, 0, "{facts}");
}

#[test]
fn options_may_come_again_and_the_last_one_counts() {
    let desk = authority();
    let (code, facts) = desk.validate(&[
        "--trusted",
        "root.pem",
        "--untrusted",
        "middle.pem",
        "--explicit-policy",
        "--explicit-policy",
        "--inhibit-any",
        "--inhibit-any",
        "--inhibit-mapping",
        "--inhibit-mapping",
        "--purpose",
        "sign",
        "--purpose",
        "tls-server",
        "--time",
        "2000-01-01T00:00:00Z",
        "--time",
        "2099-01-01T00:00:00Z",
        "server.pem",
    ]);
    assert_eq!(
        (code, &facts["reason"]),
        (1, &Value::from("expired")),
        "{facts}"
    );
    let name = [
        "--trusted",
        "middle.pem",
        "--name",
        "ip:[2001:db8::1]",
        "server.pem",
    ];
    assert_eq!(desk.validate(&name).1["reason"], "wrong-name");
    let program = env!("CARGO_BIN_EXE_tanba");
    let zone = [
        "validate",
        "--trusted",
        "root.pem",
        "--time",
        "2026-01-01T00:00:00",
        "server.pem",
    ];
    let (code, _, error) = desk.run(program, &zone);
    assert!(
        code == 2 && error.contains("the zone is missing"),
        "{error}"
    );
    // Nothing was judged, and whoever reads JSON is told so.
    let absent = [
        "validate",
        "--json",
        "--trusted",
        "absent.pem",
        "server.pem",
    ];
    let (code, out, error) = desk.run(program, &absent);
    let said: Value = serde_json::from_str(&out).unwrap();
    assert!(
        code == 2 && said["valid"].is_null() && error.contains("absent.pem"),
        "{out}{error}"
    );
    assert!(
        said["error"].as_str().unwrap().contains("absent.pem"),
        "{out}"
    );
}

#[test]
fn a_server_may_be_believed_as_it_is() {
    let desk = authority();
    desk.write(
        "x.cnf",
        "[req]\ndistinguished_name=dn\n[dn]\n[own]\nbasicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n\
         authorityKeyIdentifier=keyid\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
         subjectAltName=DNS:own.example.kz\n",
    );
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    desk.openssl(&format!(
        "req -x509 -config x.cnf -extensions own {key} -keyout own.key -out own.pem -days 30 -subj /CN=own"
    ));
    for purpose in ["any", "tls-server"] {
        let name = [
            "--trusted",
            "own.pem",
            "--name",
            "dns:own.example.kz",
            "own.pem",
        ];
        let (code, facts) = desk.validate(&[&["--purpose", purpose][..], &name].concat());
        assert_eq!(code, 0, "{purpose}: {facts}");
    }
}

#[test]
fn damage_is_not_valid_and_wrong_usage_is_told_apart() {
    let desk = authority();
    desk.write(
        "broken.pem",
        &tanba_pki::pem::encode("CERTIFICATE", &[0x30, 0]),
    );
    let (code, facts) = desk.validate(&["--trusted", "root.pem", "broken.pem"]);
    assert_eq!((code, &facts["reason"]), (1, &Value::from("damaged")));
    let broken = ["validate", "--trusted", "root.pem", "broken.pem"];
    let (_, _, said) = desk.run(env!("CARGO_BIN_EXE_tanba"), &broken);
    assert!(said.contains("(leaf: broken.pem)"), "{said}");
    let (code, facts) = desk.validate(&["--trusted", "broken.pem", "server.pem"]);
    assert_eq!(
        (code, &facts["unreadable"]["trusted"]),
        (1, &Value::from(1))
    );
    desk.write("list.bad", &tanba_pki::pem::encode("X509 CRL", &[0x30, 0]));
    let (code, facts) =
        desk.validate(&["--trusted", "root.pem", "--crl", "list.bad", "middle.pem"]);
    assert_eq!(
        (code, &facts["reason"]),
        (1, &Value::from("revocation-unknown"))
    );
    desk.write("empty.pem", "nothing here\n");
    let base = [
        "--trusted",
        "middle.pem",
        "--untrusted",
        "empty.pem",
        "--policy",
        "anyPolicy",
    ];
    assert_eq!(desk.validate(&[&base[..], &["server.pem"]].concat()).0, 0);
    let (code, facts) = desk.validate(&[&base[..], &["--crl", "empty.pem", "server.pem"]].concat());
    assert_eq!(
        (code, &facts["reason"]),
        (1, &Value::from("revocation-unknown"))
    );
    for arguments in [
        &["server.pem"][..],
        &["--trusted", "root.pem"],
        &["--trusted", "absent.pem", "server.pem"],
        &["--trusted", "empty.pem", "server.pem"],
        &["--trusted", "root.pem", "absent.pem"],
        &["--trusted", "root.pem", "empty.pem"],
        &["--trusted", "root.pem", "--crl", "absent.pem", "server.pem"],
        &[
            "--trusted",
            "root.pem",
            "--name",
            "www.example.kz",
            "server.pem",
        ],
        &["--trusted", "root.pem", "--name", "dns:a b", "server.pem"],
        &["--trusted", "root.pem", "--name", "dns:a..kz", "server.pem"],
        &[
            "--trusted",
            "root.pem",
            "--name",
            "dns:әлем.kz",
            "server.pem",
        ],
        &[
            "--trusted",
            "root.pem",
            "--name",
            "email:a @b",
            "server.pem",
        ],
        &["--trusted", "root.pem", "--policy", "any", "server.pem"],
        &["--trusted", "root.pem", "--purpose", "all", "server.pem"],
        &["--trusted", "root.pem", "--time", "today", "server.pem"],
    ] {
        assert_eq!(desk.validate(arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn a_list_that_is_signed_with_pss_counts_and_under_a_key_for_pss_alone_nothing_does() {
    for (kind, key) in [
        (
            "rsaEncryption",
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        ),
        (
            "id-RSASSA-PSS",
            "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha256 \
             -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32",
        ),
    ] {
        let desk = authority();
        let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sha256";
        desk.openssl(&format!("genpkey {key} -out root.key"));
        desk.openssl(&format!(
            "req -x509 -config x.cnf -extensions root -key root.key {pss} -out root.pem -days 30 -subj /CN=Root"
        ));
        desk.write("x.ext", "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=critical,digitalSignature\n");
        for name in ["good", "bad"] {
            desk.openssl(&format!(
                "req -config x.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out x.csr -subj /CN={name}"
            ));
            desk.openssl(&format!(
                "x509 -req -in x.csr -CA root.pem -CAkey root.key -CAcreateserial {pss} -days 20 -extfile x.ext -out {name}.pem"
            ));
        }
        let base = "ca -config x.cnf -name ca -keyfile root.key -cert root.pem -md sha256 -sigopt rsa_padding_mode:pss \
                    -sigopt rsa_pss_saltlen:32";
        let list = |name: &str| {
            desk.openssl(&format!("{base} -gencrl -out {name}.crl"));
            let (_, text, _) = desk.run(
                "openssl",
                &["crl", "-in", &format!("{name}.crl"), "-noout", "-text"],
            );
            assert!(text.contains("rsassaPss"), "{text}");
        };
        list("before");
        desk.openssl(&format!("{base} -revoke bad.pem"));
        list("after");
        for (leaf, lists, code, reason) in [
            ("good", &["before"][..], 0, Value::Null),
            ("bad", &["before"], 0, Value::Null),
            ("good", &["after"], 0, Value::Null),
            ("bad", &["after"], 1, "revoked".into()),
            ("bad", &["before", "after"], 1, "revoked".into()),
        ] {
            let (leaf, lists): (String, Vec<String>) = (
                format!("{leaf}.pem"),
                lists.iter().map(|list| format!("{list}.crl")).collect(),
            );
            let mut arguments = vec!["--trusted", "root.pem"];
            arguments.extend(lists.iter().flat_map(|list| ["--crl", list.as_str()]));
            arguments.push(&leaf);
            let (said, facts) = desk.validate(&arguments);
            // A key that is for PSS alone is not used (docs/conformance.md), and never passed over either.
            let (code, reason) = if kind == "rsaEncryption" {
                (code, reason)
            } else {
                (1, "unsupported-algorithm".into())
            };
            assert_eq!(
                (said, &facts["reason"]),
                (code, &reason),
                "{kind} {leaf} {lists:?}: {facts}"
            );
        }
    }
}
