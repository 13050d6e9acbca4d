//! Reads what the judgement is made of.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tanba_pki::crl::Crl;
use tanba_pki::pem::Found;
use tanba_pki::{Certificate, pem};

use super::Args;

/// Certificates and lists as they came; of those that cannot be read, how many.
pub(super) struct Material {
    /// The certificate to judge, or why it is none.
    pub(super) leaf: Result<Certificate, String>,
    pub(super) trusted: Certificates,
    pub(super) untrusted: Certificates,
    pub(super) lists: Vec<Crl>,
    pub(super) unreadable_lists: usize,
}

#[derive(Default)]
pub(super) struct Certificates {
    pub(super) certificates: Vec<Certificate>,
    pub(super) unreadable: usize,
}

impl Material {
    /// # Errors
    /// When a file cannot be read, or one that must hold certificates holds none. A certificate or list that is there and
    /// damaged is no error: it cannot be used, and that is part of the judgement.
    pub(super) fn read(args: &Args) -> anyhow::Result<Self> {
        let mut leaves = some(&args.leaf, blocks(&args.leaf, Found::is_certificate)?)?.into_iter();
        let leaf = leaves.next().map_or_else(
            || Err("there is no certificate in the file".to_owned()),
            |der| match der {
                Some(der) => Certificate::from_der(&der).map_err(|error| error.to_string()),
                None => Err("the PEM text is damaged".to_owned()),
            },
        );
        let mut untrusted = certificates(&args.untrusted)?;
        untrusted.add(leaves);
        let (lists, unreadable_lists) = lists(&args.crl)?;
        let mut trusted = Certificates::default();
        for path in &args.trusted {
            trusted.add(some(path, blocks(path, Found::is_certificate)?)?.into_iter());
        }
        Ok(Self {
            leaf,
            trusted,
            untrusted,
            lists,
            unreadable_lists,
        })
    }
}

impl Certificates {
    fn add(&mut self, ders: impl Iterator<Item = Option<Vec<u8>>>) {
        for der in ders {
            match der.map(|der| Certificate::from_der(&der)) {
                Some(Ok(certificate)) => self.certificates.push(certificate),
                _ => self.unreadable = self.unreadable.saturating_add(1),
            }
        }
    }
}

fn certificates(paths: &[PathBuf]) -> anyhow::Result<Certificates> {
    let mut found = Certificates::default();
    for path in paths {
        found.add(blocks(path, Found::is_certificate)?.into_iter());
    }
    Ok(found)
}

fn lists(paths: &[PathBuf]) -> anyhow::Result<(Vec<Crl>, usize)> {
    let (mut lists, mut unreadable) = (Vec::new(), 0_usize);
    for path in paths {
        for der in blocks(path, |block| block.label == "X509 CRL")? {
            match der.map(|der| Crl::from_der(&der)) {
                Some(Ok(list)) => lists.push(list),
                _ => unreadable = unreadable.saturating_add(1),
            }
        }
    }
    Ok((lists, unreadable))
}

/// The objects of a file: one in DER, or the wanted blocks of a PEM text, `None` for one that is damaged. Whoever sends
/// certificates must not be able to leave the question unanswered by one bad block.
fn blocks(path: &Path, wanted: impl Fn(&Found) -> bool) -> anyhow::Result<Vec<Option<Vec<u8>>>> {
    let content = std::fs::read(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))?;
    if pem::is_der(&content) {
        return Ok(vec![Some(content)]);
    }
    Ok(pem::find_all(&content)
        .into_iter()
        .filter(wanted)
        .map(Found::into_der)
        .collect())
}

/// The objects, at least one.
fn some(path: &Path, objects: Vec<Option<Vec<u8>>>) -> anyhow::Result<Vec<Option<Vec<u8>>>> {
    if objects.is_empty() {
        bail!("there is no certificate in the file {}", path.display());
    }
    Ok(objects)
}
