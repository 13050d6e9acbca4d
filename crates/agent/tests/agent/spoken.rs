//! The window as a screen reader meets it: over the bus of assistive programs (AT-SPI), in the real program.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::text;
use crate::maker::PASSWORD;
use crate::window::{LOOK, Page, Running, SITE, Screen, Started, until};

/// Roles of AT-SPI (`AtspiRole`).
const FRAME: u64 = 23;
const PASSWORD_FIELD: u64 = 40;
const BUTTON: u64 = 43;
/// Those that somebody operates: boxes to tick, combined boxes, password fields, buttons, choices, text, switches, entries.
const OPERATED: [u64; 8] = [7, 11, PASSWORD_FIELD, BUTTON, 44, 61, 62, 79];

/// The bus of a session, and on it the one of assistive programs.
struct Bus {
    session: String,
    assistive: String,
    folder: tempfile::TempDir,
    _daemon: Started,
}

fn ask(address: &str, words: &[&str]) -> Option<Value> {
    let output = Command::new("busctl")
        .args(["--json=short", &format!("--address={address}"), "--"])
        .args(words)
        .output()
        .expect("scripts/setup.sh test installs systemd");
    let said: Value = serde_json::from_slice(&output.stdout).ok()?;
    Some(said["data"].clone())
}

impl Bus {
    fn start(screen: &Screen) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("DISPLAY", &screen.name)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/setup.sh test installs dbus");
        let mut address = String::new();
        let output = daemon.stdout.take().unwrap();
        let daemon = Started(daemon);
        BufReader::new(output).read_line(&mut address).unwrap();
        let session = address.trim().to_owned();
        // What a screen reader does when it starts: from now on programs tell what they show.
        let [service, path] = ["org.a11y.Bus", "/org/a11y/bus"];
        let switch = ["org.a11y.Status", "IsEnabled", "b", "true"];
        let command = [&["set-property", service, path], switch.as_slice()].concat();
        ask(&session, &command);
        let assistive = ask(&session, &["call", service, path, service, "GetAddress"]);
        let assistive = assistive.expect("scripts/setup.sh test installs at-spi2-core");
        Self {
            assistive: assistive[0].as_str().unwrap().to_owned(),
            session,
            folder,
            _daemon: daemon,
        }
    }

    fn environment(&self) -> [(&str, &str); 2] {
        [
            ("DBUS_SESSION_BUS_ADDRESS", &self.session),
            ("XDG_RUNTIME_DIR", text(self.folder.path())),
        ]
    }

    /// Everything that is told of, from the desktop down; things that went away meanwhile are left out.
    fn told(&self) -> Vec<Told> {
        let root = ["org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"];
        let mut found = Vec::new();
        self.look(&root.map(str::to_owned), &mut found);
        found
    }

    fn look(&self, place: &[String; 2], found: &mut Vec<Told>) -> Option<()> {
        let [service, path] = place.each_ref().map(String::as_str);
        let accessible = "org.a11y.atspi.Accessible";
        let call = |method| {
            ask(
                &self.assistive,
                &["call", service, path, accessible, method],
            )
        };
        let property = ["get-property", service, path, accessible, "Name"];
        let name = ask(&self.assistive, &property)?;
        let role = call("GetRole")?[0].as_u64()?;
        found.push(Told {
            role,
            name: name.as_str()?.to_owned(),
            place: place.clone(),
        });
        for child in call("GetChildren")?[0].as_array()? {
            let place = [child[0].as_str()?.to_owned(), child[1].as_str()?.to_owned()];
            self.look(&place, found);
        }
        Some(())
    }

    /// The text in a field.
    fn text(&self, told: &Told) -> String {
        let [service, path] = told.place.each_ref().map(String::as_str);
        let whole = ["org.a11y.atspi.Text", "GetText", "ii", "0", "-1"];
        let command = [&["call", service, path], whole.as_slice()].concat();
        let said = ask(&self.assistive, &command);
        said.and_then(|said| Some(said[0].as_str()?.to_owned()))
            .unwrap_or_default()
    }

    /// Does what can be done with it, as a screen reader does for its user.
    fn press(&self, told: &Told) {
        let [service, path] = told.place.each_ref().map(String::as_str);
        let action = ["org.a11y.atspi.Action", "DoAction", "i", "0"];
        let command = [&["call", service, path], action.as_slice()].concat();
        ask(&self.assistive, &command);
    }
}

/// Something that the window shows, as a screen reader is told of it.
#[derive(Debug)]
struct Told {
    role: u64,
    name: String,
    place: [String; 2],
}

fn named<'told>(told: &'told [Told], role: u64, name: &str) -> Option<&'told Told> {
    told.iter()
        .find(|told| told.role == role && told.name == name)
}

#[test]
fn a_screen_reader_hears_what_is_asked_and_refuses_for_its_user() {
    let screen = Screen::start();
    let bus = Bus::start(&screen);
    let agent = Running::within(&screen.name, &[SITE], &bus.environment());
    let page = Page::asks(agent.page(SITE));
    let told = until(|| {
        let told = bus.told();
        let field = |told: &Told| told.role == PASSWORD_FIELD;
        told.iter().any(field).then_some(told)
    });
    let title = format!("Деректерге қол қою — {SITE}");
    assert!(named(&told, FRAME, &title).is_some(), "{told:#?}");
    for words in ["Сұрап тұрған сайт", SITE, "Қол қойылатын 1 құжат:"]
    {
        assert!(
            told.iter().any(|told| told.name == words),
            "{words}: {told:#?}"
        );
    }
    for button in ["Қойманы ашу", "Болдырмау", "Кілттер тізімін жаңарту"]
    {
        assert!(
            named(&told, BUTTON, button).is_some(),
            "{button}: {told:#?}"
        );
    }
    assert!(
        named(&told, PASSWORD_FIELD, "Кілттер қоймасының құпиясөзі:").is_some(),
        "{told:#?}"
    );
    for told in told.iter().filter(|told| OPERATED.contains(&told.role)) {
        assert!(!told.name.is_empty(), "{told:?}");
    }
    // What is typed is nobody's to hear, and no other program's to read.
    let window = screen.wait_for("қол қою");
    let field = told.iter().find(|told| told.role == PASSWORD_FIELD);
    let typed = until(|| {
        screen.tool(&["windowfocus", &window]);
        std::thread::park_timeout(LOOK);
        screen.tool(&["type", "--delay", "8", PASSWORD]);
        Some(bus.text(field?)).filter(|text| !text.is_empty())
    });
    assert!(typed.chars().all(|letter| letter == '•'), "{typed}");
    let refuse = named(&told, BUTTON, "Болдырмау").unwrap();
    until(|| {
        bus.press(refuse);
        page.0.is_finished().then_some(())
    });
    let (_, answer) = page.join();
    assert_eq!(answer["message"], "action.canceled");
}
