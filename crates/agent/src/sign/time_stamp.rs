//! CAdES-T: the time of an authority on a signature (RFC 3161 over HTTP).

use std::time::Duration;

use tanba_model::ports::RandomSource;
use tanba_pki::cms::{self, CmsError, SignedData};
use tanba_pki::time_stamp::{TimeStampError, TimeStampRequest};

/// How long an authority may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Octets of an answer at most.
const LARGEST: u64 = 256 * 1024;

/// Why a signature has no time stamp. The signature itself was made; it is not sent without the stamp that was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// No authority is configured.
    #[error("no time-stamping authority is configured")]
    NotConfigured,
    /// The authority does not answer.
    #[error("the time-stamping authority does not answer")]
    Unreachable(#[source] Box<ureq::Error>),
    /// The authority answers with something else.
    #[error("the time-stamping authority gives no time stamp")]
    Answer(#[from] TimeStampError),
    /// The message cannot be extended.
    #[error("the signature cannot carry a time stamp")]
    Message(#[from] CmsError),
}

/// Asks one authority for time stamps.
pub struct TimeStamper<'a> {
    url: &'a str,
    random: &'a dyn RandomSource,
    http: ureq::Agent,
}

impl std::fmt::Debug for TimeStamper<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TimeStamper({})", self.url)
    }
}

impl<'a> TimeStamper<'a> {
    /// Uses the authority at this URL, `http://…`; the stamps are signed, so the way needs no protection.
    ///
    /// # Errors
    /// [`StampError::NotConfigured`] without a URL.
    pub fn new(url: Option<&'a str>, random: &'a dyn RandomSource) -> Result<Self, StampError> {
        let http = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .build()
            .into();
        Ok(Self {
            url: url.ok_or(StampError::NotConfigured)?,
            random,
            http,
        })
    }

    /// Puts a time stamp on every signature of this certificate in the message; on all of them when none is given.
    ///
    /// # Errors
    /// [`StampError`]
    pub fn stamp(
        &self,
        message: &[u8],
        certificate: Option<&tanba_pki::Certificate>,
    ) -> Result<Vec<u8>, StampError> {
        let signed = SignedData::parse(message)?;
        let mut stamped = Vec::new();
        for (number, info) in signed.signers().iter().enumerate() {
            let wanted =
                certificate.is_none_or(|certificate| info.identifier().matches(certificate));
            if wanted {
                stamped.push((number, self.token(info.signature())?));
            }
        }
        if stamped.is_empty() {
            return Err(CmsError::NoSigner.into());
        }
        // Signatures are sorted anew when one grows: each is found again by its value.
        let mut message = message.to_vec();
        for (number, token) in stamped {
            let value = signed.signers().get(number).map(|info| info.signature());
            let place = SignedData::parse(&message)?
                .signers()
                .iter()
                .position(|info| Some(info.signature()) == value)
                .ok_or(CmsError::NoSigner)?;
            message = cms::add_time_stamp(&message, place, &token)?;
        }
        Ok(message)
    }

    fn token(&self, signature: &[u8]) -> Result<Vec<u8>, StampError> {
        let mut nonce = [0; 8];
        self.random.fill(&mut nonce);
        let request = TimeStampRequest::new(signature, nonce);
        let unreachable = |error: ureq::Error| StampError::Unreachable(Box::new(error));
        let mut response = self
            .http
            .post(self.url)
            .header("Content-Type", "application/timestamp-query")
            .header("Accept", "application/timestamp-reply")
            .send(request.to_der())
            .map_err(unreachable)?;
        let answer = response
            .body_mut()
            .with_config()
            .limit(LARGEST)
            .read_to_vec()
            .map_err(unreachable)?;
        Ok(request.judge(&answer)?.token().to_vec())
    }
}
