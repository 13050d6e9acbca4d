//! openssl asks over a real socket.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use tanba_ca::IssuingKey;
use tanba_model::certificate::RevocationReason;
use tanba_model::ports::Issuance;
use tanba_pki::{Timestamp, pem};

use crate::harness::House;

#[expect(
    clippy::disallowed_methods,
    reason = "openssl ocsp looks at the real clock"
)]
fn real_time() -> Timestamp {
    let elapsed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    Timestamp::from_unix(i64::try_from(elapsed.as_secs()).unwrap())
}

struct Files {
    root: PathBuf,
    issuing: PathBuf,
}

/// The verdict of `openssl ocsp` on a serial number.
fn ask(files: &Files, address: SocketAddr, serial: &str, extra: &[&str]) -> String {
    let output = Command::new("openssl")
        .args([
            "ocsp",
            "-url",
            &format!("http://{address}/ocsp"),
            "-timeout",
            "20",
        ])
        .args(extra)
        .arg("-issuer")
        .arg(&files.issuing)
        .args(["-serial", &format!("0x{serial}")])
        .arg("-CAfile")
        .arg(&files.root)
        .arg("-verify_other")
        .arg(&files.issuing)
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_sees_good_revoked_and_unknown() {
    for key in [IssuingKey::Rsa2048, IssuingKey::EcP256] {
        let house = House::new(key, real_time());
        let good = house.certificate(1);
        let revoked = house.certificate(2);
        house.revoke(revoked.id, RevocationReason::CertificateHold);
        let chain = house.authority.chain();
        let files = Files {
            root: house.folder.path().join("root.pem"),
            issuing: house.folder.path().join("issuing.pem"),
        };
        fs::write(&files.root, pem::encode("CERTIFICATE", &chain[1])).unwrap();
        fs::write(&files.issuing, pem::encode("CERTIFICATE", &chain[0])).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = house.router.clone();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let asked = tokio::task::spawn_blocking(move || {
            [
                ask(&files, address, &good.serial.hex(), &[]),
                ask(
                    &files,
                    address,
                    &good.serial.hex(),
                    &["-sha256", "-no_nonce"],
                ),
                ask(&files, address, &revoked.serial.hex(), &[]),
                ask(
                    &files,
                    address,
                    "0102030405060708090a0b0c0d0e0f1011121314",
                    &[],
                ),
            ]
        });
        let verdicts = asked.await.unwrap();
        server.abort();
        for (verdict, expected) in
            verdicts
                .iter()
                .zip([": good", ": good", ": revoked", ": unknown"])
        {
            assert!(verdict.contains("Response verify OK"), "{verdict}");
            assert!(verdict.contains(expected), "{verdict}");
            assert!(!verdict.contains("nonce in response"), "{verdict}");
        }
        assert!(
            verdicts[2].contains("Reason: certificateHold"),
            "{}",
            verdicts[2]
        );
        drop(house);
    }
}
