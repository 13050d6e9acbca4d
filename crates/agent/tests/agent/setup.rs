//! Installing, uninstalling and looking for what is wrong, in a home folder that is thrown away.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::{program, run, text};

const NICKNAME: &str = "Tanba agent (this computer)";

/// A home folder with profiles of Firefox, one of them Snap's.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    program: PathBuf,
    pub(crate) port: u16,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self::of(program().into())
    }

    /// The home of somebody who uses this program.
    pub(crate) fn of(program: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Taken and given back: nobody listens there now.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let home = Self {
            folder,
            program,
            port,
        };
        for profile in home.profiles() {
            std::fs::create_dir_all(&profile).unwrap();
            let database = format!("sql:{}", text(&profile));
            let (made, words) = run("certutil", &["-d", &database, "-N", "--empty-password"]);
            assert!(made, "{words}");
        }
        // A folder of Firefox that is no profile.
        std::fs::create_dir_all(home.path(".mozilla/firefox/Crash Reports")).unwrap();
        home.configure("[tokens]\np11-kit = false\nwell-known = false\n");
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, more: &str) {
        let path = self.path(".config/tanba-agent/agent.toml");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let content = format!("port = {}\nlanguage = \"en\"\n{more}", self.port);
        std::fs::write(path, content).unwrap();
    }

    fn profiles(&self) -> Vec<PathBuf> {
        [
            ".mozilla/firefox/a1.default",
            ".config/mozilla/firefox/c3.default",
            "snap/firefox/common/.mozilla/firefox/b2.default",
        ]
        .iter()
        .map(|place| self.path(place))
        .collect()
    }

    pub(crate) fn databases(&self) -> Vec<PathBuf> {
        let chromium = self.path(".local/share/pki/nssdb");
        [vec![chromium], self.profiles()].concat()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C")
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn agent(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.command(arguments).output().unwrap();
        let words = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&words).into_owned(),
        )
    }

    /// What a database says of our authority: how it is trusted.
    pub(crate) fn trust(folder: &Path) -> Vec<String> {
        let (_, listed) = run("certutil", &["-d", &format!("sql:{}", text(folder)), "-L"]);
        listed
            .lines()
            .filter_map(|line| Some(line.strip_prefix(NICKNAME)?.trim().to_owned()))
            .collect()
    }
}

pub(crate) struct Started(Child);

impl Started {
    pub(crate) fn new(home: &Home) -> Self {
        let mut child = home
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        log.read_line(&mut line).unwrap();
        assert!(line.contains("the agent listens"), "{line}");
        Self(child)
    }

    /// Ends it as the system does.
    pub(crate) fn end(mut self) {
        let (told, words) = run("kill", &["-TERM", &self.0.id().to_string()]);
        assert!(told, "{words}");
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn browsers_trust_it_after_install_and_forget_it_after_uninstall() {
    let home = Home::new();
    for _ in 0..2 {
        let (done, words) = home.agent(&["install"]);
        assert!(done, "{words}");
        for database in home.databases() {
            assert_eq!(Home::trust(&database), ["C,,"], "{}", database.display());
        }
    }
    let start =
        std::fs::read_to_string(home.path(".config/autostart/tanba-agent.desktop")).unwrap();
    assert!(
        start.contains(&format!("\nExec={} run\n", program())),
        "{start}"
    );
    let made = std::fs::read_dir(home.path(".mozilla/firefox/Crash Reports")).unwrap();
    assert_eq!(made.count(), 0, "what is no profile stays as it is");
    for _ in 0..2 {
        let (done, words) = home.agent(&["uninstall"]);
        assert!(done, "{words}");
        for database in home.databases() {
            assert!(Home::trust(&database).is_empty(), "{}", database.display());
        }
        assert!(!home.path(".config/autostart/tanba-agent.desktop").exists());
        // Nobody can use the key that browsers trusted.
        let identity = home.path(".local/share/tanba-agent/identity");
        let left = std::fs::read_dir(identity).into_iter().flatten().count();
        assert_eq!(left, 0);
    }
}

#[test]
fn what_would_be_done_is_shown_for_every_system_and_nothing_is_done() {
    let home = Home::new();
    for (system, word) in [
        ("linux", "certutil -d sql:"),
        ("windows", "certutil -user -addstore"),
        ("macos", "security add-trusted-cert"),
    ] {
        let (done, words) = home.agent(&["install", "--dry-run", "--system", system]);
        assert!(done && words.contains(word), "{words}");
        assert!(
            home.agent(&["uninstall", "--dry-run", "--system", system])
                .0
        );
    }
    assert!(!home.path(".pki").exists() && !home.path(".config/autostart").exists());
    assert!(!home.path(".local/share").exists());
    let (done, _) = home.agent(&["install", "--system", "windows"]);
    assert!(!done, "another system's steps are only shown");
}

fn told(words: &str, lines: &[&str]) {
    for line in lines {
        assert!(words.contains(line), "{line}: {words}");
    }
}

/// Whoever looks before anything is installed learns what to do, and installs nothing.
#[test]
fn what_was_never_installed_is_told_and_stays_so() {
    let home = Home::new();
    let words = home.agent(&["doctor"]).1;
    assert!(!home.path(".local/share/tanba-agent").exists());
    told(
        &words,
        &["✗ The agent does not run", "→ Start it: tanba-agent run"],
    );
    told(
        &words,
        &[
            "✗ The browser does not trust the agent yet",
            "→ Run tanba-agent install",
        ],
    );
    told(
        &words,
        &[
            "• The agent does not start with the session",
            "• No driver of a device was found",
        ],
    );
    told(&words, &["• The browser’s permission cannot be seen"]);
}

#[test]
fn each_cause_is_told_with_its_repair() {
    let home = Home::new();
    let ask = || home.agent(&["doctor"]).1;
    assert!(home.agent(&["install"]).0);
    let started = Started::new(&home);
    let (works, words) = home.agent(&["doctor"]);
    assert!(works, "{words}");
    told(
        &words,
        &[
            "✓ The agent answers at",
            "✓ The browser trusts the agent",
            "✓ The agent starts with the session",
        ],
    );
    drop(started);

    // Another program, which does not even speak TLS.
    let taken = std::net::TcpListener::bind(("127.0.0.1", home.port)).unwrap();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = taken.accept().unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    });
    told(&ask(), &["✗ The port is taken", "→ Close that program"]);
    other.join().unwrap();

    // No identity any more: browsers still trust the old one.
    let identity = home.path(".local/share/tanba-agent/identity");
    std::fs::remove_dir_all(&identity).unwrap();
    told(
        &ask(),
        &[
            "✗ This installation has no TLS identity yet",
            "✗ The browser trusts an earlier installation",
        ],
    );
    assert!(!identity.exists(), "who looks makes nothing");
    std::fs::create_dir(&identity).unwrap();
    std::fs::write(
        home.path(".local/share/tanba-agent/identity/authority.pem"),
        "x",
    )
    .unwrap();
    told(
        &ask(),
        &["✗ The TLS identity cannot be used", "→ Remove the folder"],
    );

    let broken = home.path("driver.so");
    std::fs::write(&broken, "x").unwrap();
    home.configure(&format!(
        "[tokens]\np11-kit = false\nwell-known = false\nmodules = [\"{}\"]\n",
        text(&broken)
    ));
    told(
        &ask(),
        &[
            "✗ The driver of a device cannot be loaded",
            "→ Install the driver again",
        ],
    );
    let output = home
        .command(&["install"])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert!(!output.status.success());
}

/// A copy of the folder with the rights of a careless archive.
#[test]
fn a_key_of_the_agent_that_others_may_read_is_told() {
    let home = Home::new();
    let data = home.path(".local/share/tanba-agent");
    assert!(home.agent(&["identity", "show"]).0);
    let words = home.agent(&["doctor"]).1;
    for line in [
        "✓ Only you can read the files of the agent",
        "✓ The clock of this computer can be right",
    ] {
        assert!(words.contains(line), "{line}: {words}");
    }
    for (path, mode) in [
        (data.clone(), 0o755),
        (data.join("identity"), 0o755),
        (data.join("identity/authority.key"), 0o644),
    ] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let words = home.agent(&["doctor"]).1;
    for line in [
        "✗ Other users of this computer can read a file of the agent",
        "→ Take their rights away",
    ] {
        assert!(words.contains(line), "{line}: {words}");
    }
}

#[test]
fn a_computer_without_certutil_is_told_which_package_has_it() {
    let home = Home::new();
    for command in ["install", "doctor"] {
        let output = home
            .command(&[command])
            .env("PATH", "/nowhere")
            .output()
            .unwrap();
        assert!(!output.status.success());
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(words.contains("libnss3-tools"), "{words}");
    }
}

/// A letter too much in a file keeps nobody from learning so, and nobody from taking back what browsers and sites were given.
#[test]
fn a_mistake_in_the_configuration_is_told_and_keeps_nobody_from_leaving() {
    let home = Home::new();
    assert!(home.agent(&["install"]).0);
    home.configure("prot = 1\n");
    let (works, words) = home.agent(&["doctor"]);
    assert!(!works);
    told(
        &words,
        &[
            "✗ The configuration of the agent cannot be read",
            "agent.toml has a mistake in line 3, prot = 1: there is no setting prot; here may stand: port, ",
            "→ Correct that line of the file, or remove the file",
            "✓ The browser trusts the agent",
        ],
    );
    let output = home.command(&["doctor", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["works"], false);
    assert_eq!(json["findings"][0]["cause"], "config");
    assert_eq!(json["findings"][0]["code"], "doctor-config-broken");
    for refused in ["run", "install"] {
        let (done, words) = home.agent(&[refused]);
        assert!(!done && words.contains("a mistake in line 3"), "{words}");
    }
    assert!(home.agent(&["grants", "list"]).0);
    let (done, words) = home.agent(&["uninstall"]);
    assert!(done, "{words}");
    for database in home.databases() {
        assert!(Home::trust(&database).is_empty(), "{}", database.display());
    }
}

/// Programs in place of those of the system: `systemctl` writes down what it is told and answers as it is told.
fn desktop(home: &Home, is_active: bool, is_enabled: bool) -> impl Fn(&[&str]) -> (bool, String) {
    let programs = home.path("programs");
    let _ = std::fs::create_dir(&programs);
    let code = |good: bool| if good { 0 } else { 3 };
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {}\ncase $2 in is-active) exit {};; is-enabled) exit {};; esac\n",
        text(&home.path("told")),
        code(is_active),
        code(is_enabled)
    );
    let systemctl = programs.join("systemctl");
    std::fs::write(&systemctl, script).unwrap();
    std::fs::set_permissions(&systemctl, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir_all(home.path("run/systemd/private")).unwrap();
    move |arguments: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", text(&programs));
        let output = home
            .command(arguments)
            .env("PATH", path)
            .env("XDG_RUNTIME_DIR", home.path("run"))
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), words)
    }
}

/// MATE, LXDE, i3 and old Xfce run under systemd and never reach the target that units of a screen are started by.
#[test]
fn what_a_desktop_never_starts_is_not_said_to_start() {
    let home = Home::new();
    let unit = home.path(".config/systemd/user/tanba-agent.service");
    let entry = home.path(".config/autostart/tanba-agent.desktop");
    let start = |words: &str| words.contains("✓ The agent starts with the session.");
    let full = desktop(&home, true, true);
    assert!(full(&["install"]).0);
    assert!(unit.is_file() && !entry.exists());
    assert!(start(&full(&["doctor"]).1));
    // The file is there, and nobody enabled it; or what would start it is never reached.
    for (is_active, is_enabled) in [(true, false), (false, true)] {
        let words = desktop(&home, is_active, is_enabled)(&["doctor"]).1;
        assert!(
            words.contains("• The agent does not start with the session"),
            "{words}"
        );
    }
    let bare = desktop(&home, false, false);
    assert!(bare(&["install"]).0);
    assert!(!unit.exists() && entry.is_file());
    assert!(start(&bare(&["doctor"]).1));
    assert!(desktop(&home, true, true)(&["install"]).0);
    assert!(unit.is_file() && !entry.exists());
    // The unit is taken away also where the session of today has no such target.
    std::fs::write(home.path("told"), "").unwrap();
    assert!(bare(&["uninstall"]).0);
    assert!(!unit.exists() && !entry.exists());
    let words = std::fs::read_to_string(home.path("told")).unwrap();
    assert!(
        words.contains("--user disable --now tanba-agent.service"),
        "{words}"
    );
}

/// With `sudo` it would be the identity of root that is made and trusted.
#[test]
fn with_borrowed_rights_nothing_is_made_for_root() {
    if run("id", &["-u"]).1.trim() != "0" {
        return;
    }
    let home = Home::new();
    for command in ["install", "uninstall"] {
        let output = home
            .command(&[command, "--system-store"])
            .env("SUDO_USER", "aigul")
            .output()
            .unwrap();
        assert!(!output.status.success());
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains("run this without sudo, as aigul"), "{words}");
    }
    assert!(!home.path(".local/share").exists());
}

/// She came by the menu: the words stay until they are read, and say what comes next.
#[test]
fn what_comes_next_is_told_and_waits_for_its_reader() {
    let home = Home::new();
    let mut child = home
        .command(&["install", "--wait"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut words: Vec<String> = Vec::new();
    while words
        .last()
        .is_none_or(|line| !line.starts_with("Press Enter"))
    {
        words.push(lines.next().unwrap().unwrap());
    }
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let words = words.join("\n");
    assert!(!words.contains("no longer trusts"), "{words}");
    let address = format!("https://127.0.0.1:{}/", home.port);
    told(&words, &["now start it: tanba-agent run", &address]);
    let started = Started::new(&home);
    let (_, words) = home.agent(&["install"]);
    told(
        &words,
        &[&format!("Start the browser again and open {address}")],
    );
    assert!(!words.contains("tanba-agent run"), "{words}");
    let (done, words) = home.agent(&["uninstall"]);
    assert!(
        done && words.contains("goes on until the session ends"),
        "{words}"
    );
    drop(started);
    let (_, words) = home.agent(&["uninstall"]);
    assert!(!words.contains("goes on"), "{words}");
}

/// `tanba-agent install | head -1`
#[test]
fn whoever_reads_no_further_has_all_of_it_done() {
    let home = Home::new();
    let mut child = home
        .command(&["install"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    for database in home.databases() {
        assert_eq!(Home::trust(&database), ["C,,"], "{}", database.display());
    }
    let (_, words) = home.agent(&[]);
    assert!(
        words.contains("uninstall") && !words.contains("dialog"),
        "{words}"
    );
}
