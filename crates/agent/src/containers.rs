//! Where keys lie: files and tokens behind one port.
//!
//! [`ContainerStore`] is the port; [`FileStore`] is its PKCS#12 side, [`TokenStore`] its PKCS#11 side. [`Containers`] joins all stores of this computer.

mod file;
mod manage;
mod patience;
mod storage;
mod store;
mod token;

pub use file::FileStore;
pub use manage::{Installed, MadeKey, ManageFault};
pub use storage::Storage;
pub use store::{Container, ContainerId, ContainerStore, Containers, HeldKey, KeyNote, OpenFault};
pub use token::{DriverReport, DriverSearch, KindRule, TokenStore};
