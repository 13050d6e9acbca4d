//! The agent as sites meet it: over TLS, with keys of our own, judged by other programs.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod check;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod maker;
#[cfg(test)]
mod opinions;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod package;
#[cfg(test)]
mod plug;
#[cfg(test)]
mod program;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod signatures;
#[cfg(test)]
#[cfg(all(target_os = "linux", feature = "window"))]
mod spoken;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod transcript;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod trust;
#[cfg(test)]
mod tsa;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod turns;
#[cfg(test)]
#[cfg(all(target_os = "linux", feature = "window"))]
mod window;
