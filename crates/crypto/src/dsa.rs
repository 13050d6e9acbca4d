//! Verifies DSA with SHA-1 (FIPS 186-4, 4.7): old signed mail has it. Nothing here can sign.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader};
use spki::SubjectPublicKeyInfo;

use crate::DigestAlgorithm;

/// `id-dsa` (RFC 3279, 2.3.2).
pub(crate) const ID_DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// Bits of the modulus that are worked with, so that a hostile key costs little.
const MODULUS_BITS: std::ops::RangeInclusive<u32> = 512..=3072;
/// Bits of the order of the group: that of SHA-1.
const ORDER_BITS: u32 = 160;

/// Whether `signature` (`Dss-Sig-Value`, RFC 3279, 2.2.2) is that key's over the message.
///
/// Keys that inherit their parameters from the issuer are not usable: false.
pub(crate) fn verify_sha1(spki_der: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let digest = DigestAlgorithm::Sha1.digest(message);
    Key::read(spki_der)
        .zip(numbers::<2>(signature))
        .and_then(|(key, [r, s])| key.verify(&digest, &r, &s))
        .unwrap_or(false)
}

struct Key {
    p: Odd<BoxedUint>,
    q: Odd<BoxedUint>,
    g: BoxedUint,
    y: BoxedUint,
}

impl Key {
    fn read(spki_der: &[u8]) -> Option<Self> {
        let spki = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(spki_der).ok()?;
        if spki.algorithm.oid != ID_DSA {
            return None;
        }
        let parameters = spki.algorithm.parameters?;
        let [p, q, g] = parameters.sequence(read_numbers::<3>).ok()?;
        let y = UintRef::from_der(spki.subject_public_key.as_bytes()?).ok()?;
        let p = BoxedUint::from_be_slice_vartime(&p);
        let q = BoxedUint::from_be_slice_vartime(&q);
        if !MODULUS_BITS.contains(&p.bit_width_vartime()) || q.bit_width_vartime() != ORDER_BITS {
            return None;
        }
        let p: Odd<BoxedUint> = Option::from(Odd::new(p))?;
        let q: Odd<BoxedUint> = Option::from(Odd::new(q))?;
        let g = within(&g, &p)?;
        let y = within(y.as_bytes(), &p)?;
        Some(Self { p, q, g, y })
    }

    /// None when a number is out of its range.
    fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        let group = BoxedMontyParams::new_vartime(self.q.clone());
        let field = BoxedMontyParams::new_vartime(self.p.clone());
        let r = within(r, &self.q)?;
        let s = BoxedMontyForm::new(within(s, &self.q)?, &group);
        let order = NonZero::new(self.q.as_ref().clone());
        let order: NonZero<BoxedUint> = Option::from(order)?;
        let z = BoxedUint::from_be_slice(digest, self.q.as_ref().bits_precision()).ok()?;
        let z = BoxedMontyForm::new(z.rem_vartime(&order), &group);
        let inverse: BoxedMontyForm = Option::from(s.invert_vartime())?;
        let u1 = z.mul(&inverse).retrieve();
        let u2 = BoxedMontyForm::new(r.clone(), &group)
            .mul(&inverse)
            .retrieve();
        let g = BoxedMontyForm::new(self.g.clone(), &field).pow(&u1);
        let y = BoxedMontyForm::new(self.y.clone(), &field).pow(&u2);
        let v = g.mul(&y).retrieve().rem_vartime(&order);
        Some(v.cmp_vartime(&r).is_eq())
    }
}

/// A number above zero and below the modulus, as wide as the modulus.
fn within(octets: &[u8], modulus: &Odd<BoxedUint>) -> Option<BoxedUint> {
    let number = BoxedUint::from_be_slice(octets, modulus.as_ref().bits_precision()).ok()?;
    (number.bit_width_vartime() > 0 && number.cmp_vartime(modulus.as_ref()).is_lt())
        .then_some(number)
}

/// The INTEGERs of a SEQUENCE.
fn numbers<const N: usize>(der: &[u8]) -> Option<[Vec<u8>; N]> {
    AnyRef::from_der(der).ok()?.sequence(read_numbers::<N>).ok()
}

fn read_numbers<const N: usize>(reader: &mut SliceReader<'_>) -> der::Result<[Vec<u8>; N]> {
    let mut numbers = [const { Vec::new() }; N];
    for number in &mut numbers {
        *number = reader.decode::<UintRef<'_>>()?.as_bytes().to_vec();
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::verify_sha1;

    /// Made once with `openssl genpkey` and `openssl dgst -sha1 -sign`; the message is `tanba`.
    const SPKI: &str = include_str!("dsa/public_key.hex");
    const SIGNATURE: &str = include_str!("dsa/signature.hex");

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn a_right_signature_is_accepted() {
        assert!(verify_sha1(&octets(SPKI), b"tanba", &octets(SIGNATURE)));
    }

    #[test]
    fn any_changed_bit_is_refused() {
        let (spki, signature) = (octets(SPKI), octets(SIGNATURE));
        assert!(!verify_sha1(&spki, b"Tanba", &signature));
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_sha1(&spki, b"tanba", &changed), "bit {bit}");
        }
    }

    #[test]
    fn hostile_numbers_are_refused() {
        let spki = octets(SPKI);
        for signature in [
            &[0x30, 6, 2, 1, 0, 2, 1, 0][..],
            &[0x30, 6, 2, 1, 1, 2, 1, 0],
            &[0x30, 6, 2, 1, 0, 2, 1, 1],
            &[0x30, 0],
            &[],
        ] {
            assert!(!verify_sha1(&spki, b"tanba", signature));
        }
        assert!(!verify_sha1(&[0x30, 0], b"tanba", &octets(SIGNATURE)));
    }
}
