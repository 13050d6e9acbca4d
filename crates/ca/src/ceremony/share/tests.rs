use rand::SeedableRng;
use rand::rngs::StdRng;
use tanba_model::ports::SharedRandom;

use super::*;

fn random(seed: u64) -> SharedRandom<StdRng> {
    SharedRandom::new(StdRng::seed_from_u64(seed))
}

const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// A key under `needed` of `of` shares.
fn divided(needed: u8, of: u8, seed: u64) -> (Vec<u8>, Arc<dyn Signer>, Vec<Share>) {
    let random = random(seed);
    let (custody, shares) = Custody::divide(Quorum { needed, of }, CHEAP, &random).unwrap();
    let (stored, key) = custody.make_key(KeyAlgorithm::EcP256, &random).unwrap();
    (stored, key, shares)
}

fn again(share: &Share) -> Share {
    Share::parse(&share.line()).unwrap()
}

fn chosen(shares: &[Share], numbers: &[u8]) -> Vec<Share> {
    numbers
        .iter()
        .map(|number| again(&shares[usize::from(*number) - 1]))
        .collect()
}

#[test]
fn every_choice_of_enough_shares_opens_the_key() {
    for (needed, of) in [(2, 2), (2, 3), (3, 5), (5, 5)] {
        let (stored, key, shares) = divided(needed, of, u64::from(needed * 16 + of));
        assert_eq!(
            shares.iter().map(Share::number).collect::<Vec<_>>(),
            (1..=of).collect::<Vec<_>>()
        );
        for choice in 0_u32..1 << of {
            let numbers: Vec<u8> = (1..=of)
                .filter(|number| choice >> (number - 1) & 1 == 1)
                .collect();
            let given = chosen(&shares, &numbers);
            match Custody::gather(&given, &stored) {
                Ok(custody) => {
                    assert!(numbers.len() >= usize::from(needed));
                    let opened = custody.open_key(&stored).unwrap();
                    assert!(opened.public_key().is_same_key(key.public_key()));
                }
                Err(ShareError::TooFew { given, .. }) => {
                    assert_eq!(given, numbers.len());
                    assert!(given < usize::from(needed));
                }
                Err(error) => panic!("{numbers:?}: {error}"),
            }
        }
    }
}

#[test]
fn the_points_lie_on_a_polynomial_that_another_implementation_evaluates() {
    // x · y in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, as the textbook has it.
    fn times(mut x: u8, mut y: u8) -> u8 {
        let mut product = 0;
        while y != 0 {
            if y & 1 == 1 {
                product ^= x;
            }
            let carry = x & 0x80 != 0;
            x <<= 1;
            if carry {
                x ^= 0x1b;
            }
            y >>= 1;
        }
        product
    }
    fn over(x: u8, y: u8) -> u8 {
        (0..=255).find(|quotient| times(*quotient, y) == x).unwrap()
    }
    let (_, _, shares) = divided(2, 3, 7);
    let point = |share: &Share, place: usize| share.points.expose()[place];
    for place in 0..SECRET_LENGTH {
        // The straight line through the first two points meets the third.
        let (first, second) = (point(&shares[0], place), point(&shares[1], place));
        let slope = over(first ^ second, 1 ^ 2);
        let intercept = first ^ times(slope, 1);
        assert_eq!(intercept ^ times(slope, 3), point(&shares[2], place));
        assert_eq!(
            combine(&chosen(&shares, &[1, 3])).unwrap().expose()[place],
            intercept
        );
    }
}

#[test]
fn a_slip_of_the_hand_is_told_at_every_place_of_the_line() {
    let (_, _, shares) = divided(2, 3, 1);
    let line = String::from_utf8(shares[0].line().expose().to_vec()).unwrap();
    assert!(Share::parse(&Secret::from(line.to_uppercase().replace(' ', "   "))).is_ok());
    for place in 0..line.len() {
        let mut typed = line.clone().into_bytes();
        typed[place] = match typed[place] {
            b'0' => b'1',
            b' ' => b'0',
            _ => b'0',
        };
        let told = Share::parse(&Secret::new(typed)).unwrap_err();
        assert!(
            matches!(told, ShareError::Form | ShareError::Checksum),
            "{place}"
        );
    }
    for text in ["", "tanba-share-1", "a b c d e f", &format!("{line} x")] {
        assert_eq!(
            Share::parse(&Secret::from(text.to_owned())).unwrap_err(),
            ShareError::Form
        );
    }
}

#[test]
fn shares_that_do_not_belong_together_are_named() {
    let (stored, _, shares) = divided(2, 3, 1);
    let (other, _, others) = divided(2, 3, 2);
    let refused = |shares: &[Share], stored: &[u8]| Custody::gather(shares, stored).unwrap_err();
    let mixed = [again(&shares[0]), again(&others[1])];
    assert!(matches!(
        refused(&mixed, &stored),
        ShareError::Mixed { number: 2, .. }
    ));
    let twice = [again(&shares[1]), again(&shares[1])];
    assert_eq!(refused(&twice, &stored), ShareError::Twice(2));
    assert_eq!(
        refused(&[again(&shares[1])], &stored),
        ShareError::TooFew {
            given: 1,
            needed: 2
        }
    );
    assert!(matches!(
        refused(&chosen(&shares, &[1, 2]), &other),
        ShareError::OtherSet { .. }
    ));
    assert!(matches!(
        refused(&[], &stored),
        ShareError::TooFew { given: 0, .. }
    ));
    let forged = Share {
        set: shares[0].set,
        number: 3,
        points: Secret::new(vec![7; SECRET_LENGTH]),
    };
    assert_eq!(
        refused(&[again(&shares[0]), forged], &stored),
        ShareError::WrongSecret
    );
}

#[test]
fn a_share_says_nothing_of_its_secret_in_logs() {
    let (_, _, shares) = divided(2, 2, 3);
    let line = String::from_utf8(shares[0].line().expose().to_vec()).unwrap();
    let secret = line.split(' ').nth(4).unwrap();
    assert!(!format!("{:?}", shares[0]).contains(&secret[..9]));
}
