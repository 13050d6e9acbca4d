//! ECDSA signatures as tokens and browsers make them.

/// `ECDSA-Sig-Value` (RFC 3279, 2.2.3) of two numbers of equal length, one after the other: 32 or 48 octets each.
///
/// `None` for another length, or a number that no signature has.
#[must_use]
pub fn ecdsa_der_of_numbers(numbers: &[u8]) -> Option<Vec<u8>> {
    match numbers.len() {
        64 => p256::ecdsa::Signature::from_slice(numbers)
            .ok()
            .map(|signature| signature.to_der().as_bytes().to_vec()),
        96 => p384::ecdsa::Signature::from_slice(numbers)
            .ok()
            .map(|signature| signature.to_der().as_bytes().to_vec()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::ecdsa_der_of_numbers;

    #[test]
    fn numbers_become_integers_and_nonsense_becomes_nothing() {
        let mut numbers = [0x80; 64];
        numbers[32] = 0x01;
        let der = ecdsa_der_of_numbers(&numbers).unwrap();
        assert_eq!(der[..5], [0x30, 0x45, 0x02, 0x21, 0x00]);
        assert!(ecdsa_der_of_numbers(&[0; 64]).is_none());
        assert!(ecdsa_der_of_numbers(&[1; 63]).is_none());
    }
}
