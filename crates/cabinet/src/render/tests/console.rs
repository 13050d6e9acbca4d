//! Samples of the console of administrators.

use minijinja::{Value, context};
use tanba_model::administration::AdministrativeAct;
use tanba_model::fitness::Unfit;
use tanba_model::ports::KeyPlace;
use tanba_ra::{Check, Standing};

fn issuer(standing: &str) -> Value {
    let stop = |profile: Option<&str>| context! { profile, since => "бүгін", reason => "<&>" };
    let key = match standing {
        "issues" => Some(KeyPlace::Database.name()),
        "part" => Some(KeyPlace::Token.name()),
        _ => None,
    };
    context! {
        name => format!("rsa-{standing}"), kind => if standing == "root" { "root" } else { "issuing" }, standing, subject => "<b>",
        serial => "00ff", algorithm => "RSA-2048", signature => "RSA", from => "a", until => "b", digest => "00", key,
        available => key.is_some(), shards => 4, responder => key, seal => key, next_list => key,
        stop => (standing == "stopped").then(|| stop(None)),
        profile_stops => if standing == "part" { vec![stop(Some("<p>"))] } else { Vec::new() },
    }
}

/// An authority that may not issue, for each reason.
fn unfit() -> Vec<Value> {
    let one = |why: Unfit| {
        context! { unfit => context! { authority => "<b>", why => why.name() }, name => format!("rsa-{}", why.name()), ..issuer("unfit") }
    };
    Unfit::ALL.map(one).into()
}

const STANDINGS: [&str; 4] = ["issues", "stopped", "part", "root"];

fn issuer_pages() -> Vec<Value> {
    let order = |act: AdministrativeAct| {
        context! {
            act => act.name(), at => "бүгін", who => "<b>", role => "administrator", profile => "<p>", reason => "<&>",
        }
    };
    let orders = || AdministrativeAct::ALL.map(order).to_vec();
    let page = |standing: &str, done: Option<AdministrativeAct>| {
        context! {
            issuer => issuer(standing), stopped => vec!["kz-operator"], free => vec!["kz-individual-rsa"],
            orders => if done.is_some() { orders() } else { Vec::new() },
            done => done.map(|act| context! { act => act.name(), profile => "<p>" }), errors => super::errors(),
        }
    };
    let done = AdministrativeAct::ALL.map(|act| page("part", Some(act)));
    let whole = context! { done => context! { act => "stop-issuance" }, ..page("stopped", None) };
    let all = STANDINGS.map(|standing| page(standing, None));
    let unfit = unfit();
    let unfit = unfit
        .into_iter()
        .map(|issuer| context! { issuer, ..page("issues", None) });
    done.into_iter()
        .chain(all)
        .chain(unfit)
        .chain([whole])
        .collect()
}

fn profiles() -> [Value; 2] {
    [true, false].map(|persons| {
        context! {
            name => "<b>", description => "<x>", purpose => if persons { "signature" } else { "other" }, persons,
            keys => vec!["RSA-2048"], file => persons.then_some(1), token => persons.then_some(3),
            most => (!persons).then_some(10),
        }
    })
}

fn findings() -> Value {
    let standings = [Standing::Good, Standing::Warning, Standing::Bad];
    let never = |check: Check, standing: Standing| match check {
        Check::Certificate | Check::Evidence => false,
        Check::Standing | Check::Key | Check::Responder | Check::Lists | Check::Clock => {
            standing == Standing::Warning
        }
        Check::Issuance | Check::Checkpoint | Check::Outbox | Check::DeadLetters => {
            standing == Standing::Bad
        }
    };
    let all: Vec<Value> = Check::ALL
        .into_iter()
        .flat_map(|check| standings.map(|standing| (check, standing)))
        .filter(|(check, standing)| !never(*check, *standing))
        .map(|(check, standing)| {
            context! {
                check => check.name(), standing => standing.name(), issuer => "<b>", date => "бүгін", count => 3,
                key => format!("health-{}-{}", check.name(), standing.name()),
            }
        })
        .collect();
    Value::from(all)
}

/// The samples of one template of the console.
pub(super) fn samples(template: &str) -> Vec<Value> {
    match template {
        "desk/admin.html" => {
            let centre =
                context! { code => "x", name => "<b>", address => "<x>", hours => "дс–жм" };
            let mut issuers: Vec<Value> = STANDINGS.map(issuer).into();
            issuers.extend(unfit());
            vec![
                context! { issuers, centres => vec![centre] },
                context! { issuers => Vec::<Value>::new(), centres => Vec::<Value>::new() },
            ]
        }
        "desk/admin/issuer.html" => issuer_pages(),
        "desk/admin/profiles.html" => vec![context! { profiles => profiles().to_vec() }],
        "desk/admin/profile.html" => {
            let attributes = [true, false].map(|so| {
                context! { oid => "2.5.4.3", value => "{surname}", string => "Utf8", upper => so, optional => so }
            });
            let extensions = [true, false]
                .map(|so| context! { name => "keyUsage", oid => "2.5.29.15", critical => so, optional => so });
            let page = |profile: Value| {
                context! {
                    profile, attributes => attributes.to_vec(), extensions => extensions.to_vec(), source => "<toml>",
                }
            };
            profiles().map(page).into()
        }
        "desk/admin/lists.html" => {
            let list = |kind: &str, late: bool| {
                context! {
                    kind, shard => 3, number => "12", this_update => "a", next_update => "b",
                    entries => late.then_some("5"), size => "700", late, file => "3.crl",
                }
            };
            let lists = vec![
                list("full", true),
                list("shard", false),
                list("delta", false),
            ];
            let empty = context! { name => "root", lists => Vec::<Value>::new() };
            vec![context! { issuers => vec![context! { name => "rsa", lists }, empty] }]
        }
        "desk/admin/blocked.html" => {
            let key = |source: tanba_model::key::BlockSource| {
                let valid = u8::from(source == tanba_model::key::BlockSource::List);
                context! { certificates => 2, valid, digest => source.name(), since => "бүгін", source => source.name(), reason => "<&>" }
            };
            let keys = tanba_model::key::BlockSource::ALL.map(key).to_vec();
            vec![
                context! { keys, next => "00ff", first => false },
                context! { keys => Vec::<Value>::new(), next => Value::from(()), first => true },
            ]
        }
        "desk/admin/queues.html" => {
            let line = |key: &str, oldest: Option<&str>| context! { key, waiting => 3, oldest };
            let page = |dead: u32| {
                context! {
                    outbox => vec![line("message-channel-mail", Some("бүгін")), line("message-channel-sms", None)],
                    applications => vec![line("state-SUBMITTED", None)], dead_letters => dead, open_intents => 1,
                }
            };
            vec![page(0), page(2)]
        }
        _ => ["good", "warning", "bad"]
            .map(|worst| context! { findings => findings(), worst })
            .into(),
    }
}
