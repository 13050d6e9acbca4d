//! The real program with its real window, on a screen that exists in memory alone, and a person who types and clicks.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{Client, PATIENCE, openssl_accepts, program, run, text, visit};
use crate::maker::{AIGUL, PASSWORD, RSA, Root};

const TEXT: &[u8] = "Осы құжатқа қол қоямын.\n".as_bytes();
/// Between two looks at the screen.
const GLANCE: Duration = Duration::from_millis(50);
/// Longer than what appeared in a window is looked at before anything counts.
pub(crate) const LOOK: Duration = Duration::from_millis(900);
/// Of the button that goes on, while it may be pressed: blue, green and red.
const BRAND: [u8; 3] = [0x63, 0x55, 0x0b];
pub(crate) const SITE: &str = "https://egov.example";

/// A program that is ended when the test ends.
pub(crate) struct Started(pub(crate) Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A screen in memory.
pub(crate) struct Screen {
    pub(crate) name: String,
    folder: tempfile::TempDir,
    _server: Started,
}

impl Screen {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "640x760x24",
                "-nolisten",
                "tcp",
                // Else it begins anew when the last program leaves it, and the next window finds none for a moment.
                "-noreset",
            ])
            .args(["-fbdir", text(folder.path())])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/setup.sh test installs xvfb");
        let mut number = String::new();
        let output = server.stdout.take().unwrap();
        let server = Started(server);
        BufReader::new(output).read_line(&mut number).unwrap();
        Self {
            name: format!(":{}", number.trim()),
            folder,
            _server: server,
        }
    }

    /// What xdotool says to these words, if it can do them.
    pub(crate) fn tool(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("xdotool")
            .args(words)
            .env("DISPLAY", &self.name)
            .output()
            .expect("scripts/setup.sh test installs xdotool");
        let said = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| said.trim().to_owned())
    }

    /// The windows that are shown, by number and title. The tool looks for plain letters only, which each site has.
    fn windows(&self) -> Vec<(String, String)> {
        let found = self.tool(&["search", "--onlyvisible", "--name", "https://"]);
        let found = found.unwrap_or_default();
        found
            .lines()
            .filter_map(|id| Some((id.to_owned(), self.tool(&["getwindowname", id])?)))
            .collect()
    }

    fn titles(&self) -> Vec<String> {
        self.windows().into_iter().map(|(_, title)| title).collect()
    }

    /// Waits until a window with such a title is painted, and brings the keyboard there: before that it would not hear of it.
    pub(crate) fn wait_for(&self, words: &str) -> String {
        until(|| {
            let windows = self.windows().into_iter();
            let (id, _) = windows
                .into_iter()
                .find(|(_, title)| title.contains(words))?;
            (self.pixel(60, 60) != [0; 3]).then_some(())?;
            self.tool(&["windowfocus", &id])?;
            Some(id)
        })
    }

    /// Blue, green and red of a place on the screen.
    fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let Image {
            octets,
            start,
            line,
            ..
        } = self.image();
        let pixel = &octets[start + y * line + x * 4..][..3];
        pixel.try_into().unwrap()
    }

    /// What is on the screen: an XWD file with its size of the header, width, height, octets of a line, colours.
    fn image(&self) -> Image {
        let octets = std::fs::read(self.folder.path().join("Xvfb_screen0")).unwrap();
        let field = |place: usize| {
            let octets = octets[place * 4..][..4].try_into().unwrap();
            usize::try_from(u32::from_be_bytes(octets)).unwrap()
        };
        Image {
            start: field(0) + field(19) * 12,
            width: field(4),
            height: field(5),
            line: field(12),
            octets,
        }
    }

    fn wait_until_empty(&self) {
        until(|| self.titles().is_empty().then_some(()));
    }

    /// Clicks at the button that goes on, in the lower right corner.
    fn click_go(&self, window: &str) {
        self.tool(&["mousemove", "--window", window, "530", "680", "click", "1"]);
    }

    /// Whether that button may be pressed now; `None` when there is no such window any more.
    fn goes_on(&self, window: &str) -> Option<bool> {
        let place = self.tool(&["getwindowgeometry", "--shell", window])?;
        let field = |name: &str| {
            let line = place.lines().find_map(|line| line.strip_prefix(name))?;
            line.parse::<usize>().ok()
        };
        let (left, top) = (field("X=")?, field("Y=")?);
        // Right of its words; how much is below depends on what is above.
        let height = 640..710;
        Some(
            height
                .step_by(10)
                .any(|y| self.pixel(left + 572, top + y) == BRAND),
        )
    }

    /// Types the password, and presses Enter, for opening and for signing, whenever the window shows that it counts. Nothing is
    /// typed when the window may be gone: the next one would have it.
    fn sign(&self, window: &str, page: Page) -> (Client, Value) {
        until(|| {
            self.tool(&["windowfocus", window]);
            std::thread::park_timeout(LOOK);
            self.tool(&["key", "ctrl+a"]);
            self.tool(&["type", "--delay", "8", PASSWORD]);
            (0..20).find_map(|_| {
                std::thread::park_timeout(GLANCE);
                self.goes_on(window).filter(|goes_on| *goes_on)
            })
        });
        until(|| {
            if self.goes_on(window) == Some(true) {
                self.tool(&["key", "Return"]);
            }
            page.0.is_finished().then_some(())
        });
        page.join()
    }
}

struct Image {
    octets: Vec<u8>,
    start: usize,
    width: usize,
    height: usize,
    line: usize,
}

/// Asks again and again, because windows come and go in their own time.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..PATIENCE.as_millis() / GLANCE.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        std::thread::park_timeout(GLANCE);
    }
    panic!("it never came");
}

/// The program, with a key file of its own.
pub(crate) struct Running {
    folder: tempfile::TempDir,
    port: u16,
    root: Root,
    program: Started,
    said: Arc<Mutex<String>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the agent said:\n{}", self.said.lock().unwrap());
        }
    }
}

impl Running {
    fn start(display: &str, granted: &[&str]) -> Self {
        Self::within(display, granted, &[])
    }

    /// The same, with more in its environment.
    pub(crate) fn within(display: &str, granted: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::by(Command::new(program()), display, granted, environment)
    }

    /// The same, by a command that becomes the program.
    fn by(
        mut command: Command,
        display: &str,
        granted: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::new();
        let keys = folder.path().join("keys");
        std::fs::create_dir(&keys).unwrap();
        root.key_file(&keys.join("aigul.p12"), RSA, &AIGUL);
        let config = format!("port = 0\n[files]\nfolders = [{:?}]\n", text(&keys));
        std::fs::write(folder.path().join("agent.toml"), config).unwrap();
        let grants: String = granted
            .iter()
            .map(|site| {
                format!(
                    "[[grant]]\norigin = \"{site}\"\nuse = \"signature\"\nsince = \"2026-11-01T00:00:00Z\"\n"
                )
            })
            .collect();
        std::fs::write(folder.path().join("grants.toml"), grants).unwrap();
        let mut program = command
            .args(["--data", text(folder.path()), "run", "--ui", "window"])
            .env("DISPLAY", display)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("LC_ALL", "C")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(program.stderr.take().unwrap());
        let program = Started(program);
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let port = line.trim().rsplit("port=").next().unwrap().parse();
        let port = port.unwrap_or_else(|_| panic!("{line}"));
        // Whoever does not read stops the writer sooner or later.
        let said = Arc::new(Mutex::new(line));
        let kept = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                kept.lock().unwrap().extend([line.as_str(), "\n"]);
            }
        });
        Self {
            folder,
            port,
            root,
            program,
            said,
        }
    }

    pub(crate) fn page(&self, origin: &str) -> Client {
        let authority = self.folder.path().join("identity/authority.pem");
        visit(self.port, &authority, origin)
    }

    /// Whether openssl accepts the signature over [`TEXT`].
    fn verifies(&self, answer: &Value) -> bool {
        let folder = self.folder.path();
        let encoded = answer["responseObject"].as_str();
        let encoded = encoded.unwrap_or_else(|| panic!("{answer}"));
        let (message, content) = (folder.join("message"), folder.join("content"));
        std::fs::write(&message, STANDARD.decode(encoded).unwrap()).unwrap();
        std::fs::write(&content, TEXT).unwrap();
        let root = self.root.pem(folder);
        let more = ["-content", text(&content), "-out", "/dev/null"];
        openssl_accepts(&root, &message, &more).0
    }
}

/// A page that waits for its answer.
pub(crate) struct Page(pub(crate) std::thread::JoinHandle<(Client, String)>);

impl Page {
    pub(crate) fn asks(mut client: Client) -> Self {
        client.send(&request());
        Self(std::thread::spawn(move || {
            let answer = client.receive();
            (client, answer)
        }))
    }

    pub(crate) fn join(self) -> (Client, Value) {
        let (client, answer) = self.0.join().unwrap();
        (client, serde_json::from_str(&answer).unwrap())
    }
}

fn request() -> String {
    json!({
        "module": "kz.gov.pki.knca.commonUtils", "method": "createCAdESFromBase64",
        "args": ["PKCS12", "SIGNATURE", STANDARD.encode(TEXT), false],
    })
    .to_string()
}

#[test]
fn a_person_allows_a_new_site_types_her_password_and_signs() {
    let screen = Screen::start();
    let agent = Running::start(&screen.name, &[]);
    let page = Page::asks(agent.page(SITE));
    let first = screen.wait_for("алғаш рет сұрап тұр — https://egov.example");
    std::env::var_os("TANBA_PICTURES").inspect(|_| std::thread::park_timeout(GLANCE * 40));
    picture(&screen, "new-site-kk");
    until(|| {
        // A hasty click counts for nothing and asks for another moment, so each is given time.
        screen.click_go(&first);
        (0..20).find_map(|_| {
            std::thread::park_timeout(GLANCE);
            let titles = screen.titles();
            titles
                .first()?
                .starts_with("Деректерге қол қою")
                .then_some(())
        })
    });
    let window = screen.wait_for("Деректерге қол қою — https://egov.example");
    let (_, answer) = screen.sign(&window, page);
    assert!(agent.verifies(&answer));
    screen.wait_until_empty();
    let grants = std::fs::read_to_string(agent.folder.path().join("grants.toml")).unwrap();
    assert!(grants.contains(SITE), "{grants}");
}

/// A new computer, or a small one: nothing to draw letters with but what the program brings along.
#[test]
fn a_person_signs_on_a_computer_without_typefaces() {
    // A packaged program that was named has its typeface; one of this build where it was asked for.
    if !cfg!(feature = "embed-fonts") && std::env::var_os("TANBA_AGENT_BIN").is_none() {
        eprintln!("SKIPPED: this program was built without its typeface (embed-fonts)");
        return;
    }
    let mut alone = vec!["unshare", "--mount"];
    if run("id", &["-u"]).1.trim() != "0" {
        alone.push("--map-root-user");
    }
    if !run(alone[0], &[&alone[1..], &["true"]].concat()).0 {
        eprintln!("SKIPPED: this machine gives no name space of its own to mount in");
        return;
    }
    let empty = "mount -t tmpfs none /usr/share/fonts && exec \"$@\"";
    let mut command = Command::new(alone[0]);
    command
        .args(&alone[1..])
        .args(["sh", "-c", empty, "sh", &program()]);
    let screen = Screen::start();
    let home = tempfile::tempdir().unwrap();
    let environment = [("FONTCONFIG_PATH", "/nowhere"), ("HOME", text(home.path()))];
    let agent = Running::by(command, &screen.name, &[SITE], &environment);
    let page = Page::asks(agent.page(SITE));
    let window = screen.wait_for("қол қою");
    std::env::var_os("TANBA_PICTURES").inspect(|_| std::thread::park_timeout(GLANCE * 40));
    picture(&screen, "without-typefaces-kk");
    let (_, answer) = screen.sign(&window, page);
    assert!(agent.verifies(&answer));
}

#[test]
fn escape_refuses_and_the_next_question_is_asked_anew() {
    let screen = Screen::start();
    let agent = Running::start(&screen.name, &[SITE]);
    let page = Page::asks(agent.page(SITE));
    screen.wait_for("қол қою");
    until(|| {
        screen.tool(&["key", "Escape"]);
        page.0.is_finished().then_some(())
    });
    let (client, answer) = page.join();
    assert_eq!(answer["message"], "action.canceled");
    // The window of before may stay for a moment after its answer, and would be taken for the next one.
    screen.wait_until_empty();
    let page = Page::asks(client);
    let window = screen.wait_for("қол қою");
    let (_, answer) = screen.sign(&window, page);
    assert!(agent.verifies(&answer));
}

/// Where neither the site nor the configuration names a language, the session does; what is chosen in the window stays.
#[test]
fn the_window_speaks_as_the_session_does_until_its_owner_chooses() {
    let screen = Screen::start();
    let russian = [("LC_ALL", ""), ("LC_MESSAGES", ""), ("LANG", "ru_RU.UTF-8")];
    let agent = Running::within(&screen.name, &[SITE], &russian);
    let page = Page::asks(agent.page(SITE));
    let window = screen.wait_for("Подпись данных");
    until(|| {
        screen.tool(&["mousemove", "--window", &window, "244", "28", "click", "1"]);
        let titles = screen.titles();
        titles
            .iter()
            .any(|title| title.contains("Sign data"))
            .then_some(())
    });
    until(|| {
        screen.tool(&["key", "Escape"]);
        page.0.is_finished().then_some(())
    });
    page.join();
    let kept = std::fs::read_to_string(agent.folder.path().join("language"));
    assert_eq!(kept.unwrap(), "en");
}

#[test]
fn a_page_that_hangs_up_takes_its_window_with_it() {
    let screen = Screen::start();
    let mut agent = Running::start(&screen.name, &[SITE]);
    let mut client = agent.page(SITE);
    client.send(&request());
    screen.wait_for("қол қою");
    client.hang_up();
    screen.wait_until_empty();
    assert!(agent.program.0.try_wait().unwrap().is_none());
    // The agent goes on as if nothing had been.
    let page = Page::asks(agent.page(SITE));
    let window = screen.wait_for("қол қою");
    let (_, answer) = screen.sign(&window, page);
    assert!(agent.verifies(&answer));
}

#[test]
fn two_pages_are_asked_one_after_the_other() {
    let screen = Screen::start();
    let other = "https://bank.example";
    let agent = Running::start(&screen.name, &[SITE, other]);
    let first = Page::asks(agent.page(SITE));
    let window = screen.wait_for("egov.example");
    let second = Page::asks(agent.page(other));
    let (_, answer) = screen.sign(&window, first);
    assert!(agent.verifies(&answer));
    let window = screen.wait_for("bank.example");
    until(|| {
        let titles = screen.titles();
        (titles.len() == 1 && titles.first()?.ends_with(other)).then_some(())
    });
    let (_, answer) = screen.sign(&window, second);
    assert!(agent.verifies(&answer));
}

#[test]
fn without_a_screen_the_page_is_told_and_nothing_is_signed() {
    let agent = Running::start(":0.none", &[SITE]);
    let mut client = agent.page(SITE);
    let answer: Value = client.ask(&request());
    assert_eq!(answer["code"], "500");
    assert_ne!(answer["message"], "action.canceled");
    assert!(answer.get("responseObject").is_none());
}

/// Pictures for the documents, where somebody wants them: the window before and after the keystore is open.
#[test]
fn pictures_in_three_languages() {
    if std::env::var_os("TANBA_PICTURES").is_none() {
        return;
    }
    let screen = Screen::start();
    let agent = Running::start(&screen.name, &[SITE]);
    for language in ["kk", "ru", "en"] {
        let mut client = agent.page(SITE);
        let change = json!({
            "module": "kz.gov.pki.knca.commonUtils", "method": "changeLocale", "args": [language],
        });
        client.ask(&change.to_string());
        client.send(&request());
        let window = screen.wait_for(" — https://egov.example");
        let pause = || std::thread::park_timeout(Duration::from_secs(2));
        pause();
        picture(&screen, &format!("password-{language}"));
        screen.tool(&["windowfocus", &window]);
        screen.tool(&["type", "--delay", "20", PASSWORD]);
        screen.tool(&["key", "Return"]);
        pause();
        picture(&screen, &format!("sign-{language}"));
        client.hang_up();
        screen.wait_until_empty();
    }
}

/// What is signed beside a message whose document is elsewhere, and a file that a new site names: at the size of the window
/// and at the least.
#[test]
fn pictures_of_what_the_window_cannot_see() {
    if std::env::var_os("TANBA_PICTURES").is_none() {
        return;
    }
    let screen = Screen::start();
    let agent = Running::start(&screen.name, &[SITE]);
    let message = crate::hostile::of_a_stranger("Шарт".as_bytes(), true);
    let beside = |language: &str| {
        let sign = json!({
            "format": "cms", "data": STANDARD.encode(&message), "signingParams": { "decode": true },
            "signerParams": { "extKeyUsageOids": [] }, "locale": language,
        });
        json!({ "module": "kz.gov.pki.knca.basics", "method": "sign", "args": sign })
    };
    let file = json!({
        "module": "kz.gov.pki.knca.commonUtils", "method": "createCAdESFromFile",
        "args": ["PKCS12", "SIGNATURE", "/home/aigul/Құжаттар/жалдау шарты 2026.pdf", false],
    });
    let pictures =
        ["kk", "ru", "en"].map(|language| (language, SITE, "detached", beside(language)));
    let strange = ("kk", "https://other.example", "file", file);
    // A text that would be somewhere else than where one looks.
    let lines: Vec<String> = (1..=30).map(|line| format!("{line}-жол")).collect();
    let far = format!(
        "Кіру\n{}Мен 1 000 000 теңге қарызбын\n{}",
        "\n".repeat(2000),
        lines.join("\n")
    );
    let far = json!({
        "module": "kz.gov.pki.knca.commonUtils", "method": "createCAdESFromBase64",
        "args": ["PKCS12", "AUTHENTICATION", STANDARD.encode(far), true],
    });
    let far = ("kk", SITE, "far", far);
    for (language, site, name, request) in pictures.into_iter().chain([strange, far]) {
        let mut client = agent.page(site);
        client.send(&request.to_string());
        let window = screen.wait_for(&format!(" — {site}"));
        for (width, height) in [("600", "720"), ("360", "560")] {
            screen.tool(&["windowsize", "--sync", &window, width, height]);
            std::thread::park_timeout(Duration::from_secs(2));
            picture(&screen, &format!("{name}-{language}-{width}-{height}"));
        }
        client.hang_up();
        screen.wait_until_empty();
    }
}

/// Keeps what is on the screen, where somebody wants pictures (`TANBA_PICTURES`, a folder).
fn picture(screen: &Screen, name: &str) {
    let Some(folder) = std::env::var_os("TANBA_PICTURES") else {
        return;
    };
    let Image {
        octets,
        start,
        width,
        height,
        line,
    } = screen.image();
    let mut pixels = format!("P6\n{width} {height}\n255\n").into_bytes();
    for row in 0..height {
        for column in 0..width {
            let pixel = &octets[start + row * line + column * 4..][..3];
            pixels.extend([pixel[2], pixel[1], pixel[0]]);
        }
    }
    std::fs::write(Path::new(&folder).join(format!("{name}.ppm")), pixels).unwrap();
}
