//! The crate against samples of other implementations and against OpenSSL, in both directions.

#[cfg(test)]
mod budgets;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod chance;
#[cfg(test)]
mod cms;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crl;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limbo;
#[cfg(test)]
mod lints;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod maker;
#[cfg(test)]
mod ocsp;
#[cfg(test)]
mod path;
#[cfg(test)]
mod pkits;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod wycheproof;
