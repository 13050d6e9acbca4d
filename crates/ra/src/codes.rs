//! Machine codes: what errors, reasons and next steps are called outside. Each has a text in every language. Sent: never
//! rename a code.

mod desk;

pub use desk::*;

/// The codes that errors of this crate give, `code()`.
pub const ERRORS: &[&str] = &[
    ACT_OUTDATED,
    ACT_WAITS,
    ADDRESS_CODES_USED_UP,
    ADDRESS_INVALID,
    ADDRESS_NONE_YET,
    ADDRESS_NOT_CONFIRMED,
    ADDRESS_RECENT,
    ADDRESS_SAME,
    ALREADY_SIGNED,
    APPLICATION_CANCELLED,
    APPLICATION_EXPIRED,
    APPLICATION_NOT_FOUND,
    APPLICATION_REJECTED,
    APPLICATION_WRONG_STATE,
    ATTESTATION_ELSEWHERE,
    ATTESTATION_MALFORMED,
    ATTESTATION_POSSESSION,
    ATTESTATION_STATEMENT,
    AUTHORITY_UNFIT,
    CENTRE_UNKNOWN,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_FROZEN,
    CERTIFICATE_NOT_FOUND,
    CERTIFICATE_NOT_REVOCABLE,
    CERTIFICATE_NOT_YET_VALID,
    CERTIFICATE_REVOKED,
    CERTIFICATE_UNKNOWN,
    CHALLENGE_EXPIRED,
    CHALLENGE_FOREIGN,
    CHANGE_INVALID,
    CHANGED_MEANWHILE,
    CITIZEN_KEY,
    CODE_EXPIRED,
    CODE_MALFORMED,
    CODES_PAUSED,
    DATA_CHANGED,
    DECISION_EXPIRED,
    DESK_APPLICATION_CANCELLED,
    DESK_APPLICATION_DECIDED,
    DESK_APPLICATION_EXPIRED,
    DESK_APPLICATION_NOT_FOUND,
    DESK_CHANGED_MEANWHILE,
    DESK_FORBIDDEN,
    DESK_NOT_ISSUED,
    DESK_PERSON_FROZEN,
    DOCUMENT_CHANGED,
    EMAIL_INVALID,
    EMAIL_NOT_CONFIRMED,
    ENTRY_CODE_SPENT,
    ENTRY_CODE_WRONG,
    EVENT_UNKNOWN,
    IDENTIFICATION_IN_PERSON,
    IDENTIFICATION_MISSING,
    IIN_INVALID,
    INTAKE_ENDED,
    INTAKE_INCOMPLETE,
    ISSUANCE_DELAYED,
    ISSUANCE_STOPPED,
    KEY_BLOCKED_ALREADY,
    KEY_UNKNOWN,
    KEYS_MISSING,
    KEYSTORE_CANNOT,
    KEYSTORE_NEEDS_AGENT,
    KEYSTORE_UNKNOWN,
    LINK_EXPIRED,
    LOGIN_KEY_USED,
    NAME_INVALID,
    NO_CERTIFICATE_CHOSEN,
    NO_CONFIRMED_ADDRESS,
    NO_MORE_CODES,
    NO_SIGNING_KEY,
    NOT_A_LOGIN_KEY,
    NOT_A_SIGNING_KEY,
    NOT_A_STAFF_KEY,
    NOT_STAFF,
    NOTHING_TO_DO,
    NOTHING_WAITS,
    ORDER_REASON_MISSING,
    OTHER_CENTRE,
    OTHER_PERSONS_KEY,
    OWN_ACT,
    OWN_AFFAIR,
    PERSON_DIED,
    PERSON_FROZEN,
    PERSON_NOT_CONFIRMED,
    PERSON_UNKNOWN,
    PHONE_COUNTRY,
    PHONE_INVALID,
    PHONE_NEEDS_ADDRESS,
    PHONE_NONE_YET,
    PHONE_NOT_OFFERED,
    PHONE_RECENT,
    PHONE_SAME,
    PLACE_UNKNOWN,
    PROOF_COUNT,
    PROOF_MISSING,
    PROOF_NOT_YET,
    PROOF_OTHER_KEY,
    PROPOSER_LOST,
    REASON_MISSING,
    RECORD_DIFFERS,
    REGISTER_AMBIGUOUS,
    REGISTER_DEAD,
    REGISTER_DIFFERS,
    REGISTER_UNAVAILABLE,
    REGISTER_UNKNOWN,
    REMARK_INVALID,
    REQUEST_BLOCKED_KEY,
    REQUEST_COUNT,
    REQUEST_MALFORMED,
    REQUEST_POSSESSION,
    REQUEST_REUSED_KEY,
    REQUEST_SHA1,
    REQUEST_SUBJECT,
    REQUEST_WEAK_KEY,
    RESEND_TOO_EARLY,
    REVOCATION_EXPIRED,
    SECOND_NEEDED,
    SIGNATURE_INVALID,
    SIGNATURE_UNREADABLE,
    SIGNED_ELSEWHERE,
    SIGNING_KEY_USED,
    STAFF_KEY,
    TEMPORARILY_UNAVAILABLE,
    TEXTS_PAUSED,
    TOO_MANY_APPLICATIONS,
    TOO_MANY_CODES,
    TOO_MANY_FIRST,
    TOO_MANY_TRIES,
    WHY_MISSING,
    WHY_PERSONAL,
    WORK_INVALID,
    WRONG_CODE,
];

/// The codes that stand as the reason of a rejected application.
pub const REASONS: &[&str] = &[
    AT_DESK,
    DATA_CHANGED,
    KEY_REVOKED,
    NOT_ME,
    PERSON_DIED,
    RECORD_DIFFERS,
    REQUEST_BLOCKED_KEY,
    REQUEST_MALFORMED,
    REQUEST_POSSESSION,
    REQUEST_REUSED_KEY,
    REQUEST_SHA1,
    REQUEST_SUBJECT,
    REQUEST_WEAK_KEY,
    TOO_MANY_CODES,
];

/// The keys that say what comes next for an application, [`crate::NextStep::key`].
pub const NEXT_STEPS: &[&str] = &[
    "next-begin-again",
    "next-confirm",
    "next-done",
    "next-enter-code",
    "next-install",
    "next-wait",
    "next-wait-operator",
    "next-wait-register",
];

/// The new e-mail address is none.
pub const ADDRESS_INVALID: &str = "address-invalid";
/// There is no confirmed address that could be changed: only a registration centre confirms the first one.
pub const ADDRESS_NONE_YET: &str = "address-none-yet";
/// The confirmed address was changed within the last week.
pub const ADDRESS_RECENT: &str = "address-recent";
/// The new address is the confirmed one.
pub const ADDRESS_SAME: &str = "address-same";
/// Another document of this application was signed already.
pub const ALREADY_SIGNED: &str = "already-signed";
/// The application was withdrawn.
pub const APPLICATION_CANCELLED: &str = "application-cancelled";
/// The application expired.
pub const APPLICATION_EXPIRED: &str = "application-expired";
/// No such application, or somebody else's.
pub const APPLICATION_NOT_FOUND: &str = "application-not-found";
/// The application was refused; its reason says why.
pub const APPLICATION_REJECTED: &str = "application-rejected";
/// The application is not where this step can be taken.
pub const APPLICATION_WRONG_STATE: &str = "application-wrong-state";
/// The certificate expired: first keys are needed again.
pub const CERTIFICATE_EXPIRED: &str = "certificate-expired";
/// The certificate is frozen.
pub const CERTIFICATE_FROZEN: &str = "certificate-frozen";
/// The person has no certificate with this serial number.
pub const CERTIFICATE_NOT_FOUND: &str = "certificate-not-found";
/// The certificate is not the person's, or not valid any more.
pub const CERTIFICATE_NOT_REVOCABLE: &str = "certificate-not-revocable";
/// The certificate is not valid yet.
pub const CERTIFICATE_NOT_YET_VALID: &str = "certificate-not-yet-valid";
/// The certificate is revoked.
pub const CERTIFICATE_REVOKED: &str = "certificate-revoked";
/// The certificate is of another authority.
pub const CERTIFICATE_UNKNOWN: &str = "certificate-unknown";
/// The challenge is unknown, expired or used: trying again helps.
pub const CHALLENGE_EXPIRED: &str = "challenge-expired";
/// The challenge was made for another purpose or site.
pub const CHALLENGE_FOREIGN: &str = "challenge-foreign";
/// Somebody else (another tab) changed the same thing: reading again helps.
pub const CHANGED_MEANWHILE: &str = "changed-meanwhile";
/// The code's time is over: asking for another helps.
pub const CODE_EXPIRED: &str = "code-expired";
/// Not six digits; no try was taken.
pub const CODE_MALFORMED: &str = "code-malformed";
/// Too many wrong or sent codes of this person: waiting helps.
pub const CODES_PAUSED: &str = "codes-paused";
/// The register names the person otherwise than her keys do.
pub const DATA_CHANGED: &str = "data-changed";
/// What was signed is not what was prepared: preparing again helps.
pub const DOCUMENT_CHANGED: &str = "document-changed";
/// Not an e-mail address.
pub const EMAIL_INVALID: &str = "email-invalid";
/// The policy takes only the confirmed address into a certificate.
pub const EMAIL_NOT_CONFIRMED: &str = "email-not-confirmed";
/// No tries of this code are left: asking for another helps.
pub const ENTRY_CODE_SPENT: &str = "entry-code-spent";
/// The code of an entry is wrong or its time is over.
pub const ENTRY_CODE_WRONG: &str = "entry-code-wrong";
/// Not one of the events that certificates are revoked for.
pub const EVENT_UNKNOWN: &str = "event-unknown";
/// Confirmed; certificates follow as soon as the authority's key answers.
pub const ISSUANCE_DELAYED: &str = "issuance-delayed";
/// Confirmed; certificates follow as soon as an administrator starts the authority again.
pub const ISSUANCE_STOPPED: &str = "issuance-stopped";
/// The keys of the application were not made yet.
pub const KEYS_MISSING: &str = "keys-missing";
/// Reason: the key that signed was revoked as lost.
pub const KEY_REVOKED: &str = "key-revoked";
/// The keystore of the application makes no keys of this kind.
pub const KEYSTORE_CANNOT: &str = "keystore-cannot";
/// Keys of this keystore need the agent, which this installation does not take yet.
pub const KEYSTORE_NEEDS_AGENT: &str = "keystore-needs-agent";
/// No such keystore.
pub const KEYSTORE_UNKNOWN: &str = "keystore-unknown";
/// The link of a mail is unknown, expired or used.
pub const LINK_EXPIRED: &str = "link-expired";
/// The authentication key signed an application: the signing key is needed.
pub const LOGIN_KEY_USED: &str = "login-key-used";
/// No certificate was chosen.
pub const NO_CERTIFICATE_CHOSEN: &str = "no-certificate-chosen";
/// The person has no confirmed address.
pub const NO_CONFIRMED_ADDRESS: &str = "no-confirmed-address";
/// The person has no signing key that counts: first keys are needed again.
pub const NO_SIGNING_KEY: &str = "no-signing-key";
/// All codes of this application were sent: a new application is needed.
pub const NO_MORE_CODES: &str = "no-more-codes";
/// The certificate is not for signing in.
pub const NOT_A_LOGIN_KEY: &str = "not-a-login-key";
/// The certificate is one of staff, which opens the desk and not the cabinet.
pub const STAFF_KEY: &str = "staff-key";
/// The certificate is not for signing applications.
pub const NOT_A_SIGNING_KEY: &str = "not-a-signing-key";
/// Reason: the mailbox's owner said that it was not she.
pub const NOT_ME: &str = "not-me";
/// The key is another person's.
pub const OTHER_PERSONS_KEY: &str = "other-persons-key";
/// The register says that the person died.
pub const PERSON_DIED: &str = "person-died";
/// The person's keys were frozen by "it was not me".
pub const PERSON_FROZEN: &str = "person-frozen";
/// Not a telephone number in international form.
pub const PHONE_INVALID: &str = "phone-invalid";
/// A number is confirmed only where a confirmed address can be told of it.
pub const PHONE_NEEDS_ADDRESS: &str = "phone-needs-address";
/// There is no number that could be removed.
pub const PHONE_NONE_YET: &str = "phone-none-yet";
/// This installation sends no text messages.
pub const PHONE_NOT_OFFERED: &str = "phone-not-offered";
/// The new number is the confirmed one.
pub const PHONE_SAME: &str = "phone-same";
/// No such region or settlement.
pub const PLACE_UNKNOWN: &str = "place-unknown";
/// Not one proof for each new key.
pub const PROOF_COUNT: &str = "proof-count";
/// The audit log does not tell that a certificate was issued: damage, or worse.
pub const PROOF_MISSING: &str = "proof-missing";
/// The record of an issue is not under a signed checkpoint yet.
pub const PROOF_NOT_YET: &str = "proof-not-yet";
/// A proof is signed with a key that is not of this application.
pub const PROOF_OTHER_KEY: &str = "proof-other-key";
/// What is recorded of an application is not what was signed: it was changed behind the program.
pub const RECORD_DIFFERS: &str = "record-differs";
/// Not one request for each key.
pub const REQUEST_COUNT: &str = "request-count";
/// A request is not PKCS#10.
pub const REQUEST_MALFORMED: &str = "request-malformed";
/// A request does not prove possession of its key.
pub const REQUEST_POSSESSION: &str = "request-possession";
/// A request is signed with SHA-1, which proves nothing any more.
pub const REQUEST_SHA1: &str = "request-sha1";
/// The key is on the block list.
pub const REQUEST_BLOCKED_KEY: &str = "request-blocked-key";
/// A key was seen before.
pub const REQUEST_REUSED_KEY: &str = "request-reused-key";
/// A request names somebody else.
pub const REQUEST_SUBJECT: &str = "request-subject";
/// A key is weak or of an algorithm that is not allowed.
pub const REQUEST_WEAK_KEY: &str = "request-weak-key";
/// The last code was sent a moment ago.
pub const RESEND_TOO_EARLY: &str = "resend-too-early";
/// The prepared revocation waited too long for its signature.
pub const REVOCATION_EXPIRED: &str = "revocation-expired";
/// The signature does not hold.
pub const SIGNATURE_INVALID: &str = "signature-invalid";
/// Not signed data of one signer with its content inside.
pub const SIGNATURE_UNREADABLE: &str = "signature-unreadable";
/// The application was signed in another session: only there, or after signing the same again, a code counts.
pub const SIGNED_ELSEWHERE: &str = "signed-elsewhere";
/// The signing key was used to sign in: the authentication key is needed.
pub const SIGNING_KEY_USED: &str = "signing-key-used";
/// Storage or signing key does not answer: trying later helps.
pub const TEMPORARILY_UNAVAILABLE: &str = "temporarily-unavailable";
/// Too many applications in a day.
pub const TOO_MANY_APPLICATIONS: &str = "too-many-applications";
/// Five wrong codes: the application is refused.
pub const TOO_MANY_CODES: &str = "too-many-codes";
/// The code is wrong; tries are left.
pub const WRONG_CODE: &str = "wrong-code";
/// Too many wrong codes, or too many codes, for an address.
pub const ADDRESS_CODES_USED_UP: &str = "address-codes-used-up";
/// The address of an applicant is not confirmed yet.
pub const ADDRESS_NOT_CONFIRMED: &str = "address-not-confirmed";
/// Confirmed; no certificates follow before an administrator has a new authority made or releases the one that was frozen.
pub const AUTHORITY_UNFIT: &str = "authority-unfit";
/// No such registration centre in that place.
pub const CENTRE_UNKNOWN: &str = "centre-unknown";
/// Not an individual identification number.
pub const IIN_INVALID: &str = "iin-invalid";
/// What was filled in is not kept any more.
pub const INTAKE_ENDED: &str = "intake-ended";
/// An earlier step is missing.
pub const INTAKE_INCOMPLETE: &str = "intake-incomplete";
/// A name is empty, too long or holds what no name does.
pub const NAME_INVALID: &str = "name-invalid";
/// The register did not confirm number and name together.
pub const PERSON_NOT_CONFIRMED: &str = "person-not-confirmed";
/// The register has the number twice.
pub const REGISTER_AMBIGUOUS: &str = "register-ambiguous";
/// Too many applications for first keys in a day.
pub const TOO_MANY_FIRST: &str = "too-many-first-applications";
/// Too many tries in a day.
pub const TOO_MANY_TRIES: &str = "too-many-tries";
/// The proof of work is missing, too old, used or wrong.
pub const WORK_INVALID: &str = "work-invalid";

/// The statement about a key is addressed to another authority.
pub const ATTESTATION_ELSEWHERE: &str = "attestation-elsewhere";
/// The statement about a key cannot be read.
pub const ATTESTATION_MALFORMED: &str = "attestation-malformed";
/// The statement about a key is not signed with it.
pub const ATTESTATION_POSSESSION: &str = "attestation-possession";
/// What was sent as a statement about a key states something else.
pub const ATTESTATION_STATEMENT: &str = "attestation-statement";
/// The key is blocked and none of its certificates counts.
pub const KEY_BLOCKED_ALREADY: &str = "key-blocked-already";
/// The key was never certified here.
pub const KEY_UNKNOWN: &str = "key-unknown";
/// No text messages are sent to numbers of that country.
pub const PHONE_COUNTRY: &str = "phone-country";
/// The telephone number was changed or removed within the last week.
pub const PHONE_RECENT: &str = "phone-recent";
/// Too many codes were sent to a number, from a network, or altogether.
pub const TEXTS_PAUSED: &str = "texts-paused";
