//! Who asks: the site behind a connection, what it was granted, and how often it may ask.

mod grants;
mod limit;
mod refusals;
mod site;
mod sockets;

pub use grants::{Grant, GrantError, Grants, Use};
pub(crate) use limit::{Budget, Limits};
pub(crate) use refusals::Refusals;
pub(crate) use site::Site;
pub use site::{Origin, OriginFault, OriginPolicy};
pub(crate) use sockets::Sockets;
