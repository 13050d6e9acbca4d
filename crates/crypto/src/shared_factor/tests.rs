use super::{Gathering, ModulusTree, share_a_factor};

/// The primes above a million, one after the other.
fn primes(count: usize) -> Vec<u64> {
    let is_prime = |n: &u64| {
        (3..)
            .step_by(2)
            .take_while(|d| d * d <= *n)
            .all(|d| !n.is_multiple_of(d))
    };
    (1_000_001..)
        .step_by(2)
        .filter(is_prime)
        .take(count)
        .collect()
}

/// Products of two primes that nobody else has.
fn sound(count: usize) -> Vec<u64> {
    primes(2 * count)
        .chunks(2)
        .map(|pair| pair[0] * pair[1])
        .collect()
}

fn tree(moduli: &[u64]) -> ModulusTree {
    let octets: Vec<[u8; 8]> = moduli.iter().map(|n| n.to_be_bytes()).collect();
    ModulusTree::new(octets.iter().map(<[u8; 8]>::as_slice))
}

fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// By looking at every pair.
fn slowly(moduli: &[u64], others: &[u64], same: bool) -> Vec<usize> {
    (0..moduli.len())
        .filter(|i| {
            (0..others.len()).any(|j| !(same && *i == j) && divisor(moduli[*i], others[j]) > 1)
        })
        .collect()
}

#[test]
fn keys_of_their_own_primes_share_nothing() {
    for count in [0, 1, 2, 3, 5, 8, 101] {
        let tree = tree(&sound(count));
        assert_eq!(tree.len(), count);
        assert_eq!(tree.is_empty(), count == 0);
        assert_eq!(tree.sharing_inside(), Vec::<usize>::new());
    }
}

#[test]
fn one_shared_prime_is_found_wherever_the_two_keys_stand() {
    let own = sound(13);
    let shared = primes(40)[39];
    for first in 0..own.len() {
        for second in first + 1..own.len() {
            let mut moduli = own.clone();
            moduli[first] = shared * 1_299_709;
            moduli[second] = shared * 1_299_721;
            let found = tree(&moduli).sharing_inside();
            assert_eq!(found, [first, second]);
            assert_eq!(found, slowly(&moduli, &moduli, true));
            // The same two keys in two chunks.
            let (left, right) = moduli.split_at(second);
            assert_eq!(tree(left).sharing_with(&tree(right)), [first]);
            assert_eq!(tree(right).sharing_with(&tree(left)), [0]);
        }
    }
}

#[test]
fn a_key_of_two_foreign_primes_and_a_key_that_is_there_twice_are_found() {
    let primes = primes(20);
    let mut moduli = sound(7);
    // One prime of the first, one of the second.
    moduli.push(primes[0] * primes[2]);
    moduli.push(moduli[5]);
    assert_eq!(tree(&moduli).sharing_inside(), [0, 1, 5, 7, 8]);
    assert_eq!(
        tree(&moduli).sharing_inside(),
        slowly(&moduli, &moduli, true)
    );
    assert_eq!(
        tree(&moduli[..7]).sharing_with(&tree(&moduli[7..])),
        slowly(&moduli[..7], &moduli[7..], false)
    );
}

#[test]
fn a_product_that_is_multiplied_by_transforms_is_right() {
    // Hundredth powers of primes that nobody shares, 250 octets each: their product has 32 000 words.
    let primes = primes(1_024);
    let long = |prime: u64| {
        let power = dashu_int::UBig::from(prime).pow(100);
        power.to_be_bytes().to_vec()
    };
    let mut moduli: Vec<Vec<u8>> = primes.iter().map(|prime| long(*prime)).collect();
    let tree = ModulusTree::new(moduli.iter().map(Vec::as_slice));
    assert_eq!(tree.sharing_inside(), Vec::<usize>::new());
    moduli[711] = long(primes[17]);
    let tree = ModulusTree::new(moduli.iter().map(Vec::as_slice));
    assert_eq!(tree.sharing_inside(), [17, 711]);
}

#[test]
fn numbers_that_no_key_has_break_nothing() {
    assert_eq!(
        tree(&[0, 1, 0, 1, 15, 14]).sharing_inside(),
        Vec::<usize>::new()
    );
    assert_eq!(tree(&[0, 15, 25]).sharing_inside(), [1, 2]);
    assert_eq!(tree(&[0]).sharing_with(&tree(&[0, 1])), Vec::<usize>::new());
    let empty = ModulusTree::new([]);
    assert_eq!(empty.sharing_with(&tree(&[15])), Vec::<usize>::new());
    assert_eq!(tree(&[15]).sharing_with(&empty), Vec::<usize>::new());
}

#[test]
fn a_pair_is_told_from_strangers_and_from_the_same_key() {
    let octets = |n: u64| n.to_be_bytes();
    assert!(share_a_factor(&octets(15), &octets(35)));
    assert!(!share_a_factor(&octets(15), &octets(77)));
    assert!(
        !share_a_factor(&octets(15), &octets(15)),
        "the same key again"
    );
    assert!(!share_a_factor(&octets(0), &octets(15)));
}

#[test]
fn many_trees_are_compared_with_one_by_one_walk() {
    let own = sound(24);
    let shared = primes(60)[59];
    for first in 0..own.len() {
        for second in [0, 3, 4, 11, 12, 23] {
            if first == second {
                continue;
            }
            let mut moduli = own.clone();
            moduli[first] = shared * 1_299_709;
            moduli[second] = shared * 1_299_721;
            for chunk in [1, 3, 5, 24] {
                let chunks: Vec<&[u64]> = moduli.chunks(chunk).collect();
                let mut found = Vec::new();
                for (place, part) in chunks.iter().enumerate() {
                    let mut gathering = Gathering::new(tree(part));
                    for (other, part) in chunks.iter().enumerate() {
                        if other != place {
                            gathering.add(&tree(part));
                        }
                    }
                    assert_eq!(gathering.tree().len(), part.len());
                    found.extend(gathering.sharing().iter().map(|one| place * chunk + one));
                }
                let mut expected = [first, second];
                expected.sort_unstable();
                assert_eq!(found, expected, "chunks of {chunk}");
            }
        }
    }
    let mut empty = Gathering::new(ModulusTree::new([]));
    empty.add(&tree(&[15]));
    assert_eq!(empty.sharing(), Vec::<usize>::new());
}
