//! Profiles that an operator adds to those that ship: read, and refused with a sentence, before anything is issued by them.

use tanba_pki::profile::{Profile, ProfileError};

use crate::desk::Profiles;

/// Characters of the longest name: it stands in evidence, in addresses of pages and in labels of metrics.
const LONGEST_NAME: usize = 64;

/// Why a file is no profile that may be issued by.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnProfileError {
    /// It is not a profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Its name could not stand in addresses.
    #[error(
        "the name {0:?} has to be 1 to {LONGEST_NAME} lower-case letters, digits and hyphens, beginning with a letter"
    )]
    Name(String),
    /// The name of the file is another one.
    #[error("the profile is named {0}, so its file has to be called {0}.toml")]
    FileName(String),
    /// A profile that ships has the name; certificates remember their profile by it.
    #[error("{0} is the name of a profile that ships with the program: give yours another name")]
    Shipped(String),
    /// Certificates of authorities and services are made by the program itself, by the profiles that ship.
    #[error(
        "it is for a service or an authority, and those are certified by the profiles that ship: validity has to be file-years and token-years"
    )]
    NotForPersons,
}

impl Profiles {
    /// Adds an operator's own profile; `stem` is the name of its file without `.toml`.
    ///
    /// # Errors
    /// [`OwnProfileError`]; then it was not added.
    pub fn add_own(&mut self, stem: &str, text: &str) -> Result<(), OwnProfileError> {
        let profile = Profile::from_toml(text)?;
        let name = profile.name().to_owned();
        if !is_plain(&name) {
            return Err(OwnProfileError::Name(name));
        }
        if self.find(&name).is_some() {
            return Err(OwnProfileError::Shipped(name));
        }
        if name != stem {
            return Err(OwnProfileError::FileName(name));
        }
        if !profile.is_for_persons() {
            return Err(OwnProfileError::NotForPersons);
        }
        self.insert(profile);
        Ok(())
    }

    /// Those that an operator added.
    pub fn own(&self) -> impl Iterator<Item = &Profile> {
        self.all()
            .filter(|profile| !Profile::builtin_names().contains(&profile.name()))
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(name: &str) -> String {
        let shipped = Profile::builtin("neutral-individual-signature").unwrap();
        let text = shipped.source();
        text.replace("neutral-individual-signature", name)
    }

    #[test]
    fn an_own_profile_is_found_by_its_name_beside_those_that_ship() {
        let mut profiles = Profiles::builtin();
        let shipped = profiles.all().count();
        profiles
            .add_own("bank-clerk", &renamed("bank-clerk"))
            .unwrap();
        assert_eq!(profiles.all().count(), shipped + 1);
        assert!(profiles.find("bank-clerk").is_some());
        let own: Vec<&str> = profiles.own().map(Profile::name).collect();
        assert_eq!(own, ["bank-clerk"]);
    }

    #[test]
    fn what_could_not_be_issued_by_or_would_hide_a_shipped_profile_is_refused_with_a_sentence() {
        let authority = Profile::builtin("issuing-ca").unwrap();
        let authority = authority.source().replace("issuing-ca", "our-ca");
        let unknown = format!("colour = \"blue\"\n{}", renamed("bank-clerk"));
        for (stem, text, word) in [
            (
                "kz-operator",
                renamed("kz-operator"),
                "ships with the program",
            ),
            ("clerk", renamed("bank-clerk"), "bank-clerk.toml"),
            ("Bank", renamed("Bank"), "lower-case"),
            ("a/b", renamed("a/b"), "lower-case"),
            ("our-ca", authority, "service or an authority"),
            ("bank-clerk", unknown, "line 1"),
            ("bank-clerk", "name = ".to_owned(), "line 1"),
        ] {
            let mut profiles = Profiles::builtin();
            let before = profiles.all().count();
            let error = profiles.add_own(stem, &text).unwrap_err().to_string();
            assert!(error.contains(word), "{stem}: {error}");
            assert_eq!(profiles.all().count(), before);
        }
    }
}
