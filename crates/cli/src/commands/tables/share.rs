//! A share of people and applications.

/// Those whose numbers are in it; what is no person and no application is in the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    from: i64,
    /// Beyond it.
    until: i64,
}

impl Default for Share {
    /// All of them.
    fn default() -> Self {
        Self {
            from: i64::MIN,
            until: i64::MAX,
        }
    }
}

impl Share {
    pub(super) fn first(size: i64) -> Self {
        Self {
            until: size,
            ..Self::default()
        }
    }

    pub(super) const fn next(self, size: i64) -> Self {
        Self {
            from: self.until,
            until: self.until.saturating_add(size),
        }
    }

    pub(super) const fn is_first(self) -> bool {
        self.from == i64::MIN
    }

    pub(super) const fn has(self, id: i64) -> bool {
        self.from <= id && id < self.until
    }

    /// Whether a number is in a later one.
    pub(super) const fn ends_before(self, id: i64) -> bool {
        self.until <= id
    }

    /// The number before the first one.
    pub(super) const fn before(self) -> i64 {
        self.from.saturating_sub(1)
    }

    /// The last number that may be in it.
    pub(super) const fn last(self) -> i64 {
        self.until.saturating_sub(1)
    }
}
