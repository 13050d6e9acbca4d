//! Serial numbers that this project gives out.

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Timestamp, asn1};

/// Serial number of a certificate of ours (RFC 5280, 4.1.2.2).
///
/// 20 octets, the first neither zero nor with its first bit set: the DER encoding has always 20 octets of content
/// and never grows a sign octet. A random one carries over 158 bits from the generator, one of a time 126. Serials of others are
/// [`TbsCertificate::serial_bytes`](crate::TbsCertificate::serial_bytes). Stored and sent as 40 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber([u8; Self::LENGTH]);

/// Bits of the first eight octets behind the seconds.
const TIME_PLACE: u32 = 30;
/// Seconds that there is room for, and whose first octet is not zero.
const TIMES: std::ops::Range<u64> = 1 << 26..1 << 33;
/// Those of the bits behind them that are random.
const RANDOM_BEHIND_TIME: u64 = (1 << TIME_PLACE) - 1;

/// The octets or the text are not a serial number of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a serial number: 40 hexadecimal digits from 01… to 7f…")]
pub struct SerialNumberError;

impl SerialNumber {
    /// Octets of a serial number.
    pub const LENGTH: usize = 20;

    /// A new serial number; that it was never used is the storage's to say.
    #[must_use]
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        loop {
            let mut octets = [0; Self::LENGTH];
            rng.fill_bytes(&mut octets);
            if let Some(first) = octets.first_mut() {
                *first &= 0x7f;
            }
            if let Ok(serial) = Self::from_bytes(&octets) {
                return serial;
            }
        }
    }

    /// A new serial number that begins with the time, seconds since 1970 in 33 bits behind the first one; the other 126 bits are
    /// random. What is given out together then stands together in an index, however many there are. A time that does not fit,
    /// or would begin with a zero octet (before 1972 or after 2242), is left out, and all is random.
    #[must_use]
    pub fn at(time: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let Self(mut octets) = Self::random(rng);
        let seconds = u64::try_from(time.unix()).unwrap_or_default();
        if let Some(begin) = octets.first_chunk_mut::<8>()
            && TIMES.contains(&seconds)
        {
            let kept = u64::from_be_bytes(*begin) & RANDOM_BEHIND_TIME;
            *begin = (seconds << TIME_PLACE | kept).to_be_bytes();
        }
        Self(octets)
    }

    /// From its 20 octets.
    ///
    /// # Errors
    /// [`SerialNumberError`] for another length, or a first octet that is zero or above 7F.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, SerialNumberError> {
        let octets: [u8; Self::LENGTH] = octets.try_into().map_err(|_| SerialNumberError)?;
        match octets.first() {
            Some(0x01..=0x7f) => Ok(Self(octets)),
            _ => Err(SerialNumberError),
        }
    }

    /// The 20 octets, the content of the INTEGER.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// 40 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        self.to_string()
    }

    /// Reads 40 hexadecimal digits of either case; colons and spaces between them are passed over.
    ///
    /// # Errors
    /// [`SerialNumberError`] when it is something else.
    pub fn parse_hex(text: &str) -> Result<Self, SerialNumberError> {
        let digits: String = text
            .chars()
            .filter(|character| !matches!(character, ':' | ' '))
            .collect();
        let octets = crate::hex::decode(&digits).ok_or(SerialNumberError)?;
        Self::from_bytes(&octets)
    }

    /// The INTEGER in DER.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        asn1::integer_bytes(&self.0)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&crate::hex::encode(&self.0))
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SerialNumber({self})")
    }
}

impl std::str::FromStr for SerialNumber {
    type Err = SerialNumberError;

    fn from_str(text: &str) -> Result<Self, SerialNumberError> {
        Self::parse_hex(text)
    }
}

impl Serialize for SerialNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SerialNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_hex(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::SerialNumber;
    use crate::Timestamp;
    use crate::testing::Seeded;

    #[test]
    fn one_of_a_time_begins_with_it_sorts_by_it_and_is_random_in_all_that_follows() {
        const NOW: i64 = 0x6a12_3456;
        let mut random = Seeded(1);
        let mut at = |time| *SerialNumber::at(Timestamp::from_unix(time), &mut random).as_bytes();
        // The seconds stand behind the first bit.
        let begins = |octets: [u8; 20]| u64::from_be_bytes(octets[..8].try_into().unwrap()) >> 30;
        assert_eq!(begins(at(NOW)), 0x6a12_3456);
        assert!(at(NOW) < at(NOW + 1) && at(NOW - 1) < at(NOW));
        let (mut ones, mut zeros) = ([0; 20], [0; 20]);
        for octets in (0..64).map(|_| at(NOW)) {
            for ((one, zero), octet) in ones.iter_mut().zip(&mut zeros).zip(octets) {
                *one |= octet;
                *zero |= !octet;
            }
        }
        // Bits that were seen as 1 and as 0: all but the 34 of the time.
        let varied: u32 = ones
            .iter()
            .zip(zeros)
            .map(|(one, zero)| (one & zero).count_ones())
            .sum();
        assert_eq!(varied, 126);
        // The ends of what there is room for, and times that it does not hold.
        for time in [1 << 26, (1 << 33) - 1] {
            assert_eq!(begins(at(time)), u64::try_from(time).unwrap());
        }
        for time in [0, (1 << 26) - 1, 1 << 33, -1, i64::MAX, i64::MIN] {
            assert_ne!(begins(at(time)), begins(at(time)), "{time}");
        }
    }

    #[test]
    fn a_serial_that_would_not_encode_to_twenty_octets_is_refused() {
        assert!(SerialNumber::from_bytes(&[0x80; 20]).is_err());
        assert!(SerialNumber::from_bytes(&[0; 20]).is_err());
        assert!(SerialNumber::from_bytes(&[1; 19]).is_err());
        assert_eq!(
            SerialNumber::from_bytes(&[0x7f; 20]).unwrap().to_der()[..2],
            [2, 20]
        );
    }

    #[test]
    fn the_text_comes_back() {
        let serial = SerialNumber::from_bytes(&[0x1c; 20]).unwrap();
        assert_eq!(SerialNumber::parse_hex(&serial.hex()).unwrap(), serial);
        assert_eq!(
            SerialNumber::parse_hex(&serial.hex().to_uppercase()).unwrap(),
            serial
        );
        assert!(SerialNumber::parse_hex("1c").is_err());
        assert!(SerialNumber::parse_hex("жж").is_err());
    }
}
