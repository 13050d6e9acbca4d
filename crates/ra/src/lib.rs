//! Carries an application to a decision.
//!
//! What a person can do in the cabinet, what a public page may tell, and what happens by itself in time: each use case
//! is a method of [`RegistrationAuthority`], in a file of its own. The rules stand here; pages only ask and show. Nothing
//! here makes a signature, words a message, reads a clock or speaks HTTP.
//!
//! Every change and its audit event are one unit of work. Whatever is repeated after a lost answer or a crash (a
//! double click, a second tab, a retry) comes to the same end as doing it once.
//!
//! Start reading at [`RegistrationAuthority`], then `reissue/`.

mod address;
mod authority;
pub mod codes;
mod compromise;
mod config;
mod dead_letters;
mod delivery;
mod desk;
mod entry;
mod error;
mod evidence;
mod first;
mod help;
mod holder;
mod issue_proof;
mod limited;
mod limits;
mod listing;
mod login;
mod not_me;
mod notify;
mod own_record;
mod phone;
mod reissue;
mod remind;
mod report;
mod revoke;
mod second_factor;
mod session;
mod signature;
mod status;
mod taken_back;
mod token;
mod unsubscribe;
mod worker;

pub use address::{EmailChangeError, PendingAddress};
pub use authority::RegistrationAuthority;
pub use compromise::{AttestedError, KeyBlocked, attested, block_key};
pub use config::{
    CertificateEmail, ConfigError, DeskPolicy, DeskSection, FirstSection, ProfileSet, RaConfig,
    RaSection, SecondFactorPolicy, TextsSection,
};
pub use dead_letters::{DeadLetterAct, settle_dead_letter, settle_dead_letters};
pub use delivery::Delivered;
pub use desk::{
    ActWish, AuditFilter, AuditPage, BlockedPage, BlockedView, Check, Clerk, DeadLetterPage,
    DeskApplication, DeskError, DeskLoginError, DeskOpened, DeskPerson, Employment, Finding, Found,
    IssuerLists, IssuerPage, IssuerView, Mistyped, Ordered, Outcome, PendingView, QueuePage,
    QueueWish, Queues, StaffError, Standing, Verdict, actor_text, dismiss, employ, iin_in, staff,
};
pub use entry::EntryError;
pub use error::{StepError, Unavailable};
pub use first::{
    AddressError, ClaimError, ClaimForm, FirstError, FirstStep, FirstView, Known, Register,
    Retried, Solution, same_person,
};
pub use holder::Holder;
pub use issue_proof::{ProofError, ProofStanding};
pub use limited::LimitedOpened;
pub use listing::{History, Page};
pub use login::{Device, LoggedIn, LoginError};
pub use not_me::{Frozen, NotMe, NotMeApplication, NotMeError};
pub use notify::{announce_act, announce_release};
pub use phone::{PendingPhone, PhoneChangeError, is_phone_settled};
pub use reissue::{
    BeginError, ConfirmError, InstallError, Installed, IssueError, IssuedCertificates,
    PrepareError, ReissueForm, ResendError, SubmitError, is_named,
};
pub use remind::{Reminded, ReminderRound};
pub use report::SealError;
pub use revoke::{RevokeError, Revoked};
pub use second_factor::{Answer, AskError, SecondFactor, SecondFactorStanding};
pub use session::OpenSession;
pub use signature::SignatureFault;
pub use status::{NextStep, Proof, Proved, PublicStatus, Right};
pub use taken_back::{PhoneTakenBack, TakenBack};
pub use token::{FirstSecret, SessionToken};
pub use worker::{Expired, Resumed};
