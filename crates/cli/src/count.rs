//! Numbers with the word that follows them.

use std::fmt::Display;

/// `1 key`, `2 keys`: a number and what there is so much of.
pub(crate) fn count(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    let ending = if number == "1" { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_everything_else_many() {
        assert_eq!(count(0_u64, "key"), "0 keys");
        assert_eq!(count(1_usize, "RSA key"), "1 RSA key");
        assert_eq!(count(21, "list"), "21 lists");
        assert_eq!(
            count("an unknown number of", "event"),
            "an unknown number of events"
        );
    }
}
