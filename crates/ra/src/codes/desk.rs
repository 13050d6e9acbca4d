//! Codes of the desk.

/// More was put on hold since a release was asked for: asking for it anew helps.
pub const ACT_OUTDATED: &str = "act-outdated";
/// The same act waits for its second signature already.
pub const ACT_WAITS: &str = "act-waits";
/// What is to change is not given, or cannot be so.
pub const CHANGE_INVALID: &str = "change-invalid";
/// The decision was not prepared for this clerk, or too long ago: preparing again helps.
pub const DECISION_EXPIRED: &str = "decision-expired";
/// The role does not allow it.
pub const DESK_FORBIDDEN: &str = "desk-forbidden";
/// The applicant withdrew the application that a member of staff wants to decide.
pub const DESK_APPLICATION_CANCELLED: &str = "desk-application-cancelled";
/// Another member of staff was faster, or the application is at another stage.
pub const DESK_APPLICATION_DECIDED: &str = "desk-application-decided";
/// The applicant did not come to the registration centre in time.
pub const DESK_APPLICATION_EXPIRED: &str = "desk-application-expired";
/// A member of staff asked for an application that is not there.
pub const DESK_APPLICATION_NOT_FOUND: &str = "desk-application-not-found";
/// Somebody else changed a record while a member of staff did.
pub const DESK_CHANGED_MEANWHILE: &str = "desk-changed-meanwhile";
/// What was approved at the desk was refused by the authority.
pub const DESK_NOT_ISSUED: &str = "desk-not-issued";
/// The person whose application a member of staff wants to approve is frozen.
pub const DESK_PERSON_FROZEN: &str = "desk-person-frozen";
/// The act needs the person in front of the clerk.
pub const IDENTIFICATION_IN_PERSON: &str = "identification-in-person";
/// How the person was identified was not said.
pub const IDENTIFICATION_MISSING: &str = "identification-missing";
/// The certificate is not one of staff, or not the clerk's.
pub const NOT_A_STAFF_KEY: &str = "not-a-staff-key";
/// The certificate is a citizen's, which opens the cabinet and not the desk.
pub const CITIZEN_KEY: &str = "citizen-key";
/// The person does not work here in the role of the certificate.
pub const NOT_STAFF: &str = "not-staff";
/// It is so already.
pub const NOTHING_TO_DO: &str = "nothing-to-do";
/// No act waits under that number any more.
pub const NOTHING_WAITS: &str = "nothing-waits";
/// An order of an administrator does not say why.
pub const ORDER_REASON_MISSING: &str = "order-reason-missing";
/// It belongs to another registration centre.
pub const OTHER_CENTRE: &str = "other-centre";
/// Nobody acts in an affair of her own.
pub const OWN_AFFAIR: &str = "own-affair";
/// The records know nobody of that number.
pub const PERSON_UNKNOWN: &str = "person-unknown";
/// Who proposed an act works here no more, or the key of the proposal was lost: proposing it anew helps.
pub const PROPOSER_LOST: &str = "proposer-lost";
/// A reason was not chosen, or not described.
pub const REASON_MISSING: &str = "reason-missing";
/// The register says that the person died.
pub const REGISTER_DEAD: &str = "register-dead";
/// The register names the person otherwise than the application.
pub const REGISTER_DIFFERS: &str = "register-differs";
/// The register of people does not answer: trying later helps.
pub const REGISTER_UNAVAILABLE: &str = "register-unavailable";
/// The register does not know exactly one person of that number.
pub const REGISTER_UNKNOWN: &str = "register-unknown";
/// Words of a clerk are too long, or hold marks that are not seen.
pub const REMARK_INVALID: &str = "remark-invalid";
/// Somebody else has to give the second signature.
pub const SECOND_NEEDED: &str = "second-needed";
/// A member of staff would hide a message about her own act.
pub const OWN_ACT: &str = "own-act";
/// It is not said why a message is laid to rest.
pub const WHY_MISSING: &str = "why-missing";
/// Words for the records hold what looks like personal data.
pub const WHY_PERSONAL: &str = "why-personal";
/// Detail of what was done at the desk by its staff.
pub const AT_DESK: &str = "at-desk";

/// The reasons of a refusal at the desk, as they stand before the operator's words in an application's reason.
const DESK_REASON: &str = "desk-";

/// What stands as the reason of an application that was refused at the desk: a code, and the operator's words.
pub(crate) fn told(reason: &str, remark: &str) -> String {
    if remark.is_empty() {
        format!("{DESK_REASON}{reason}")
    } else {
        format!("{DESK_REASON}{reason}: {remark}")
    }
}

/// The code and the operator's words of a reason that was given at the desk; `None` for any other reason.
#[must_use]
pub fn desk_reason(reason: &str) -> Option<(&str, &str)> {
    let told = reason.strip_prefix(DESK_REASON)?;
    Some(told.split_once(": ").unwrap_or((told, "")))
}
