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
        let from = self.last.saturating_add(1);
        Self { from, ..self }.up_to(there, size)
    }

    /// The same, as far as so many numbers from `there` on.
    pub(super) const fn up_to(self, there: i64, size: i64) -> Self {
        Self {
            last: there.saturating_add(size.saturating_sub(1)),
            ..self
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

/// How many numbers are in a share. For each the whole log is read: where hardly anything is said of those of one, the next has
/// more of them, or whoever writes a few far apart would have it read for each. One that turns out to have too much in it is read
/// again with fewer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Width {
    least: i64,
    now: i64,
}

impl Width {
    pub(super) const fn new(least: i64) -> Self {
        Self { least, now: least }
    }

    pub(super) const fn now(self) -> i64 {
        self.now
    }

    /// What a share may have in it; nothing is too much for a share of the least numbers.
    pub(super) fn most(self) -> usize {
        if self.now > self.least {
            usize::try_from(self.least.saturating_mul(2)).unwrap_or(usize::MAX)
        } else {
            usize::MAX
        }
    }

    /// After a share that had so much in it.
    pub(super) fn after(self, known: usize) -> Self {
        let known = i64::try_from(known).unwrap_or(i64::MAX);
        let now = if known <= self.least.div_euclid(100) {
            self.now.saturating_mul(1_024)
        } else {
            self.least
        };
        Self { now, ..self }
    }

    /// For one that had too much in it.
    pub(super) fn narrowed(self) -> Self {
        Self {
            now: self.now.div_euclid(32).max(self.least),
            ..self
        }
    }
}
