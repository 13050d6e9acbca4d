use std::path::PathBuf;

use super::{Machine, Step, System};

fn machine(system: System) -> Machine {
    let (home, program) = match system {
        System::Linux => ("/home/a b", "/usr/bin/tanba-agent"),
        System::Windows => (r"C:\Users\A B", r"C:\Program Files\Tanba\tanba-agent.exe"),
        System::Macos => ("/Users/ab", "/Applications/R&D/tanba-agent"),
    };
    Machine {
        system,
        home: PathBuf::from(home),
        data_home: PathBuf::from(home).join(".local/share"),
        config_home: PathBuf::from(home).join(".config"),
        program: PathBuf::from(program),
        options: Vec::new(),
        authority: PathBuf::from("authority.pem"),
        thumbprint: "00ff".to_owned(),
        systemd: false,
        elevate: None,
        system_store: false,
    }
}

fn written(steps: &[Step]) -> Vec<String> {
    steps.iter().map(Step::written).collect()
}

fn content(steps: &[Step]) -> String {
    steps
        .iter()
        .find_map(|step| {
            let Step::Write { content, .. } = step else {
                return None;
            };
            (!content.is_empty()).then(|| content.clone())
        })
        .unwrap()
}

#[test]
fn windows_is_told_in_its_own_words() {
    let mut machine = machine(System::Windows);
    let run =
        r"reg add HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v TanbaAgent /t REG_SZ /d";
    assert_eq!(
        written(&machine.install()),
        [
            "certutil -user -addstore -f Root authority.pem".to_owned(),
            format!(r#"{run} '"C:\Program Files\Tanba\tanba-agent.exe" run' /f"#),
        ]
    );
    assert_eq!(
        written(&machine.uninstall()),
        [
            r"reg delete HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v TanbaAgent /f",
            "certutil -user -delstore Root 00ff",
        ]
    );
    machine.system_store = true;
    let all = written(&machine.install());
    assert_eq!(all[0], "certutil -addstore -f Root authority.pem");
    let all = written(&machine.uninstall());
    assert_eq!(all[1], "certutil -delstore Root 00ff");
}

#[test]
fn macos_is_told_in_its_own_words() {
    let machine = machine(System::Macos);
    let steps = machine.install();
    assert_eq!(
        written(&steps),
        [
            "security add-trusted-cert -r trustRoot -p ssl -k /Users/ab/Library/Keychains/login.keychain-db authority.pem",
            "> /Users/ab/Library/LaunchAgents/kz.tanba.agent.plist",
            "launchctl load -w /Users/ab/Library/LaunchAgents/kz.tanba.agent.plist",
        ]
    );
    let list = content(&steps);
    assert!(
        list.contains(
            "<string>/Applications/R&amp;D/tanba-agent</string>\n    <string>run</string>"
        )
    );
    let document = list
        .split_once("<plist")
        .map(|(_, rest)| format!("<plist{rest}"));
    roxmltree::Document::parse(&document.unwrap()).unwrap();
    assert_eq!(
        written(&machine.uninstall()),
        [
            "launchctl unload -w /Users/ab/Library/LaunchAgents/kz.tanba.agent.plist",
            "rm /Users/ab/Library/LaunchAgents/kz.tanba.agent.plist",
            "security remove-trusted-cert authority.pem",
            "security delete-certificate -Z 00ff /Users/ab/Library/Keychains/login.keychain-db",
        ]
    );
}

#[test]
fn only_the_store_of_the_system_is_left_to_its_administrator() {
    let mut machine = machine(System::Linux);
    machine.system_store = true;
    machine.elevate = Some("sudo".to_owned());
    let system = |steps: &[Step]| {
        let steps: Vec<String> = written(steps)
            .into_iter()
            .filter(|words| words.contains("sudo"))
            .collect();
        assert_eq!(steps.len(), 1, "one question for all of it");
        steps.concat()
    };
    let words = system(&machine.install());
    assert!(
        words.starts_with("sudo sh -c 'install -m 0644 \"$0\" \"$1\" && \"$2\"' authority.pem /"),
        "{words}"
    );
    assert!(words.contains(" update-ca-"), "{words}");
    let words = system(&machine.uninstall());
    assert!(
        words.starts_with("sudo sh -c 'rm -f \"$0\" && \"$1\"' /"),
        "{words}"
    );
}

#[test]
fn linux_starts_it_by_systemd_where_that_looks_after_the_session_and_by_xdg_elsewhere() {
    let mut machine = machine(System::Linux);
    machine.options = vec!["--data".to_owned(), "/home/a b/x".to_owned()];
    let desktop = content(&machine.install());
    assert!(
        desktop.contains("\nExec=/usr/bin/tanba-agent --data \"/home/a b/x\" run\n"),
        "{desktop}"
    );
    machine.systemd = true;
    machine.system_store = true;
    let steps = machine.install();
    assert!(
        content(&steps).contains("\nExecStart=/usr/bin/tanba-agent --data \"/home/a b/x\" run\n")
    );
    let words = written(&steps).join("\n");
    assert!(
        words.contains("systemctl --user enable --now tanba-agent.service"),
        "{words}"
    );
    assert!(words.contains("update-ca-"), "{words}");
    let words = written(&machine.uninstall()).join("\n");
    assert!(
        words.contains("systemctl --user disable --now tanba-agent.service"),
        "{words}"
    );
    assert!(
        words.contains("rm /home/a b/.config/autostart/tanba-agent.desktop"),
        "{words}"
    );
}
