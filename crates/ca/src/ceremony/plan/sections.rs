//! The sections that several kinds of ceremony share.

use tanba_pki::profile::{KeySpecification, Subject};

use super::check::{Check, MAXIMUM_SHARDS};
use super::{CertificatePlan, NewAuthority, SignedBy};
use crate::ceremony::written;
use crate::init::is_short_name;
use crate::urls::Urls;

impl Check {
    /// The authority that comes into being, and the one that it replaces.
    pub(super) fn authority(
        &mut self,
        written: Option<written::Authority>,
        ceremony: &str,
    ) -> Option<(NewAuthority, Option<String>)> {
        let written = self.need(written, "[authority]", ceremony)?;
        self.that(
            is_short_name(&written.name),
            "name in [authority] must be 1 to 32 lower-case letters, digits and hyphens",
        );
        let shards = written.shards.unwrap_or(1);
        self.that(
            (1..=MAXIMUM_SHARDS).contains(&shards),
            format!("shards in [authority] must be between 1 and {MAXIMUM_SHARDS}"),
        );
        let authority = NewAuthority {
            name: written.name,
            key: KeySpecification::algorithm(written.key),
            shards,
        };
        Some((authority, written.replaces))
    }

    /// Who signs.
    pub(super) fn signed_by(
        &mut self,
        written: Option<written::SignedBy>,
        ceremony: &str,
    ) -> Option<SignedBy> {
        let written = self.need(written, "[signed-by]", ceremony)?;
        if let Some(url) = &written.public_url
            && let Err(error) = Urls::new(url, &written.issuer)
        {
            self.that(false, format!("public-url in [signed-by]: {error}"));
        }
        Some(SignedBy {
            issuer: written.issuer,
            public_url: written.public_url,
        })
    }

    /// A certificate with a name of its own.
    pub(super) fn certificate(
        &mut self,
        written: Option<written::Certificate>,
        ceremony: &str,
    ) -> Option<CertificatePlan> {
        let written = self.need(written, "[certificate]", ceremony)?;
        self.that(
            written.subject.is_some(),
            format!("a ceremony \"{ceremony}\" needs subject in [certificate]"),
        );
        self.times(written)
    }

    /// Serial number and times, and the name where there is one.
    pub(super) fn times(&mut self, written: written::Certificate) -> Option<CertificatePlan> {
        self.that(
            written.not_before < written.not_after,
            "not-after in [certificate] must be after not-before",
        );
        let request_sha256 = match written.request_sha256 {
            Some(text) => Some(self.digest("request-sha256 in [certificate]", &text)?),
            None => None,
        };
        let subject = written.subject.map(|name| {
            self.text("common-name in [certificate]", &name.common_name);
            let organization = name.organization.as_deref();
            if let Some(organization) = organization {
                self.text("organization in [certificate]", organization);
            }
            let country = name.country.as_str();
            self.that(
                country.len() == 2 && country.chars().all(|c| c.is_ascii_uppercase()),
                "country in [certificate] must be two capital letters (ISO 3166-1)",
            );
            Subject::service(&name.common_name, organization, country)
        });
        Some(CertificatePlan {
            serial: written.serial,
            not_before: written.not_before,
            not_after: written.not_after,
            subject: subject.unwrap_or_default(),
            request_sha256,
        })
    }
}
