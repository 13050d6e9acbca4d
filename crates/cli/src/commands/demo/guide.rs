//! What the demo tells whoever started it: who its people are, how they sign in, and what there is to try.

use std::fmt::Write as _;

use super::Facts;
use super::people::Made;

/// The whole text.
pub(super) fn text(facts: &Facts) -> String {
    let url = &facts.url;
    let mut text = format!(
        "\nTanba: a throw-away national certification authority. Everybody in it is invented.\n\n  \
         Cabinet   {url}\n  Mailbox   {}  (mails and text messages)\n\n\
         People, who sign in at {url}/kk/enter (or /ru, /en):\n",
        facts.mailbox
    );
    for person in &facts.people {
        tell(&mut text, person, &validity(person.days_left));
    }
    let _ = write!(text, "\nStaff, who sign in at {url}/kk/desk/enter:\n");
    for person in &facts.staff {
        tell(&mut text, person, person.role.unwrap_or_default());
    }
    text.push_str(
        "\nFirst: open the cabinet, press “Sign in”, choose the folder of the first person, type the password, press\n\
         “Sign”; then “Renew”, region and city, “Submit application”; tick, choose a new password, “Confirm”, “Sign”. The\n\
         code is in the mailbox.\n",
    );
    text.push_str(&command_line(facts));
    text.push_str("\nCtrl-C ends the demo.\n");
    text
}

fn tell(text: &mut String, person: &Made, what: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "  {} ({what})\n      IIN       {}\n      files     {}\n      password  {}\n      try       {}\n",
        person.name,
        person.iin,
        person.folder.display(),
        person.password,
        person.idea
    );
}

fn validity(days_left: i64) -> String {
    match days_left {
        days if days < 0 => "keys expired yesterday".to_owned(),
        1 => "keys end in 1 day".to_owned(),
        days => format!("keys end in {days} days"),
    }
}

/// How the command line is tried on the demo.
fn command_line(facts: &Facts) -> String {
    let config = facts.config.display();
    let iin = facts
        .people
        .first()
        .map_or("IIN", |person| person.iin.as_str());
    let commands = [
        "issuer list".to_owned(),
        format!("person show {iin}"),
        "operator list".to_owned(),
        "operator centres".to_owned(),
        "application list".to_owned(),
        "message list".to_owned(),
        "audit verify".to_owned(),
    ];
    let mut text =
        "\nThe command line works beside the running demo, in another terminal (make demo builds \
         target/release/tanba):\n"
            .to_owned();
    for command in commands {
        let _ = writeln!(text, "  target/release/tanba {command} --config {config}");
    }
    let _ = write!(
        text,
        "The database is {}. All of it may be broken:\nthe folder is deleted when a demo is started in it again.\n",
        facts.database.display()
    );
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn everybody_is_told_with_number_files_password_and_what_to_try() {
        let made = |name: &str, iin: &str, role: Option<&'static str>, days_left| Made {
            name: name.to_owned(),
            iin: iin.to_owned(),
            email: String::new(),
            password: "Secret2026",
            days_left,
            format: "modern",
            role,
            centre: None,
            idea: "this and that",
            folder: PathBuf::from(format!("/demo/keys/{name}")),
            files: Vec::new(),
        };
        let text = text(&Facts {
            url: "http://localhost:1".to_owned(),
            mailbox: "http://localhost:1/demo/mailbox".to_owned(),
            root: PathBuf::from("/demo/root.pem"),
            keys: PathBuf::from("/demo/keys"),
            config: PathBuf::from("/demo/tanba.toml"),
            database: PathBuf::from("/demo/tanba.sqlite"),
            people: vec![
                made("ANN", "111111111111", None, 1),
                made("BEN", "222222222222", None, -1),
            ],
            staff: vec![made("EVE", "333333333333", Some("auditor"), 300)],
        });
        for part in [
            "ANN (keys end in 1 day)",
            "BEN (keys expired yesterday)",
            "EVE (auditor)",
            "IIN       111111111111",
            "IIN       333333333333",
            "files     /demo/keys/EVE",
            "http://localhost:1/kk/desk/enter",
            "person show 111111111111 --config /demo/tanba.toml",
            "/demo/tanba.sqlite",
            "deleted when a demo is started",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        assert_eq!(text.matches("password  Secret2026").count(), 3);
        assert_eq!(text.matches("try       this and that").count(), 3);
    }
}
