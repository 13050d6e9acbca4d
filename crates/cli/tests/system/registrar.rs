//! A small register of people over HTTP: it answers what it is told to, or nothing.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// How it answers a question.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// These people have the number.
    People(Vec<Value>),
    /// Broken: a status of HTTP.
    Status(u16),
    /// Nothing, for longer than anybody waits.
    Nothing,
}

#[derive(Debug)]
struct Desk {
    /// The answers of the next questions, before `always`.
    next: VecDeque<Says>,
    always: Says,
    asked: usize,
}

/// The register. Its thread ends with the program.
#[derive(Clone, Debug)]
pub(crate) struct Registrar {
    desk: Arc<Mutex<Desk>>,
    pub(crate) port: u16,
}

/// A person of the register.
pub(crate) fn person(iin: &str, surname: &str) -> Value {
    json!({ "iin": iin, "surname": surname, "given_name": "Әйгерім", "patronymic": "Болатқызы" })
}

impl Registrar {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let desk = Arc::new(Mutex::new(Desk {
            next: VecDeque::new(),
            always: Says::People(Vec::new()),
            asked: 0,
        }));
        let clerk = Arc::clone(&desk);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let clerk = Arc::clone(&clerk);
                // Whoever gave up waiting hangs up in the middle.
                std::thread::spawn(move || answer(stream, &clerk).unwrap_or_default());
            }
        });
        Self { desk, port }
    }

    /// What it says from now on.
    pub(crate) fn says(&self, answer: Says) {
        let mut desk = self.desk.lock().expect("a desk");
        desk.next.clear();
        desk.always = answer;
    }

    /// What it says once, before that.
    pub(crate) fn first_says(&self, answer: Says) {
        self.desk.lock().expect("a desk").next.push_back(answer);
    }

    /// How often it was asked so far.
    pub(crate) fn asked(&self) -> usize {
        self.desk.lock().expect("a desk").asked
    }

    /// The section of the configuration that names it.
    pub(crate) fn section(&self) -> String {
        format!(
            "[register]\nurl = \"http://127.0.0.1:{}/persons/{{iin}}\"\ntimeout_seconds = 1\ntries = 2\n#",
            self.port
        )
    }
}

fn answer(mut stream: TcpStream, desk: &Mutex<Desk>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && !line.ends_with("\r\n\r\n") {}
    assert!(line.starts_with("GET /persons/"), "{line}");
    let says = {
        let mut desk = desk.lock().expect("a desk");
        desk.asked += 1;
        let next = desk.next.pop_front();
        next.unwrap_or_else(|| desk.always.clone())
    };
    let (status, body) = match says {
        Says::People(people) => (200, json!({ "persons": people }).to_string()),
        Says::Status(status) => (status, String::new()),
        Says::Nothing => {
            crate::server::pause(Duration::from_secs(5));
            return Ok(());
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status} told\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
