//! A share of people and applications.

/// Those whose numbers are in it; what is no person and no application is in the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    from: i64,
    /// The last number that may be in it.
    last: i64,
}

impl Default for Share {
    /// All of them.
    fn default() -> Self {
        Self {
            from: i64::MIN,
            last: i64::MAX,
        }
    }
}

impl Share {
    pub(super) fn first(size: i64) -> Self {
        Self {
            last: size.saturating_sub(1),
            ..Self::default()
        }
    }

    /// The one after it, as far as so many numbers from `there` on, the next that anybody has: whoever writes to the file may
    /// give a number of nineteen digits, and nobody lives to see all those between.
    pub(super) const fn next(self, there: i64, size: i64) -> Self {
        Self {
            from: self.last.saturating_add(1),
            last: there.saturating_add(size.saturating_sub(1)),
        }
    }

    pub(super) const fn is_first(self) -> bool {
        self.from == i64::MIN
    }

    pub(super) const fn has(self, id: i64) -> bool {
        self.from <= id && id <= self.last
    }

    /// Whether a number is in a later one.
    pub(super) const fn ends_before(self, id: i64) -> bool {
        self.last < id
    }

    /// The number before the first one.
    pub(super) const fn before(self) -> i64 {
        self.from.saturating_sub(1)
    }

    /// The last number that may be in it.
    pub(super) const fn last(self) -> i64 {
        self.last
    }
}
