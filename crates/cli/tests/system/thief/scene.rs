//! The victim, the thief, and what must be true whatever he does.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::citizen::{Citizen, Client, NewKeys};
use crate::mailbox::Mail;
use crate::second_opinion::evidence_is_whole;
use crate::server::Installation;

/// An address that the thief reads.
pub(super) const HIS: &str = "thief@example.kz";
/// The most wrong codes of one person in a day, and codes sent to her, whatever is done.
pub(super) const GUESSES: usize = 10;
pub(super) const SENDS: i64 = 15;

pub(super) struct Scene {
    pub(super) house: Installation,
    pub(super) victim: Citizen,
    /// The thief is a citizen too, with keys and a mailbox of his own.
    pub(super) thief: Citizen,
}

impl Scene {
    pub(super) fn start() -> Self {
        let house = Installation::start();
        let victim = house.citizen("Serikova", "victim@example.kz");
        let thief = house.citizen("Bolatov", HIS);
        Self {
            house,
            victim,
            thief,
        }
    }

    pub(super) fn signed_in(&self) -> Client {
        let mut client = self.house.client();
        self.victim.login(&mut client).expect("a server");
        client
    }

    pub(super) fn of_victim(&self, what: &str) -> i64 {
        let iin = &self.victim.iin;
        self.house.count(&format!(
            "SELECT count(*) FROM {what} AND person_id = (SELECT id FROM person WHERE iin = '{iin}')"
        ))
    }

    /// Applies in her name; the number of an application that awaits its code, unless limits forbid another.
    pub(super) fn submitted(&self, client: &Client) -> Option<String> {
        let number = client.begin().expect("a server").body["number"]
            .as_str()?
            .to_owned();
        let keys = NewKeys::make(&self.victim.signature.certificate);
        let document = client
            .step(&number, "requests", &keys.body())
            .expect("a server");
        let body = self.victim.submission(&document.text("document"));
        let answer = client.step(&number, "signature", &body).expect("a server");
        (answer.status == 200).then_some(number)
    }

    /// A code that is not right by luck.
    pub(super) fn guess(&self, random: &mut StdRng) -> String {
        let mails = self.house.mailbox.to(&self.victim.email);
        let right: BTreeSet<String> = mails.iter().filter_map(|mail| mail.code()).collect();
        loop {
            let guess = format!("{:06}", random.random_range(0..1_000_000));
            if !right.contains(&guess) {
                return guess;
            }
        }
    }

    /// What must be true whatever he did; then the victim ends it by the link in her mail.
    pub(super) fn ends_well(&self) {
        let Self { house, victim, .. } = self;
        assert_eq!(
            self.of_victim("certificate WHERE der IS NOT NULL"),
            2,
            "a certificate"
        );
        assert_eq!(self.of_victim("certificate WHERE 1"), 2, "an intent");
        let gained = "application WHERE state IN ('CONFIRMED', 'ISSUED', 'INSTALLED')";
        assert_eq!(self.of_victim(gained), 0, "an application went through");
        let person = house.facts(&["person", "show", &victim.iin]);
        assert_eq!(person["email"], json!(victim.email), "the address changed");
        assert_eq!(person["frozen_at"], Value::Null);

        // She heard of each application that was signed with her key, at her address alone.
        let signed = self.of_victim("application WHERE document IS NOT NULL");
        assert!(signed > 0, "nothing was tried");
        // The notices of her first certificates have such a link too, but lead to no application.
        let notices = |mails: &[Mail]| -> Vec<String> {
            let applied = mails.iter().filter(|mail| mail.text.contains("/status?"));
            applied.filter_map(Mail::not_me).collect()
        };
        let links = house.mailbox.wait(&victim.email, |mails| {
            let links = notices(mails);
            (i64::try_from(links.len()).expect("a number") >= signed).then_some(links)
        });
        assert_eq!(
            i64::try_from(links.len()).expect("a number"),
            signed,
            "one notice each"
        );
        assert!(
            // What somebody waits for: codes, and the notice of each application.
            self.of_victim("message WHERE priority = 0") - signed <= SENDS,
            "a flood of codes"
        );
        let his = house.mailbox.to(HIS);
        let numbers: Vec<String> = self.victim_numbers();
        let leaked = his
            .iter()
            .find(|mail| numbers.iter().any(|number| mail.is_about(number)));
        assert!(leaked.is_none(), "{leaked:#?}");
        self.freeze(links.last().expect("a link"));
        evidence_is_whole(house);
    }

    fn victim_numbers(&self) -> Vec<String> {
        let list = self
            .signed_in()
            .get("/api/v1/applications")
            .expect("a server")
            .expect_ok();
        let list = list.body["applications"]
            .as_array()
            .expect("a list")
            .clone();
        list.iter()
            .filter_map(|one| one["number"].as_str().map(str::to_owned))
            .collect()
    }

    fn freeze(&self, link: &str) {
        let Self { house, victim, .. } = self;
        let his = self.signed_in();
        let hers = house.client();
        let certificates = [
            &victim.authentication.certificate,
            &victim.signature.certificate,
        ];
        for _scanner in 0..2 {
            assert_eq!(hers.get(link).expect("a server").status, 200);
        }
        assert_eq!(
            house.ocsp(&certificates),
            ["good", "good"],
            "looking is not acting"
        );
        assert_eq!(hers.post(link, &json!({})).expect("a server").status, 200);
        assert_eq!(house.ocsp(&certificates), ["revoked (certificateHold)"; 2]);
        assert_eq!(
            his.get("/api/v1/applications").expect("a server").status,
            401
        );
        let answer = house
            .client()
            .sign_in(&victim.authentication)
            .expect("a server");
        assert_eq!((answer.status, answer.code()), (422, "certificate-frozen"));
        let open = "application WHERE state IN ('DRAFT', 'AWAITING_2FA')";
        assert_eq!(self.of_victim(open), 0, "an application is still open");
        assert_eq!(hers.post(link, &json!({})).expect("a server").status, 410);
        let told = |mails: &[Mail]| {
            let serial = victim.signature.certificate.serial_hex();
            mails
                .iter()
                .any(|mail| mail.names_certificate(&serial))
                .then_some(())
        };
        house.mailbox.wait(&victim.email, told);
    }
}

/// The ways in that he may try: clients with headers of their own. The first is what a browser would send.
pub(super) fn doors(scene: &Scene) -> Vec<(Client, Vec<(&'static str, String)>)> {
    let good = scene.signed_in();
    let mut own = scene.house.client();
    scene.thief.login(&mut own).expect("a server");
    let header = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let mut crossed = good.clone();
    crossed.csrf.clone_from(&own.csrf);
    let mut fixed = good.clone();
    fixed.cookie = Some(format!("tanba={}", "ab".repeat(32)));
    vec![
        (good.clone(), Vec::new()),
        (scene.house.client(), Vec::new()),
        (own, Vec::new()),
        (crossed, Vec::new()),
        (fixed, Vec::new()),
        (good.clone(), header("x-csrf-token", "")),
        (good.clone(), header("origin", "https://evil.example")),
        (good.clone(), header("sec-fetch-site", "cross-site")),
        (good.clone(), header("content-type", "text/plain")),
        (good.clone(), header("x-http-method-override", "PUT")),
        (good, header("x-forwarded-for", "203.0.113.9")),
    ]
}

/// Everything that any call reads, in one body; what a call does not know it has to ignore or refuse.
pub(super) fn loot(scene: &Scene, keys: &NewKeys, document: &str, code: &str) -> Value {
    let mut body = json!({
        "email": HIS, "region": "KZ-75", "settlement": "almaty", "keystore": "PKCS12",
        "signature": scene.victim.signature.sign(document),
        "code": code, "revoke_old": true, "state": "ISSUED", "second_factor": "none",
        "person": scene.thief.iin, "language": "en", "confirmed": true, "tries_left": 1000,
        "proofs": [scene.victim.authentication.sign(document), scene.victim.signature.sign(document)],
    });
    body["serials"] = json!([scene.victim.authentication.certificate.serial_hex()]);
    body["event"] = json!("lost");
    body["requests"] = keys.body()["requests"].clone();
    body
}
