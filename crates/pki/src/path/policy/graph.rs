//! The graph of valid policies (RFC 9618, 3).
//!
//! RFC 5280 grows a tree, in which a chain of mappings doubles the leaves at every certificate. Joining the equal
//! nodes of one depth gives the same answers in linear size.

use tanba_crypto::ObjectIdentifier;

use crate::oid;
use crate::path::PathError;
use crate::path::budget::{Resource, Spent};

/// Levels of nodes, the first of which is anyPolicy alone; empty when no policy is left.
#[derive(Debug)]
pub(super) struct Graph {
    levels: Vec<Vec<Node>>,
}

#[derive(Debug)]
struct Node {
    policy: ObjectIdentifier,
    expected: Vec<ObjectIdentifier>,
    /// Policies of the parents; each names one node of the level above.
    parents: Vec<ObjectIdentifier>,
}

impl Node {
    fn new(policy: ObjectIdentifier, parents: Vec<ObjectIdentifier>) -> Self {
        Self {
            policy,
            expected: vec![policy],
            parents,
        }
    }
}

impl Graph {
    pub(super) fn new() -> Self {
        Self {
            levels: vec![vec![Node::new(oid::ANY_POLICY, Vec::new())]],
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.levels.last().is_none_or(Vec::is_empty)
    }

    fn last(&self) -> &[Node] {
        self.levels.last().map_or(&[], Vec::as_slice)
    }

    /// Adds the policies of the next certificate (RFC 5280, 6.1.3, d).
    pub(super) fn extend(
        &mut self,
        policies: &[ObjectIdentifier],
        any_counts: bool,
        spent: &mut Spent,
    ) -> Result<(), PathError> {
        let above = self.last();
        let expected: usize = above.iter().map(|node| node.expected.len()).sum();
        spent.spend(
            Resource::Policies,
            policies.len().saturating_add(1).saturating_mul(expected),
        )?;
        let expecting = |policy: ObjectIdentifier| -> Vec<ObjectIdentifier> {
            above
                .iter()
                .filter(|node| node.expected.contains(&policy))
                .map(|node| node.policy)
                .collect()
        };
        let any_above = above.iter().any(|node| node.policy == oid::ANY_POLICY);
        let mut level: Vec<Node> = Vec::new();
        for policy in policies.iter().copied() {
            if policy == oid::ANY_POLICY || level.iter().any(|node| node.policy == policy) {
                continue;
            }
            let parents = expecting(policy);
            if !parents.is_empty() {
                level.push(Node::new(policy, parents));
            } else if any_above {
                level.push(Node::new(policy, vec![oid::ANY_POLICY]));
            }
        }
        if any_counts && policies.contains(&oid::ANY_POLICY) {
            for policy in above.iter().flat_map(|node| node.expected.iter().copied()) {
                if !level.iter().any(|node| node.policy == policy) {
                    level.push(Node::new(policy, expecting(policy)));
                }
            }
        }
        self.levels.push(level);
        self.prune();
        Ok(())
    }

    /// Lets the subject's policies stand for the issuer's (RFC 5280, 6.1.4, b 1).
    pub(super) fn map(
        &mut self,
        mappings: &[(ObjectIdentifier, ObjectIdentifier)],
        spent: &mut Spent,
    ) -> Result<(), PathError> {
        spent.spend(
            Resource::Policies,
            mappings.len().saturating_mul(mappings.len()),
        )?;
        let Some(level) = self.levels.last_mut() else {
            return Ok(());
        };
        let any = level.iter().any(|node| node.policy == oid::ANY_POLICY);
        for (from, _) in mappings {
            let mut to: Vec<ObjectIdentifier> = Vec::new();
            for (_, subject) in mappings.iter().filter(|(issuer, _)| issuer == from) {
                if !to.contains(subject) {
                    to.push(*subject);
                }
            }
            match level.iter_mut().find(|node| node.policy == *from) {
                Some(node) => node.expected = to,
                None if any => level.push(Node {
                    policy: *from,
                    expected: to,
                    parents: vec![oid::ANY_POLICY],
                }),
                None => {}
            }
        }
        Ok(())
    }

    /// Takes away the policies that would be mapped where mapping is inhibited (RFC 5280, 6.1.4, b 2).
    pub(super) fn forget(&mut self, mappings: &[(ObjectIdentifier, ObjectIdentifier)]) {
        if let Some(level) = self.levels.last_mut() {
            level.retain(|node| !mappings.iter().any(|(from, _)| *from == node.policy));
        }
        self.prune();
    }

    /// Takes away nodes without children above the last level.
    fn prune(&mut self) {
        let mut below: Option<&Vec<Node>> = None;
        let mut kept: Vec<Vec<ObjectIdentifier>> = Vec::new();
        for level in self.levels.iter().rev() {
            let alive = match (below, kept.last()) {
                (Some(below), Some(alive)) => level
                    .iter()
                    .map(|node| node.policy)
                    .filter(|policy| {
                        below.iter().any(|child| {
                            alive.contains(&child.policy) && child.parents.contains(policy)
                        })
                    })
                    .collect(),
                _ => level.iter().map(|node| node.policy).collect(),
            };
            kept.push(alive);
            below = Some(level);
        }
        for (level, alive) in self.levels.iter_mut().rev().zip(kept) {
            level.retain(|node| alive.contains(&node.policy));
        }
    }

    /// The policies of the trusted authority's domain that reach the end and are acceptable (RFC 9618, 5.6, g).
    pub(super) fn valid_for(&self, acceptable: &[ObjectIdentifier]) -> Vec<ObjectIdentifier> {
        let any = oid::ANY_POLICY;
        let everything = acceptable.is_empty() || acceptable.contains(&any);
        let mut valid: Vec<ObjectIdentifier> = Vec::new();
        for node in self.levels.iter().skip(1).flatten() {
            let of_domain = node.policy != any && node.parents.contains(&any);
            if of_domain && !valid.contains(&node.policy) {
                valid.push(node.policy);
            }
        }
        // A path without certificates leaves the first level alone.
        if self.last().iter().any(|node| node.policy == any) {
            if everything {
                valid.push(any);
            } else {
                valid = acceptable.to_vec();
            }
        }
        valid.retain(|policy| everything || acceptable.contains(policy));
        valid
    }
}
