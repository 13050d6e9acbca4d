//! What statements on certificates have in common.

/// All columns, in the order in which [`read`](super::rows::read) takes them.
macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, issuer_id, serial, person_id, application_id, profile, purpose, keystore, channel,
                    public_key_sha256, shard, not_before, not_after, created_at, status, revoked_at, reason,
                    to_be_signed, der
             FROM certificate ",
            $($rest)+
        )
    };
}

/// The columns of [`Ending`](tanba_model::certificate::Ending).
macro_rules! ending {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, person_id, serial, purpose, keystore, not_after FROM certificate ",
            $($rest)+
        )
    };
}

/// The identifiers of one person's certificates (`?1`): the index `certificate_person` is by generation, docs/adr/0047. From each
/// generation to the next that has a certificate: whoever writes to the file may leave a gap that nobody lives to count through.
macro_rules! of_person {
    () => {
        "id IN (/* whole generation: each of 262 144 certificates */
             WITH RECURSIVE generation (number) AS (
                 SELECT max(id) >> 18 FROM certificate
                 UNION ALL SELECT (SELECT max(id) >> 18 FROM certificate WHERE id < number << 18)
                     FROM generation WHERE number IS NOT NULL)
             SELECT one.id FROM generation
             CROSS JOIN certificate AS one INDEXED BY certificate_person
                 ON one.id >> 18 = number AND one.person_id = ?1) "
    };
}

/// Reads the index `certificate_end`, from where the last page ended.
pub(super) const ENDING: &str = ending!(
    "WHERE status = 'valid' AND person_id IS NOT NULL AND (not_after, id) > (?1, ?2) AND not_after <= ?3
         AND NOT EXISTS (SELECT 1 FROM reminder WHERE certificate_id = certificate.id AND days = ?4)
     ORDER BY not_after, id LIMIT ?5"
);

/// Her newest ones.
pub(super) const OF_PERSON: &str = select!(
    "WHERE ",
    of_person!(),
    "AND status IN ('valid', 'revoked') ORDER BY id DESC LIMIT ?2"
);

pub(super) const OF_PERSON_BY_SERIAL: &str = select!(
    "WHERE ",
    of_person!(),
    "AND serial = ?2 AND status IN ('valid', 'revoked')"
);

pub(super) const VALID_OF_PERSON: &str = ending!(
    "WHERE ",
    of_person!(),
    "AND status = 'valid' ORDER BY id DESC LIMIT ?2"
);

/// Reads downwards from where the last page ended.
pub(super) const PAGE_OF_PERSON: &str = select!(
    "WHERE ",
    of_person!(),
    "AND id < ?2 AND status IN ('valid', 'revoked') AND (?5 IS NULL OR purpose = ?5)
         AND CASE ?3
             WHEN 'valid' THEN status = 'valid' AND not_before <= ?4 AND not_after > ?4
             WHEN 'expired' THEN status = 'valid' AND not_after <= ?4
             WHEN 'frozen' THEN status = 'revoked' AND reason = ?6
             WHEN 'revoked' THEN status = 'revoked' AND reason <> ?6
             ELSE 1 END
     ORDER BY id DESC LIMIT ?7"
);
