//! Samples of the pages of the desk.

use minijinja::{Value, context};
use tanba_model::decision::{Act, DecisionReason, Identification, Step};
use tanba_model::staff::Role;

use super::{STATES, application, certificate, errors, person};

/// The frame of a member of staff: of one who decides, or of one who reads everything.
pub(super) fn frame(reads: bool) -> Value {
    let role = if reads {
        Role::Administrator
    } else {
        Role::Operator
    };
    context! {
        role => role.name(), centre => (!reads).then_some("Алматы № 1"), decides => !reads, audits => reads,
        inspects => reads, administers => reads, reads_messages => true, settles_messages => reads,
    }
}

fn decisions() -> Vec<Value> {
    let step = |step: Step| {
        context! {
            act => Act::Release.name(), step => step.name(), at => "бүгін", operator => "<b>", role => Role::Operator.name(),
            centre => "Алматы", reason => DecisionReason::Other.name(),
            identification => Identification::Operator.name(), remark => "<x>",
        }
    };
    Step::ALL.map(step).into()
}

fn act(act: Act) -> Value {
    context! {
        id => 7, act => act.name(), person => "ӘБДІҚАДЫРОВА ӘЙГЕРІМ", person_id => 3, iin => "850101300123", operator => "БОЛАТ",
        present => (act == Act::Email).then_some("<b>"),
        asked => "бүгін", expires => "ертең", centre => "Алматы", reason => DecisionReason::of(act)[0].name(),
        identification => Identification::Remote.name(), remark => "<x>", certificates => vec!["00ff"],
        changes => ["email", "surname", "given_name", "patronymic"].map(|field| context! { field, value => "<b>" }).to_vec(),
    }
}

fn names<const N: usize>(all: [&'static str; N]) -> Vec<&'static str> {
    all.into()
}

fn queue() -> Vec<Value> {
    let row = |state: &str| {
        context! {
            number => "123456789012", grouped => "1234 5678 9012", name => "<b>", state, since => "бүгін",
            appear_by => "ертең", centre => "Алматы",
        }
    };
    let states = crate::pages::desk::STATES;
    let rows: Vec<Value> = states.into_iter().map(row).collect();
    vec![
        context! { rows, next => "/kk/desk", filter => "SUBMITTED", order => "oldest", states => names(states), first => true },
        context! {
            rows => Vec::<Value>::new(), filter => "mine", order => "newest", typed => "<x>", error => "<b>",
            states => names(states), first => false,
        },
    ]
}

fn applications() -> Vec<Value> {
    let registers = ["person", "unknown", "dead", "ambiguous", "unavailable"];
    let states = STATES.into_iter().cycle();
    let outcomes = [
        None,
        Some("issued"),
        Some("approved"),
        Some("rejected"),
        None,
    ];
    let ways = Identification::ALL.map(Identification::name);
    let reasons: Vec<&str> = DecisionReason::of(Act::Application)
        .iter()
        .map(|reason| reason.name())
        .collect();
    registers
        .into_iter()
        .zip(states.skip(1))
        .zip(outcomes)
        .map(|((register, state), done)| {
            let line = |key: &str, differs: bool| {
                context! { key, applied => "<b>", requested => if differs { "y" } else { "" }, registered => "x", differs }
            };
            context! {
                application => application(state), person => person(true), person_id => 3,
                typed => "new@example.kz", present => (register != "unknown").then_some("a@example.kz"),
                known => context! {
                    keys => if register == "dead" { 0 } else { 2 }, other => true, moves => done.is_some(), there => true,
                },
                altered => register == "dead",
                compared => vec![line("summary-iin", false), line("summary-surname", true)], register,
                agrees => false, frozen => done, appear_by => "ертең", centre => "Алматы", decidable => true, stopped => done.is_none(),
                own => done.is_some(), identifications => names(ways), reasons => reasons.clone(),
                decisions => decisions(), done, errors => errors(),
            }
        })
        .collect()
}

fn persons() -> Vec<Value> {
    let offer = |act: &Act| {
        context! {
            act => act.name(), reasons => DecisionReason::of(*act).iter().map(|reason| reason.name()).collect::<Vec<_>>(),
            second => act == &Act::Email, identified => act != &Act::Freeze, waits => act == &Act::Names,
            ways => names(Identification::ALL.map(Identification::name)),
        }
    };
    let offers: Vec<Value> = Act::ALL.iter().skip(1).map(offer).collect();
    let pending = context! { id => 7, act => "release", asked => "бүгін", expires => "ертең" };
    let one = |how: &str| {
        context! {
            person => person(true), id => 3, iin => "850101300123", email => "a@example.kz", frozen => "бүгін", held => how != "done",
            certificates => vec![certificate("both")], more_certificates => true,
            revocable => vec![certificate("signature")], applications => vec![application("ISSUED")],
            pending => vec![pending.clone()], decisions => decisions(), older => 5, actable => true, own => false,
            offers => offers.clone(),
            done => context! { how, act => "release" }, errors => errors(),
        }
    };
    let nobody = Vec::<Value>::new;
    let nothing = context! {
        person => person(false), id => 3, iin => "850101300123", certificates => nobody(), revocable => nobody(), held => false,
        applications => nobody(), pending => nobody(), decisions => nobody(), actable => false, own => true,
        offers => nobody(), more_certificates => false, errors => nobody(),
    };
    vec![
        one("done"),
        one("waits"),
        one("withdrawn"),
        one("rejected"),
        nothing,
    ]
}

fn messages() -> Vec<Value> {
    let letter = |id: u64, channel: &str, cause: &str, own: bool| {
        context! {
            id, kind => "message-kind-new_device", channel, to => "a•••@example.kz", created => "бүгін",
            given_up => "ертең", tries => 3, cause => format!("message-cause-{cause}"), own,
        }
    };
    let letters = vec![
        letter(10, "mail", "refused", false),
        letter(9, "sms", "nobody", true),
        letter(8, "mail", "too-old", false),
        letter(7, "mail", "other", false),
    ];
    let page = |done: Option<&str>| {
        context! { letters => letters.clone(), done, before => 9, total => 51, own_centre => false, next => 7 }
    };
    let nothing = context! { letters => Vec::<Value>::new(), done => Value::from(()), before => Value::from(()), total => Value::from(()), own_centre => true };
    let outcomes = crate::pages::desk::messages::OUTCOMES.map(|outcome| page(Some(outcome)));
    outcomes.into_iter().chain([nothing]).collect()
}

/// The samples of one template of the desk.
pub(super) fn samples(template: &str) -> Option<Vec<Value>> {
    Some(match template {
        "desk/enter.html" => vec![
            context! { errors => Vec::<Value>::new() },
            context! { errors => errors(), next => "/kk/desk", notice => "<x>" },
        ],
        "desk/queue.html" => queue(),
        "desk/application.html" => applications(),
        "desk/person.html" => persons(),
        "desk/pending.html" => {
            let all: Vec<Value> = Act::ALL.into_iter().map(act).collect();
            vec![context! { acts => all, next => 7 }, context! { acts => Vec::<Value>::new() }]
        }
        "desk/pending_act.html" => Act::ALL
            .into_iter()
            .skip(1)
            .map(|one| {
                context! {
                    act => act(one), confirmable => one == Act::Release, withdrawable => one != Act::Names,
                    is_lost => one == Act::Freeze,
                    first_is_me => one == Act::Email, own => one == Act::Revoke, errors => Vec::<Value>::new(),
                }
            })
            .collect(),
        "desk/audit.html" => {
            let event = context! {
                sequence => 1, at => "бүгін", actor => "staff:1", who => "<w>", act => "<a>", action => "<b>", object => "<x>", detail => "<&>",
                origin => "<o>", itself => false,
            };
            let by_itself = context! { origin => "", itself => true, ..event.clone() };
            let of_before = context! { origin => "", itself => false, ..event.clone() };
            let empty = context! { from => "", to => "", actor => "", action => "", object => "", names => ["<n>"], errors => Vec::<Value>::new(), futile => false };
            vec![
                context! { events => vec![event, by_itself, of_before], next => "/kk/desk/audit", ..empty.clone() },
                context! { events => Vec::<Value>::new(), errors => errors(), ..empty.clone() },
                context! { events => Vec::<Value>::new(), errors => errors(), futile => true, ..empty },
            ]
        }
        "desk/messages.html" => messages(),
        "desk/admin.html" | "desk/admin/issuer.html" | "desk/admin/profiles.html"
        | "desk/admin/profile.html" | "desk/admin/lists.html" | "desk/admin/queues.html"
        | "desk/admin/health.html" | "desk/admin/blocked.html" => super::console::samples(template),
        _ => return None,
    })
}
