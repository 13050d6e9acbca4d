//! What is asked of storage at each scrape: queues, evidence, lists, commits.

use tanba_model::audit::Checkpoint;
use tanba_model::message::MessageChannel;
use tanba_model::meter::describe;
use tanba_model::ports::{CommitGroups, CrlKind, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::metrics::Gauge;
use crate::service::Service;

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn age(now: Timestamp, at: Timestamp) -> i64 {
    now.unix().saturating_sub(at.unix()).max(0)
}

impl Service {
    /// Numbers that were not asked for before; each family stands together.
    pub(crate) fn watch(&self) -> Result<Vec<Gauge>, StorageError> {
        let now = self.parts.clock.now();
        let mut unit = self.parts.storage.snapshot()?;
        let mut gauges = vec![(
            "tanba_open_intents",
            "Intents to issue that are neither completed nor given up.",
            String::new(),
            number(unit.certificates().count_open_intents()?),
        )];
        gauges.extend(self.lists(unit.as_mut(), now)?);
        gauges.extend(outbox(unit.as_mut(), now)?);
        gauges.extend(evidence(unit.as_mut(), now)?);
        let help = "Which program this is: always 1.";
        let labels = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        gauges.push(("tanba_build_info", help, labels, 1));
        Ok(gauges)
    }

    /// For each kind of list the age of the oldest: that is the one which is late first.
    fn lists(&self, unit: &mut dyn UnitOfWork, now: Timestamp) -> Result<Vec<Gauge>, StorageError> {
        let mut gauges = Vec::new();
        for issuer in &self.issuers {
            let lists = unit.crls().facts(issuer.id)?;
            for kind in [CrlKind::Full, CrlKind::Shard(0), CrlKind::Delta(0)] {
                let same = lists.iter().filter(|list| list.kind.name() == kind.name());
                let Some(oldest) = same.map(|list| list.this_update).min() else {
                    continue;
                };
                gauges.push((
                    "tanba_crl_age_seconds",
                    "Age of the oldest published list of a kind, in seconds.",
                    format!("{{issuer=\"{}\",kind=\"{}\"}}", issuer.name, kind.name()),
                    age(now, oldest),
                ));
            }
        }
        Ok(gauges)
    }
}

fn outbox(unit: &mut dyn UnitOfWork, now: Timestamp) -> Result<Vec<Gauge>, StorageError> {
    let (mut depths, mut ages) = (Vec::new(), Vec::new());
    for channel in [MessageChannel::Mail, MessageChannel::Sms] {
        let backlog = unit.outbox().backlog(channel)?;
        let labels = format!("{{channel=\"{}\"}}", channel.name());
        depths.push((
            "tanba_outbox_messages",
            "Messages that wait to be sent.",
            labels.clone(),
            number(backlog.waiting),
        ));
        ages.push((
            "tanba_outbox_oldest_seconds",
            "Age of the oldest message that waits, in seconds; 0 where none does.",
            labels,
            backlog.oldest.map_or(0, |at| age(now, at)),
        ));
    }
    depths.append(&mut ages);
    Ok(depths)
}

fn evidence(unit: &mut dyn UnitOfWork, now: Timestamp) -> Result<Vec<Gauge>, StorageError> {
    let mut gauges = vec![(
        "tanba_audit_records",
        "Records of the audit log.",
        String::new(),
        number(unit.audit_log().size()?),
    )];
    if let Some(last) = unit.audit_log().last_checkpoint()? {
        gauges.push((
            "tanba_audit_checkpoint_records",
            "Records of the audit log that the newest signed checkpoint covers.",
            String::new(),
            number(last.size),
        ));
        if let Ok(stated) = Checkpoint::from_bytes(&last.document) {
            gauges.push((
                "tanba_audit_checkpoint_age_seconds",
                "Age of the newest signed checkpoint, in seconds.",
                String::new(),
                age(now, stated.at),
            ));
        }
    }
    Ok(gauges)
}

/// How many pieces of work shared commits, as a histogram.
pub(crate) fn groups(groups: &CommitGroups) -> String {
    const NAME: &str = "tanba_commit_group_units";
    let mut text = String::new();
    let help = "Pieces of work that shared a commit to the disk.";
    describe(&mut text, NAME, help, "histogram");
    let mut below = 0_u64;
    for (bound, count) in CommitGroups::BOUNDS.iter().zip(groups.counts) {
        below = below.saturating_add(count);
        text.push_str(&format!("{NAME}_bucket{{le=\"{bound}\"}} {below}\n"));
    }
    let commits: u64 = groups.counts.iter().sum();
    text.push_str(&format!(
        "{NAME}_bucket{{le=\"+Inf\"}} {commits}\n{NAME}_sum {}\n{NAME}_count {commits}\n",
        groups.pieces
    ));
    text
}
