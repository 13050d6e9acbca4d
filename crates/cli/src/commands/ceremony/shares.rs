//! Shares on their way: from files or typed, and into one file for each custodian.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tanba_ca::Cost;
use tanba_ca::KeyChest as _;
use tanba_ca::ceremony::{Custody, Quorum, Share, ShareError, ShareSet, SharesNote};
use tanba_crypto::KeyAlgorithm;
use tanba_model::ports::RandomSource;

use crate::context::Context;
use crate::password;

/// How often one share may be typed.
const TRIES: u32 = 5;

/// Opens a key that lies under shares: those of the files, then those that are typed.
pub(super) fn gather(
    files: &[PathBuf],
    set: ShareSet,
    stored: &[u8],
    context: &Context,
) -> anyhow::Result<(Custody, SharesNote)> {
    let mut shares = Vec::new();
    for path in files {
        shares.push(read(path)?);
    }
    while files.is_empty() && shares.len() < usize::from(set.quorum.needed) {
        shares.push(typed(&shares, set, context)?);
    }
    let custody = Custody::gather(&shares, stored)?;
    let used = shares.iter().map(Share::number).collect();
    let note = note(&custody, Vec::new(), used);
    Ok((custody, note))
}

/// One share that its custodian types. A slip of her hand, or another share than is wanted, is told at once and typed again:
/// nobody else has to begin anew for it.
fn typed(earlier: &[Share], set: ShareSet, context: &Context) -> anyhow::Result<Share> {
    let prompt = format!("Share {} of {}", earlier.len() + 1, set.quorum.needed);
    let mut left = TRIES;
    loop {
        let line = password::ask_or(
            &prompt,
            "there is no terminal to type the shares at; name a file with a share for each custodian with --share",
        )?;
        let fault = match Share::parse(&line) {
            Ok(share) if share.set() != set => ShareError::OtherSet {
                expected: set.name(),
                found: share.set().name(),
            },
            Ok(share) if earlier.iter().any(|one| one.number() == share.number()) => {
                ShareError::Twice(share.number())
            }
            Ok(share) => return Ok(share),
            Err(fault) => fault,
        };
        left = left.saturating_sub(1);
        if left == 0 {
            return Err(fault.into());
        }
        context.warn(format_args!("{fault}; type it again"));
    }
}

fn read(path: &Path) -> anyhow::Result<Share> {
    let line = password::from_file(path)
        .with_context(|| format!("the share {} cannot be read", path.display()))?;
    Share::parse(&line).with_context(|| path.display().to_string())
}

/// Divides a new secret, and writes each share into the file of its custodian. What was written is read again, and must
/// open a trial before any key lies under it.
pub(super) fn divide(
    files: &[PathBuf],
    quorum: Quorum,
    random: &dyn RandomSource,
) -> anyhow::Result<(Custody, SharesNote)> {
    if files.len() != usize::from(quorum.of) {
        bail!(
            "the plan has {} shares: name a file for each with --share-to, each on the medium of its custodian",
            quorum.of
        );
    }
    if let Some(there) = files.iter().find(|path| path.exists()) {
        bail!(
            "the file {} is there already; a share is never written over another",
            there.display()
        );
    }
    let twice = files
        .iter()
        .enumerate()
        .find(|(place, path)| files.iter().take(*place).any(|other| other == *path));
    if let Some((_, twice)) = twice {
        bail!(
            "--share-to names {} twice: each custodian has a share of her own, on a medium of her own",
            twice.display()
        );
    }
    let (custody, shares) = Custody::divide(quorum, Cost::STANDARD, random)?;
    let mut written = Written::default();
    for (share, path) in shares.iter().zip(files) {
        written.begin(share, path)?;
    }
    let again = files
        .iter()
        .map(|path| read(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let (trial, _) = custody.make_key(KeyAlgorithm::EcP256, random)?;
    let needed = usize::from(quorum.needed);
    for choice in again.windows(needed) {
        drop(
            Custody::gather(choice, &trial)
                .context("the shares that were written do not open a trial; no key was made")?,
        );
    }
    written.keep();
    let made = shares.iter().map(Share::number).collect();
    let note = note(&custody, made, Vec::new());
    Ok((custody, note))
}

fn note(custody: &Custody, made: Vec<u8>, used: Vec<u8>) -> SharesNote {
    let set = custody.set();
    SharesNote {
        set: set.name(),
        needed: set.quorum.needed,
        of: set.quorum.of,
        made,
        used,
    }
}

/// Shares that were written, and are removed unless all of them were: no key lies under them, and they would only be in
/// the way of the next try.
#[derive(Debug, Default)]
struct Written(Vec<PathBuf>);

impl Written {
    fn begin(&mut self, share: &Share, path: &Path) -> anyhow::Result<()> {
        let failed = || format!("the share {} cannot be written", path.display());
        let file = create(path).with_context(failed)?;
        self.0.push(path.to_owned());
        write(share, file).with_context(failed)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        for path in &self.0 {
            // Where it stays, the next try says so.
            drop(std::fs::remove_file(path));
        }
    }
}

/// A new file, for its owner alone.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let _ = options.write(true).create_new(true);
    #[cfg(unix)]
    let _ = std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// One line.
fn write(share: &Share, mut file: File) -> io::Result<()> {
    file.write_all(share.line().expose())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
