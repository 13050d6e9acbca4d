//! A mail server that keeps what it is given (RFC 5321, as much of it as a client needs).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// How long a mail may be on its way.
const PATIENCE: Duration = Duration::from_secs(40);

/// A mail as it was taken.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) to: Vec<String>,
    /// The plain text, decoded.
    pub(crate) text: String,
}

#[derive(Debug, Default)]
struct Shelf {
    mails: Mutex<Vec<Mail>>,
    /// What recipients are answered with while they are refused, and how many were.
    refusal: Mutex<(Option<u16>, usize)>,
    grown: Condvar,
    refused: Condvar,
}

/// Everything that was mailed. Its thread ends with the program.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    shelf: Arc<Shelf>,
    pub(crate) port: u16,
}

impl Mailbox {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shelf = Arc::new(Shelf::default());
        let keeper = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keeper = Arc::clone(&keeper);
                // Whoever hangs up in the middle was killed; the mail comes again.
                std::thread::spawn(move || converse(stream, &keeper).unwrap_or_default());
            }
        });
        Self { shelf, port }
    }

    /// Refuses everybody with this answer from now on, quoting the address as mail servers do.
    pub(crate) fn refuse(&self, code: Option<u16>) {
        *self.shelf.refusal.lock().expect("a shelf") = (code, 0);
    }

    /// Waits until somebody was refused.
    pub(crate) fn wait_for_a_refusal(&self) {
        let refusal = self.shelf.refusal.lock().expect("a shelf");
        let none = |(_, refused): &mut (Option<u16>, usize)| *refused == 0;
        let waited = self
            .shelf
            .refused
            .wait_timeout_while(refusal, PATIENCE, none);
        assert!(
            !waited.expect("a shelf").1.timed_out(),
            "nobody was refused"
        );
    }

    fn all(&self) -> Vec<Mail> {
        self.shelf.mails.lock().expect("a shelf").clone()
    }

    /// Mails to an address, oldest first.
    pub(crate) fn to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.all();
        mails.retain(|mail| mail.to.iter().any(|to| to == address));
        mails
    }

    /// Waits until something can be read in the mails to an address.
    pub(crate) fn wait<T>(&self, address: &str, read: impl Fn(&[Mail]) -> Option<T>) -> T {
        self.try_wait(address, PATIENCE, read)
            .unwrap_or_else(|| panic!("no such mail to {address}: {:#?}", self.to(address)))
    }

    /// The same within a time; `None` when it is over.
    pub(crate) fn try_wait<T>(
        &self,
        address: &str,
        patience: Duration,
        read: impl Fn(&[Mail]) -> Option<T>,
    ) -> Option<T> {
        let mut found = None;
        let mails = self.shelf.mails.lock().expect("a shelf");
        let _rest = self
            .shelf
            .grown
            .wait_timeout_while(mails, patience, |mails| {
                let own: Vec<Mail> = mails
                    .iter()
                    .filter(|mail| mail.to.iter().any(|to| to == address))
                    .cloned()
                    .collect();
                found = read(&own);
                found.is_none()
            });
        found
    }

    /// Waits until one more mail came, to whomever.
    pub(crate) fn wait_for_another(&self, patience: Duration) {
        let mails = self.shelf.mails.lock().expect("a shelf");
        let before = mails.len();
        let none = |mails: &mut Vec<Mail>| mails.len() == before;
        drop(self.shelf.grown.wait_timeout_while(mails, patience, none));
    }

    /// The newest code for an application.
    pub(crate) fn code(&self, address: &str, number: &str) -> String {
        self.wait(address, |mails| codes(mails, number).pop())
    }
}

/// All codes for an application, oldest first.
pub(crate) fn codes(mails: &[Mail], number: &str) -> Vec<String> {
    let about = mails.iter().filter(|mail| mail.is_about(number));
    about.filter_map(Mail::code).collect()
}

impl Mail {
    fn of(to: Vec<String>, raw: &str) -> Self {
        Self {
            to,
            text: plain(raw),
        }
    }

    /// Whether the application is named, however its number is grouped.
    pub(crate) fn is_about(&self, number: &str) -> bool {
        let digits: String = self.text.chars().filter(char::is_ascii_digit).collect();
        digits.contains(number)
    }

    /// Whether a certificate is named, as the pages show its serial number: in groups of four digits.
    pub(crate) fn names_certificate(&self, serial: &str) -> bool {
        let groups: Vec<_> = serial
            .as_bytes()
            .chunks(4)
            .map(String::from_utf8_lossy)
            .collect();
        self.text.contains(&groups.join(" "))
    }

    /// Six digits on a line of their own.
    pub(crate) fn code(&self) -> Option<String> {
        let mut lines = self.text.lines().map(str::trim);
        lines
            .find(|line| line.len() == 6 && line.bytes().all(|octet| octet.is_ascii_digit()))
            .map(str::to_owned)
    }

    /// The path of the link "it was not me": `/kk/not-me/…`.
    pub(crate) fn not_me(&self) -> Option<String> {
        let line = self.text.lines().find(|line| line.contains("/not-me/"))?;
        let (_, rest) = line.trim().split_once("://")?;
        rest.find('/').map(|slash| rest[slash..].to_owned())
    }
}

fn converse(mut stream: TcpStream, shelf: &Shelf) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut to = Vec::new();
    write!(stream, "220 mailbox\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let upper = line.to_uppercase();
        if upper.starts_with("RCPT TO:") {
            let address = line[8..].trim().trim_matches(['<', '>']).to_owned();
            let mut refusal = shelf.refusal.lock().expect("a shelf");
            if let Some(code) = refusal.0 {
                write!(stream, "{code} <{address}> is not known here\r\n")?;
                refusal.1 += 1;
                shelf.refused.notify_all();
                continue;
            }
            to.push(address);
        }
        if upper == "QUIT" {
            write!(stream, "221 bye\r\n")?;
            return Ok(());
        }
        if upper != "DATA" {
            write!(stream, "250 mailbox\r\n")?;
            continue;
        }
        write!(stream, "354 go on\r\n")?;
        let mut raw = String::new();
        loop {
            // Cut off in the middle: nothing was taken, and the mail comes again.
            let Some(line) = lines.next().transpose()? else {
                return Ok(());
            };
            if line == "." {
                break;
            }
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            raw.push('\n');
        }
        let mail = Mail::of(std::mem::take(&mut to), &raw);
        shelf.mails.lock().expect("a shelf").push(mail);
        shelf.grown.notify_all();
        write!(stream, "250 kept\r\n")?;
    }
    Ok(())
}

/// The first part of type text/plain, decoded (RFC 2045, 6).
fn plain(raw: &str) -> String {
    let Some(start) = raw.find("Content-Type: text/plain") else {
        return raw.to_owned();
    };
    let part = raw[start..].split("\n--").next().unwrap_or_default();
    let (head, body) = part.split_once("\n\n").unwrap_or((part, ""));
    let head = head.to_lowercase();
    let octets = if head.contains("base64") {
        let text: String = body.split_whitespace().collect();
        BASE64.decode(text).expect("Base64")
    } else if head.contains("quoted-printable") {
        quoted_printable(body)
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8(octets)
        .expect("UTF-8")
        .replace("\r\n", "\n")
}

/// RFC 2045, 6.7.
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some(sign) = rest.find('=') {
        octets.extend_from_slice(&rest.as_bytes()[..sign]);
        rest = &rest[sign + 1..];
        if let Some(after) = rest.strip_prefix('\n') {
            rest = after;
        } else {
            octets.push(u8::from_str_radix(&rest[..2], 16).expect("two hexadecimal digits"));
            rest = &rest[2..];
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}
