//! A time-stamping authority around `openssl ts`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{run, text};

/// An authority that answers until the tests end.
pub(crate) struct Authority {
    pub(crate) url: String,
    pub(crate) certificate: PathBuf,
    replays: Arc<AtomicBool>,
}

impl Authority {
    pub(crate) fn start(folder: &Path) -> Self {
        let folder = folder.join("tsa");
        std::fs::create_dir(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let config = format!(
            "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=TSA TEST\nC=KZ\n\
             [ext]\nextendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n\
             subjectKeyIdentifier=hash\n\
             [tsa]\ndefault_tsa=one\n[one]\nserial={serial}\ncrypto_device=builtin\nsigner_cert={cert}\ncerts={cert}\n\
             signer_key={key}\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256\nordering=yes\n\
             tsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n",
            serial = path("serial").display(),
            cert = path("tsa.pem").display(),
            key = path("tsa.key").display(),
        );
        std::fs::write(path("tsa.cnf"), config).unwrap();
        std::fs::write(path("serial"), "01\n").unwrap();
        let arguments = [
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-sha256",
            "-days",
            "30",
            "-config",
            text(&path("tsa.cnf")),
            "-keyout",
            text(&path("tsa.key")),
            "-out",
            text(&path("tsa.pem")),
        ]
        .map(str::to_owned);
        let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (made, words) = run("openssl", &borrowed);
        assert!(made, "{words}");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let certificate = path("tsa.pem");
        let replays = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&replays);
        std::thread::spawn(move || {
            let mut last = Vec::new();
            for stream in listener.incoming() {
                last = answer(stream.unwrap(), &folder, &last, &shared);
            }
        });
        Self {
            url,
            certificate,
            replays,
        }
    }

    /// From now on it gives every caller the stamp of the caller before.
    pub(crate) fn replay(&self) {
        self.replays.store(true, Ordering::SeqCst);
    }
}

fn answer(stream: TcpStream, folder: &Path, last: &[u8], replays: &AtomicBool) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut query = vec![0; length];
    reader.read_exact(&mut query).unwrap();
    let (queried, replied) = (folder.join("query"), folder.join("reply"));
    std::fs::write(&queried, query).unwrap();
    let reply = if replays.load(Ordering::SeqCst) {
        last.to_vec()
    } else {
        let (made, words) = run(
            "openssl",
            &[
                "ts",
                "-reply",
                "-config",
                text(&folder.join("tsa.cnf")),
                "-section",
                "one",
                "-queryfile",
                text(&queried),
                "-out",
                text(&replied),
            ],
        );
        assert!(made, "{words}");
        std::fs::read(&replied).unwrap()
    };
    let mut stream = reader.into_inner();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&reply).unwrap();
    reply
}
