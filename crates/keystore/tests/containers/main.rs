//! Key stores that this crate did not write, what other programs say about those that it did, and hostile ones.

#[cfg(test)]
mod change;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod material;
