//! Hexadecimal text, lower case.

/// Two lower-case digits per octet.
#[must_use]
pub fn encode(octets: &[u8]) -> String {
    let digit = |value: u8| {
        char::from(if value < 10 {
            b'0' + value
        } else {
            b'a' + (value - 10)
        })
    };
    let mut text = String::with_capacity(octets.len().saturating_mul(2));
    for octet in octets {
        text.push(digit(octet >> 4));
        text.push(digit(octet & 0x0f));
    }
    text
}

/// Reads an even number of digits of either case; `None` when it is something else.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text
        .chars()
        .map(|character| character.to_digit(16))
        .collect();
    digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_has_its_two_digits_and_comes_back() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let text = encode(&all);
        for (octet, digits) in all.iter().zip(text.as_bytes().chunks(2)) {
            assert_eq!(digits, format!("{octet:02x}").as_bytes());
        }
        assert_eq!(decode(&text), Some(all));
        assert_eq!(encode(&[]), "");
    }
}
