//! What its owner is asked before a key is used.
//!
//! A question goes to a [`Dialog`]; the dialog shows it, lets its owner open a container and choose a key, and brings
//! back an [`Answer`]. Keys and passwords stay on this side: the dialog asks [`Keys`] to open a container and is told what
//! is in it. So a dialog can be a terminal, or a window in a process of its own.

mod ask;
mod excerpt;
mod question;
mod queue;
mod reading;
mod ring;
#[cfg(feature = "scripted")]
mod scripted;
mod secret;
mod show;
mod terminal;
mod withdrawal;

pub(crate) use ask::{
    Asked, Asking, Chosen, ask_file, ask_held, ask_key, ask_key_in, ask_secret, confirm_key, enter,
};
pub(crate) use excerpt::{clean, is_plain, is_unseen};
pub use question::{
    Answer, ConfirmQuestion, ContainerCard, Document, FileQuestion, Form, KeyCard, KeyQuestion,
    Purpose, Question, SecretPurpose, SecretQuestion, SiteQuestion, Unusable,
};
pub(crate) use queue::DialogQueue;
pub(crate) use reading::{Unread, read_file, read_file_alone};
pub use ring::{KeyFilter, KeyKind, Keys, OpenFault};
#[cfg(feature = "scripted")]
pub use scripted::Scripted;
pub use secret::SecretFault;
pub(crate) use secret::{SecretRing, Taken};
#[cfg(feature = "window")]
pub(crate) use show::{Show, date};
pub use terminal::Terminal;
pub use withdrawal::Withdrawal;

/// Something that asks the owner of the keys.
pub trait Dialog: std::fmt::Debug + Send + Sync {
    /// Asks, and waits for the answer. Returns [`Answer::Cancelled`] soon after the question is withdrawn.
    fn ask(&self, question: &Question, keys: &mut dyn Keys, withdrawal: &Withdrawal) -> Answer;
}
