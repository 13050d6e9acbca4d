//! What the authority itself is made of, for those who may read it.

use tanba_model::administration::{Administration, IssuanceScope};
use tanba_model::fitness::{Unfitness, judge_all};
use tanba_model::id::IssuerId;
use tanba_model::key::BlockedKey;
use tanba_model::message::MessageChannel;
use tanba_model::ports::{
    AuthorityConsole, Backlog, CrlFacts, CrlKind, CrlRecord, IssuanceStop, IssuerKind,
    IssuerRecord, KeyPlace, StorageError, UnitOfWork,
};
use tanba_model::staff::Right;
use tanba_pki::profile::Profile;
use tanba_pki::{Certificate, Timestamp};

use super::{Clerk, DeskError};
use crate::RegistrationAuthority;

/// Signed orders that a page shows.
const ORDERS: u32 = 20;

/// An authority as the console shows it.
#[derive(Clone, Debug)]
pub struct IssuerView {
    /// The record.
    pub id: IssuerId,
    /// Short name.
    pub name: String,
    /// What its key does.
    pub kind: IssuerKind,
    /// Its certificate.
    pub certificate: Certificate,
    /// Where its key is; `None` where the program does not know the authority yet: a restart is due.
    pub key: Option<KeyPlace>,
    /// Whether the key could sign now.
    pub key_available: bool,
    /// Number of parts that its revocation list has beside the full one.
    pub shards: u16,
    /// Certificate of its OCSP responder.
    pub responder: Option<Certificate>,
    /// Certificate of its seal.
    pub seal: Option<Certificate>,
    /// The full revocation list.
    pub list: Option<CrlFacts>,
    /// What stops all of it.
    pub stop: Option<IssuanceStop>,
    /// What stops one profile each.
    pub profile_stops: Vec<IssuanceStop>,
    /// What keeps it from issuing, whoever starts it.
    pub unfit: Option<Unfitness>,
}

/// One authority, with what its page has beyond that.
#[derive(Clone, Debug)]
pub struct IssuerPage {
    /// The authority.
    pub issuer: IssuerView,
    /// Names of the profiles that can be stopped.
    pub profiles: Vec<String>,
    /// Signed orders about all of it or one profile of it, newest first.
    pub orders: Vec<Administration>,
}

/// The lists of one authority.
#[derive(Clone, Debug)]
pub struct IssuerLists {
    /// Short name of the authority.
    pub issuer: String,
    /// Its lists, the full one first.
    pub lists: Vec<CrlFacts>,
}

/// What waits.
#[derive(Clone, Debug, Default)]
pub struct Queues {
    /// Messages by channel.
    pub outbox: Vec<(MessageChannel, Backlog)>,
    /// Messages that were given up.
    pub dead_letters: u64,
    /// Intents to issue that are neither completed nor given up.
    pub open_intents: u64,
    /// Applications by state, and since when the oldest is in it.
    pub applications: Vec<(&'static str, Backlog)>,
}

/// A key of the block list, with what hangs on it.
#[derive(Clone, Debug)]
pub struct BlockedView {
    /// The key, since when and why.
    pub key: BlockedKey,
    /// Certificates of it that were ever issued here.
    pub certificates: usize,
    /// Those that count still: the authority's own, which people decide about.
    pub valid: usize,
}

/// A part of the block list.
#[derive(Clone, Debug, Default)]
pub struct BlockedPage {
    /// Keys by digest.
    pub keys: Vec<BlockedView>,
    /// After which digest the next page begins; `None` at the end.
    pub next: Option<[u8; 32]>,
}

/// Keys of one page.
const KEYS: u32 = 50;

/// States in which an application waits for somebody or something.
const WAITING: [&str; 4] = ["AWAITING_2FA", "SUBMITTED", "CONFIRMED", "ISSUED"];

impl RegistrationAuthority {
    /// The authorities, in the order in which they were made.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_issuers(
        &self,
        clerk: &Clerk,
        now: Timestamp,
    ) -> Result<Vec<IssuerView>, DeskError> {
        inspects(clerk)?;
        // Keys may be in a device that answers late: never within a piece of work.
        let keys = self
            .console
            .as_deref()
            .map(AuthorityConsole::keys)
            .unwrap_or_default();
        let mut work = self.storage.snapshot()?;
        let stops = work.issuers().stops()?;
        let judged = judge_all(work.as_mut(), now)?;
        let view = |(record, unfit): (IssuerRecord, Option<Unfitness>)| {
            let key = keys.iter().find(|key| key.issuer == record.id);
            let mine = || {
                stops
                    .iter()
                    .filter(|stop| stop.issuer == record.id)
                    .cloned()
            };
            let damaged = || StorageError::Damaged("the certificate of an authority".to_owned());
            Ok(IssuerView {
                id: record.id,
                certificate: Certificate::from_der(&record.issuer.certificate)
                    .map_err(|_| damaged())?,
                name: record.issuer.name,
                kind: record.issuer.kind,
                key: key.map(|key| key.place),
                key_available: key.is_some_and(|key| key.available),
                shards: record.issuer.shards,
                responder: certificate(record.responder_certificate.as_deref()),
                seal: certificate(record.seal_certificate.as_deref()),
                list: full_list(work.as_mut(), record.id)?,
                stop: mine().find(|stop| stop.profile.is_none()),
                profile_stops: mine().filter(|stop| stop.profile.is_some()).collect(),
                unfit,
            })
        };
        judged.into_iter().map(view).collect()
    }

    /// One authority by its short name.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_issuer(
        &self,
        clerk: &Clerk,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<IssuerPage>, DeskError> {
        let issuers = self.console_issuers(clerk, now)?;
        let Some(issuer) = issuers.into_iter().find(|issuer| issuer.name == name) else {
            return Ok(None);
        };
        let profiles: Vec<String> = match issuer.kind {
            IssuerKind::Root => Vec::new(),
            IssuerKind::Issuing => self
                .console_profiles(clerk)?
                .into_iter()
                .filter(Profile::is_for_persons)
                .map(|profile| profile.name().to_owned())
                .collect(),
        };
        let mut work = self.storage.snapshot()?;
        let mut orders = |profile: Option<&str>| {
            let scope = IssuanceScope {
                issuer: name.to_owned(),
                profile: profile.map(str::to_owned),
            };
            work.decisions().administrations(&scope.object(), ORDERS)
        };
        let mut all = orders(None)?;
        for profile in &profiles {
            all.extend(orders(Some(profile))?);
        }
        all.sort_by_key(|order| std::cmp::Reverse(order.id));
        all.truncate(usize::try_from(ORDERS).unwrap_or(usize::MAX));
        Ok(Some(IssuerPage {
            issuer,
            profiles,
            orders: all,
        }))
    }

    /// The profiles that are issued by, by name.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_profiles(&self, clerk: &Clerk) -> Result<Vec<Profile>, DeskError> {
        inspects(clerk)?;
        let profiles = self.console.as_deref().map(AuthorityConsole::profiles);
        Ok(profiles.unwrap_or_default().into_iter().cloned().collect())
    }

    /// The published revocation lists of each authority.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_lists(&self, clerk: &Clerk) -> Result<Vec<IssuerLists>, DeskError> {
        inspects(clerk)?;
        let mut work = self.storage.snapshot()?;
        let mut all = Vec::new();
        for record in work.issuers().all()? {
            all.push(IssuerLists {
                lists: work.crls().facts(record.id)?,
                issuer: record.issuer.name,
            });
        }
        Ok(all)
    }

    /// One published list, to be taken along.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_list(
        &self,
        clerk: &Clerk,
        issuer: &str,
        kind: CrlKind,
    ) -> Result<Option<CrlRecord>, DeskError> {
        inspects(clerk)?;
        let mut work = self.storage.snapshot()?;
        let records = work.issuers().all()?;
        match records.iter().find(|record| record.issuer.name == issuer) {
            Some(record) => Ok(work.crls().latest(record.id, kind)?),
            None => Ok(None),
        }
    }

    /// Keys that nothing is certified for any more, those after a digest.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_blocked(
        &self,
        clerk: &Clerk,
        after: Option<&[u8; 32]>,
    ) -> Result<BlockedPage, DeskError> {
        inspects(clerk)?;
        let mut work = self.storage.snapshot()?;
        let mut keys = work.keys().blocked_after(after, KEYS + 1)?;
        let full = usize::try_from(KEYS).unwrap_or(usize::MAX);
        let more = keys.len() > full;
        keys.truncate(full);
        let next = keys.last().map(|key| key.public_key_sha256);
        let mut views = Vec::with_capacity(keys.len());
        for key in keys {
            let records = work.certificates().of_key(&key.public_key_sha256)?;
            let issued = records.iter().filter(|record| record.der.is_some());
            views.push(BlockedView {
                certificates: issued.clone().count(),
                valid: issued.filter(|record| record.status.is_valid()).count(),
                key,
            });
        }
        Ok(BlockedPage {
            next: next.filter(|_| more),
            keys: views,
        })
    }

    /// What waits, counted.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_queues(&self, clerk: &Clerk) -> Result<Queues, DeskError> {
        inspects(clerk)?;
        let mut work = self.storage.snapshot()?;
        let mut queues = Queues {
            dead_letters: work.outbox().count_dead()?,
            open_intents: work.certificates().count_open_intents()?,
            ..Queues::default()
        };
        for channel in [MessageChannel::Mail, MessageChannel::Sms] {
            queues
                .outbox
                .push((channel, work.outbox().backlog(channel)?));
        }
        for state in WAITING {
            let waiting = work.applications().count_in_state(state)?;
            queues.applications.push((state, waiting));
        }
        Ok(queues)
    }
}

pub(super) fn inspects(clerk: &Clerk) -> Result<(), DeskError> {
    if clerk.may(Right::Inspect) {
        Ok(())
    } else {
        Err(DeskError::Forbidden)
    }
}

fn certificate(der: Option<&[u8]>) -> Option<Certificate> {
    Certificate::from_der(der?).ok()
}

fn full_list(
    work: &mut dyn UnitOfWork,
    issuer: IssuerId,
) -> Result<Option<CrlFacts>, StorageError> {
    let facts = work.crls().facts(issuer)?;
    Ok(facts.into_iter().find(|facts| facts.kind == CrlKind::Full))
}
