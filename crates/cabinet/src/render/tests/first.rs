//! Samples of the pages of first issuance.

use minijinja::{Value, context};

use super::{capability, errors, field};

/// The samples of one template.
pub(super) fn samples(template: &str, regions: &Value) -> Vec<Value> {
    let mistakes = [None, Some("<b>")];
    match template {
        "obtain.html" => mistakes
            .into_iter()
            .map(|tick_error| {
                let waiting = tick_error.map(|_| "/obtain/person");
                context! { agreement => "2026-11", tick_error, waiting, errors => listed(tick_error) }
            })
            .collect(),
        "obtain/application.html" => ["DRAFT", "SUBMITTED", "ISSUED", "REJECTED"]
            .into_iter()
            .map(application)
            .collect(),
        "obtain/confirm.html" => {
            let line = |change: Option<&str>| context! { key => "x", value => "<y>", change };
            let lines = vec![line(None), line(Some("/obtain/place"))];
            [false, true]
                .map(|made_before| context! { number => "1", keystore => "PKCS12", lines => lines.clone(), made_before, errors => listed(None) })
                .into()
        }
        _ => mistakes
            .into_iter()
            .map(|error| step(error, regions))
            .collect(),
    }
}

fn listed(error: Option<&str>) -> Vec<Value> {
    error.map(|_| errors()).unwrap_or_default()
}

fn centre() -> Value {
    context! { code => "a", name => "b", settlement => "c", address => "<d>", hours => "e" }
}

fn application(state: &str) -> Value {
    let open = state == "SUBMITTED";
    context! {
        number => "123456789012", grouped => "1234 5678 9012", state, status => "x", next => "next-wait",
        since => open.then_some("бүгін"), reason => if state == "REJECTED" { "<why>" } else { "" },
        come => open.then(|| context! { centre => centre(), last_day => "ертең" }),
        install => "/status", sheet => open.then_some("/sheet.pdf"), cancel => open.then_some("/cancel"),
        again => !open, cancel_error => open.then_some("tick"), errors => Vec::<Value>::new(),
    }
}

fn step(error: Option<&str>, regions: &Value) -> Value {
    let fields = context! {
        iin => field("1", error), surname => field("x", error), given_name => field("x", error),
        patronymic => field("", error), email => field("a@example.kz", error), code => field("", error),
        region => field("KZ-75", error), settlement => field("almaty", error), centre => field("a", error),
        keystore => field("PKCS12", error),
    };
    context! {
        fields, errors => listed(error), regions => regions.clone(), centres => vec![centre()],
        capabilities => vec![capability(error)],
        sent_to => error.map(|_| "a@example.kz"), other => error.is_none(), silent => error.is_some(),
    }
}
