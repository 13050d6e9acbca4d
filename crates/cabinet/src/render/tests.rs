//! Every template with every sample in every language.

use minijinja::{Value, context};
use tanba_model::application::State;
use tanba_model::place::Gazetteer;
use tanba_pki::Timestamp;

use super::*;

mod console;
mod desk;
mod first;

const STATES: [&str; 9] = [
    "DRAFT",
    "SUBMITTED",
    "AWAITING_2FA",
    "CONFIRMED",
    "REJECTED",
    "EXPIRED",
    "ISSUED",
    "INSTALLED",
    "CANCELLED",
];

fn frame(language: Language, name: &str, help: Vec<u8>, has_errors: bool) -> Value {
    let languages: Vec<Value> = Language::ALL
        .into_iter()
        .map(|other| context! { tag => other.tag(), name => other.tag(), href => "/", current => other == language })
        .collect();
    context! {
        lang => language.tag(), name, title_key => "front-title", csrf => "0123", surname => "ӘБДІҚАДЫРОВА",
        desk => desk::frame(has_errors), demo => true, has_errors, request_id => "0123456789abcdef", help, languages,
        articles => vec![context! { title => "<&>", href => "/kk/guide/x" }], time_zone => "Asia/Almaty", agent => "127.0.0.1:1",
        assets => context! { style => "/assets/style.css", script => Value::from(()), icon => "/assets/mark.svg" },
    }
}

fn person(with_everything: bool) -> Value {
    context! {
        name => "ӘБДІҚАДЫРОВА ӘЙГЕРІМ", surname => "ӘБДІҚАДЫРОВА", given_name => "ӘЙГЕРІМ",
        patronymic => with_everything.then_some("ҚАНАТҚЫЗЫ"), iin => "850101300123",
        email => with_everything.then_some("a•••@example.kz"), mail_language => "Қазақша",
        email_refused => with_everything.then_some("бүгін"),
    }
}

fn application(state: &str) -> Value {
    let at = Timestamp::from_unix(1_795_500_000);
    let reason = Some("too-many-codes".to_owned());
    let stage = State::from_parts(state, at, reason).unwrap();
    let step = |state: &str, mark: &str| context! { title => state, mark, when => "бүгін", iso => at.rfc3339(), who => "сіз", note => "<&>" };
    context! {
        number => "123456789012", grouped => "1234 5678 9012", state, kind => "reissue", keystore => "PKCS12",
        next => tanba_ra::NextStep::of(&stage).key(), created => "бүгін", since => "бүгін", tag => "green",
        open => true, timeline => vec![step("DRAFT", "done"), step(state, "current")],
    }
}

fn certificate(purpose: &str) -> Value {
    context! {
        purpose, tone => "usable", tag => "green", status => "жарамды", validity => "a – b", days => "(20)",
        serial => "00ff", algorithm => "RSA-2048", keystore => "PKCS12", issued => "бүгін", revoked => "бүгін", frozen => purpose == "both",
    }
}

/// What a keystore can, with and without an agent.
fn capability(error: Option<&str>) -> Value {
    context! {
        keystore => "PKCS12", algorithms => vec!["RSA-2048"], validity_years => 1, never_leaves => error.is_some(),
        needs_agent => error.is_some(), secret => "device-pin", default_pin => error, taken => error.is_none(),
    }
}

fn field(value: &str, error: Option<&str>) -> Value {
    context! { value, error }
}

fn errors() -> Vec<Value> {
    vec![
        context! { field => "email", text => "<b>" },
        context! { field => "", text => "whole" },
    ]
}

/// The samples of one template.
#[expect(clippy::too_many_lines, reason = "one arm for each template")]
fn samples(template: &str, gazetteer: &Gazetteer, language: Language) -> Vec<Value> {
    let regions = Value::from(Serde(places::regions(gazetteer, language)));
    let cards: Vec<Value> = [
        "authentication",
        "signature",
        "both",
        "certification-authority",
        "other",
    ]
    .map(certificate)
    .into();
    let none = Vec::<Value>::new;
    match template {
        "front.html" => vec![context! {}, context! { signed_out => true }],
        "obtain.html" | "obtain/person.html" | "obtain/address.html" | "obtain/place.html"
        | "obtain/centre.html" | "obtain/confirm.html" | "obtain/application.html" => {
            first::samples(template, &regions)
        }
        "enter.html" => vec![
            context! { errors => none(), next => Value::from(()), notice => Value::from(()) },
            context! { errors => none(), next => "/kk/cabinet", notice => "x" },
        ],
        "cabinet.html" => ["DRAFT", "AWAITING_2FA", "SUBMITTED", "CONFIRMED", "stopped", "ISSUED"]
            .into_iter()
            .map(|state| Some(context! { state, grouped => "1", href => "/" }))
            .chain([None])
            .map(|waiting| {
                let menu = ["reissue", "revoke", "apps", "list", "status", "password"];
                let menu: Vec<Value> = menu.into_iter().map(|key| context! { key, path => "/" }).collect();
                context! {
                    person => person(true), renews => waiting.is_some(), waiting, keys_sentence => "x", certificates => cards.clone(), menu,
                }
            })
            .collect(),
        "cabinet/reissue.html" => [(None, false), (Some("mistake"), false), (Some("mistake"), true)]
            .into_iter()
            .map(|(error, keyless)| {
                let fields = context! {
                    email => field("a@example.kz", error), region => field("KZ-75", error),
                    settlement => field("almaty", error), keystore => field("PKCS12", error),
                };
                let errors = if error.is_some() { errors() } else { none() };
                let stopped = error.is_none();
                let code_address = error.map(|_| "a•••@example.kz");
                context! {
                    person => person(error.is_some()), errors, fields, code_address, regions => regions.clone(),
                    capabilities => vec![capability(error)], obtain => error.is_some(), keyless, stopped,
                }
            })
            .collect(),
        "cabinet/reissue/confirm.html" => ["DRAFT", "AWAITING_2FA"]
            .into_iter()
            .map(|state| {
                let code_error = (state != "DRAFT").then_some("wrong");
                context! {
                    application => application(state), lines => vec![context! { key => "k", value => "v" }],
                    made_before => state == "DRAFT", code_address => "a•••@example.kz", code_error, code_notice => code_error, errors => none(),
                }
            })
            .collect(),
        "cabinet/reissue/elsewhere.html" => vec![context! { application => application("AWAITING_2FA"), renews => true }, context! { application => application("AWAITING_2FA"), renews => false }],
        "cabinet/application.html" => STATES
            .into_iter()
            .map(|state| context! { application => application(state), by_proof => false, reminder => "бүгін", errors => none() })
            .collect(),
        "cabinet/applications.html" => {
            let all: Vec<Value> = STATES.into_iter().map(application).collect();
            vec![
                context! { applications => all, next => "123456789012", is_first => true },
                context! { applications => none(), next => Value::from(()), is_first => false },
            ]
        }
        "cabinet/keys.html" => {
            let (standings, purposes) = (vec!["valid", "frozen"], vec!["both"]);
            let filter = context! { standings, purposes, status => "frozen", purpose => "" };
            let proofs = |standing: &str| -> Value {
                let proof = context! { standing, due => "24.11.2026 11:10" };
                let serials = cards.iter();
                let serials = serials.map(|card| card.get_attr("serial").unwrap().to_string());
                let map: std::collections::BTreeMap<String, Value> =
                    serials.map(|serial| (serial, proof.clone())).collect();
                Value::from(map)
            };
            let mut samples: Vec<Value> = ["signed", "due", "missing"]
                .into_iter()
                .map(|standing| {
                    context! { proofs => proofs(standing), certificates => cards.clone(), next => "00ff", is_first => true, ..filter.clone() }
                })
                .collect();
            samples.push(context! { proofs => proofs("due"), certificates => none(), next => Value::from(()), is_first => false, ..filter });
            samples
        }
        "cabinet/revoke.html" => [cards, none()]
            .into_iter()
            .map(|certificates| {
                let events = tanba_model::revocation::LifeEvent::ALL.map(|event| event.name()).to_vec();
                context! { certificates, events, has_email => true, errors => none() }
            })
            .collect(),
        "cabinet/password.html" => vec![context! { errors => none() }],
        "cabinet/profile.html" => [(true, false), (false, false), (false, true)]
            .into_iter()
            .map(|(all, grace)| {
                let session = |is_this: bool| context! { name => "00ff", serial => "00ff", opened => "бүгін", used => "бүгін", device => "Firefox", is_this };
                let earlier = (!all).then_some(context! { address => "a•••@example.kz", until => "бүгін" });
                let earlier_phone = grace.then_some(context! { number => "+7•••67", until => "бүгін" });
                let (errors, email_error) = if all { (errors(), Some("wrong")) } else { (none(), None) };
                let saved = [("address", "email-title"), ("phone-removed", "phone-title"), ("session", "sessions")][usize::from(all) + usize::from(grace) * 2];
                context! {
                    saved => context! { name => saved.0, part => saved.1 }, person => person(all), reminders => all, sessions => vec![session(true), session(all)], errors,
                    earlier, pending => all.then_some("a@example.kz"), typed => "", email_error, code_error => email_error,
                    texts => all || grace, earlier_phone, phone => all.then_some("+7•••67"), phone_settled => grace, pending_phone => all.then_some("+77011234567"),
                    phone_error => email_error, phone_code_error => email_error,
                }
            })
            .collect(),
        "status.html" => STATES
            .into_iter()
            .map(|state| {
                let sheet = (state == "SUBMITTED").then_some("/kk/status/1/sheet.pdf");
                context! { application => application(state), by_proof => true, sheet, reminder => "бүгін", errors => none() }
            })
            .chain([(true, "DRAFT", "next-wait-register"), (false, "REJECTED", "next-begin-again"), (false, "CANCELLED", "next-begin-again")].map(|(waits, state, next)| {
                let kept = context! { number => "1", grouped => "1", waits, state, next, created => "бүгін", keystore => "PKCS12" };
                context! { kept, errors => none() }
            }))
            .chain([
                context! { number_error => "x", number_value => "<1>", iin_error => "x", errors => errors() },
                context! { number_value => "1", secret => "x", errors => none() },
                context! { errors => none() },
            ])
            .collect(),
        "revoke.html" => ["iin", "code", "choose", "revoked", "frozen"]
            .into_iter()
            .flat_map(|stage| [(stage, cards.clone()), (stage, none())])
            .map(|(stage, certificates)| {
                let mistake = (!certificates.is_empty()).then_some("wrong");
                let error = context! {
                    iin => mistake, code => mistake, serials => mistake, event => mistake, sure => mistake, freeze => mistake,
                };
                let errors = if mistake.is_some() { errors() } else { none() };
                let events = tanba_model::revocation::LifeEvent::ALL.map(|event| event.name()).to_vec();
                let keys: Vec<Value> = [true, false]
                    .into_iter()
                    .take(certificates.len())
                    .map(|together| context! { purpose => "both", serial => "00ff", keystore => "<x>", together })
                    .collect();
                let remaining = context! { endangered => mistake.is_some(), renews => mistake.is_none(), keys };
                context! {
                    remaining, stage, error, errors, events, certificates, csrf => "0123", name => "ӘБДІҚАДЫРОВА", iin => "1",
                    chosen => vec!["00ff"], event => "lost", serials => vec!["00ff"], reason => "x",
                }
            })
            .collect(),
        "not_me.html" => vec![
            context! { done => false, valid => true, number => "1", created => "x", action => "/kk/not-me/x" },
            context! { done => false, valid => true, action => "/kk/not-me/x", address_back => "<b>", phone_back => "<b>" },
            context! { done => false, valid => true, action => "/kk/not-me/x", phone_removed => "<b>" },
            context! { done => true, valid => false, serials => vec!["00ff"] },
            context! { done => true, valid => false, serials => Vec::<&str>::new() },
            context! { done => false, valid => false },
        ],
        "unsubscribe.html" => vec![
            context! { valid => true, wanted => true, action => "/kk/unsubscribe/x" },
            context! { valid => true, wanted => false, action => "" },
            context! { valid => false, wanted => false, action => "" },
        ],
        "guide.html" => {
            let link = context! { title => "<b>", href => "/kk/guide/x" };
            let groups: Vec<Value> = crate::guide::GROUPS
                .into_iter()
                .map(|name| context! { name, articles => vec![link.clone()] })
                .collect();
            let snippet = vec![context! { text => "<b>", marked => true }, context! { text => "<x>", marked => false }];
            let answer = context! { title => "<b>", href => "/kk/guide/x", snippet };
            vec![
                context! { q => "", answers => Vec::<Value>::new(), groups => groups.clone() },
                context! { q => "<x>", answers => Vec::<Value>::new(), groups => groups.clone() },
                context! { q => "<x>", answers => vec![answer], groups },
            ]
        }
        "guide/article.html" => {
            let inlines = vec![
                context! { text => "<b>", href => () },
                context! { text => "<x>", href => "/kk/enter" },
            ];
            let block = |kind: &str, items: Value| context! { kind, items };
            let lines = Value::from(vec![inlines.clone(), inlines.clone()]);
            let blocks = vec![
                block("paragraph", inlines.clone().into()),
                block("warning", inlines.into()),
                block("list", lines.clone()),
                block("steps", lines),
            ];
            let neighbours = vec![context! { title => "<b>", href => "/kk/guide/x" }];
            [true, false]
                .map(|steps| context! {
                    title => "<b>", blocks => blocks.clone(), steps, neighbours => neighbours.clone(), group => "start", here => "/kk/guide/y",
                    step_figures => vec![Some("/assets/y.webp"), None], figure => if steps { None } else { Some("/assets/x.webp") },
                })
                .into()
        }
        "error.html" => [true, false]
            .map(|there| context! { error => context! {
                title => "t", detail => "d", at_desk => there, in_cabinet => there,
            } })
            .into(),
        "mail/letter.html" => vec![context! {
            lang => language.tag(), subject => "s",
            blocks => vec![
                context! { kind => "text", text => "t" }, context! { kind => "code", text => "123456" },
                context! { kind => "link", text => "t", url => "https://x" },
                context! { kind => "list", items => vec!["00"] },
            ],
        }],
        other => desk::samples(other).unwrap_or_else(|| panic!("the template {other} has no sample")),
    }
}

fn each(mut look: impl FnMut(&str, Language, &str)) {
    let catalogue = Arc::new(Catalogue::shipped().unwrap());
    let gazetteer = Gazetteer::kazakhstan().unwrap();
    for language in Language::ALL {
        let environment = environment(Arc::clone(&catalogue), language).unwrap();
        for (template, _) in TEMPLATES
            .iter()
            .filter(|(name, _)| !name.starts_with("components/") && *name != "base.html")
        {
            for (place, sample) in samples(template, &gazetteer, language)
                .into_iter()
                .enumerate()
            {
                let page = frame(language, "cabinet", (1..=15).collect(), place % 2 == 1);
                let values = context! { page, page_data => Value::from_safe_string("{}".to_owned()), ..sample };
                let html = environment
                    .get_template(template)
                    .and_then(|template| template.render(values))
                    .unwrap_or_else(|error| panic!("{template} in {}: {error:?}", language.tag()));
                look(template, language, &html);
            }
        }
    }
}

#[test]
fn every_template_renders_with_every_sample_in_every_language() {
    let mut rendered = 0;
    each(|template, language, html| {
        rendered += 1;
        let html = html.trim_start();
        assert!(html.starts_with("<!DOCTYPE html>"), "{template}");
        assert!(
            html.contains(&format!("<html lang=\"{}\"", language.tag())),
            "{template}"
        );
        assert_eq!(
            html.matches("<h1").count(),
            1,
            "{template} needs exactly one h1"
        );
        assert!(
            !html.contains("<b>") && !html.contains("<x>") && !html.contains("<&>"),
            "{template} must escape"
        );
        assert!(
            !html.contains('\u{2068}') && !html.contains('\u{2069}'),
            "{template} has isolation marks"
        );
        if template != "mail/letter.html" {
            assert_eq!(
                html.matches("<main").count(),
                1,
                "{template} needs one main"
            );
            assert!(
                !html.contains(" style=") && !html.contains("onclick"),
                "{template} must have nothing inline"
            );
        }
    });
    assert!(rendered > 150, "only {rendered} pages");
}

#[test]
fn ids_are_unique_and_what_refers_to_them_finds_them() {
    each(|template, language, html| {
        let values = |name: &str| -> Vec<String> {
            html.split(&format!(" {name}=\""))
                .skip(1)
                .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
                .collect()
        };
        let ids = values("id");
        for id in &ids {
            let count = ids.iter().filter(|other| *other == id).count();
            assert_eq!(
                count,
                1,
                "{template} in {}: id {id} {count} times",
                language.tag()
            );
        }
        for name in [
            "for",
            "aria-describedby",
            "aria-labelledby",
            "aria-controls",
        ] {
            for reference in values(name)
                .iter()
                .flat_map(|value| value.split_whitespace())
            {
                assert!(
                    ids.iter().any(|id| id == reference),
                    "{template}: {name} points at {reference}, which is missing"
                );
            }
        }
    });
}
