//! A word about signers below an authority that was replaced.

use tanba_ca::ceremony::{Act, Plan, Service};
use tanba_model::fitness;
use tanba_model::ports::{IssuerKind, Storage};

use crate::context::Context;

/// Warns where a service would be certified by an authority that another replaced: it may be meant, for answers about what that
/// one issued, and mostly is an older plan.
pub(super) fn warn(plan: &Plan, storage: &dyn Storage, context: &Context) -> anyhow::Result<()> {
    let Act::Signer {
        service, signed_by, ..
    } = &plan.act
    else {
        return Ok(());
    };
    let known = storage.snapshot()?.issuers().all()?;
    let old = known.iter().find(|record| {
        record.issuer.kind == IssuerKind::Issuing && record.issuer.name == signed_by.issuer
    });
    let (Some(old), Some(new)) = (old, fitness::issuing(&known)) else {
        return Ok(());
    };
    if old.id == new.id {
        return Ok(());
    }
    let (old, new) = (&old.issuer.name, &new.issuer.name);
    let what = match service {
        Service::Ocsp => format!(
            "this OCSP responder answers for what \"{old}\" issued, and for nothing that \"{new}\" issues"
        ),
        Service::TimeStamping => format!(
            "time stamps below \"{old}\" count no longer than \"{old}\" itself, whose key is on its way out"
        ),
    };
    context.warn(format_args!(
        "\"{old}\" was replaced by \"{new}\": {what}. If that is not meant, let a plan with issuer = \"{new}\" be reviewed"
    ));
    Ok(())
}
