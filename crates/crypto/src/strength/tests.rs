use super::{PRIMES, WeakKey, check_rsa, remainder};

mod oracles;

/// Two random primes.
const SOUND: &str = "9a60478ba361d6378f518757d0c60f0b086b291b48198dfcd566be4e469364f8c157d0dd336821620d1bf19db320000e\
     06c573cf7343ca543cff82aa939fdd59df39b0bb7d6c0307a0174febc0b40f4e47ccacfadceeec36c0bac7b6996a46fa\
     d548daabbeee8e84e733f476c3e4833edd7535c834f3bdd7b2320fbbbe4ccadda84fb56347409da159b422cd6e433067\
     24e99fa4493e9c43329d2f429d93e980f946f7feaf8d51171e8f42eff70483d73a145f091eabce1e839812b514d812e3\
     ea5912adf0cab23670cb5cd360cff48431cbb25c257c604227918c3cd9f0c7631dacc3ca8d90275bf761b67efbf14c1e\
     6390c3e6ce56dcecf3fc08a5caad2cfd";

/// A prime and the next one.
const CLOSE: &str = "bcbf3cc3900562c4f1cac2d51f86972bd9606c7406764ab01aea6173b462fa540c2dce91db34be826b9b902120424892\
     9bcb7256a21f794d6d91d4e1c9c394610f4f472175317717fe74775c23a4dda9ddb9b706a48c963fe07651266aab9219\
     b7d684d5bff2c2b032eec10bd7e8301dbc4f87262f3622ff95d0ea99d5860ae9a25c57af54681e08596fdb6821a13f74\
     51b39a5ca91db71f25349b00160864dc99e1d7a68f0c1e66058033123b0bdceb765a2edfd2a349a797732b0f605fbc08\
     9a2d119126c4b76abcdaed3511ea4a1c6e4bb7ab2cd2b29220f6536e092a2c6bca301e2ca042ffd1f2432bdefe777c3a\
     b0e57c03f203fccc520d8f8301fe97d3";

/// A power of 65537 modulo each odd prime up to 167, without a factor up to 65537.
const ROCA: &str = "e661b4d9a6b6f3fb016a7955cab0408b0f49dffe2e96da9eb0a6d0c5e8e5a4ae7fcd30a4b81f50acd90dfa84639e5761\
     4a80bb92fe481321522f187dbf7993b8acc8d4e739c36061dbb68263d36042b39de8cb7d881954c54c2607e037afdfe7\
     3521a3919607ae0e6640b792b4de32863522de762ac5679d4c022b996e7d412f4828c535b670ef1f4caf77e012491d6f\
     7ec871a2f94f573f192473aeb1ab6323951e1143a095fa44a4818b66500f48a7be1ab490816acec36ef63135b6d6dd3f\
     eb1eef45055d1be1640d7dd19e569cf4d288ed7e73979cf17a4ef9efbdf80499a72cf863f381706aabc33a7261f46f25\
     155115a74323a2d58cd46899003d479b";

/// 9973 and a prime.
const FACTOR: &str = "f0965923712da542c461b738b93c0d00f7089bcbc0d521f094ae3291b3509e3ed5dde4c0f7f0f6d0fd92066f8c1a6c70\
     ed2df4a86b90900102c1ef9b364f93f80bf12f0aae4aafc98ddab3e2dbae2c9a846eb2b73a93467e3c95cdd34b87c268\
     e4fafaa9f83b7d21cf9ed204206ac0efe427b15b3b402257b5ce40d92ddb8dae854ad43355ed4e47549d2f2fcedc3ef0\
     3142bae24634dca4935a4f72c7c08e59a86c731a8ed7083acd56e9088585f0aa68e5db43effa5a483c0b0d5c30ff29ca\
     cfb617d5957d2641e7efbb562a94a02c6bbb70ece3e92d35114da88edca6f5f73eaff8d1a43d4963f7f5647b635ee33d\
     500199ed9f0ccedef5f803e709038c87";

fn octets(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn check(modulus: &str) -> Result<(), WeakKey> {
    check_rsa(2048, &octets(modulus), &[1, 0, 1])
}

#[test]
fn a_sound_modulus_is_accepted() {
    assert_eq!(check(SOUND), Ok(()));
}

#[test]
fn each_known_weakness_is_found() {
    assert_eq!(check(CLOSE), Err(WeakKey::CloseFactors));
    assert_eq!(check(ROCA), Err(WeakKey::Roca));
    assert_eq!(check(FACTOR), Err(WeakKey::SmallFactor(9973)));
    let mut even = octets(SOUND);
    *even.last_mut().unwrap() &= 0xfe;
    assert_eq!(
        check_rsa(2048, &even, &[1, 0, 1]),
        Err(WeakKey::SmallFactor(2))
    );
}

/// The next number in steps, none of whose factors is a prime below `limit`.
fn without_factors_below(limit: u32, mut number: Vec<u8>, step: u32) -> Vec<u8> {
    loop {
        let mut small = PRIMES.iter().take_while(|prime| **prime < limit);
        if small.all(|prime| remainder(&number, *prime) != 0) {
            return number;
        }
        number = plus(number, step);
    }
}

fn plus(mut number: Vec<u8>, summand: u32) -> Vec<u8> {
    let mut carry = u64::from(summand);
    for octet in number.iter_mut().rev() {
        carry += u64::from(*octet);
        *octet = u8::try_from(carry & 0xff).unwrap();
        carry >>= 8;
    }
    number
}

/// A modulus whose smallest factor is this prime.
fn divisible_by(prime: u32) -> Vec<u8> {
    let sound = octets(SOUND);
    let rest = remainder(&sound, prime);
    let mut number = plus(sound, prime - rest);
    if number.last().unwrap().is_multiple_of(2) {
        number = plus(number, prime);
    }
    without_factors_below(prime, number, 2 * prime)
}

/// Primes made of short random numbers with zeros between them give such a modulus.
fn sparse() -> Vec<u8> {
    let mut number = octets(SOUND);
    for (place, octet) in number.iter_mut().enumerate() {
        if place % 16 < 14 && place != 0 {
            *octet = 0;
        }
    }
    *number.last_mut().unwrap() |= 1;
    without_factors_below(65_538, number, 2)
}

/// Text, or memory that nobody filled, in the middle of it.
fn repeated(octet: u8) -> Vec<u8> {
    let mut number = octets(SOUND);
    number[100..116].fill(octet);
    without_factors_below(65_538, number, 2)
}

#[test]
fn each_small_prime_up_to_the_limit_of_badkeys_is_found() {
    for prime in [3, 9_973, 10_007, 20_011, 65_521, 65_537] {
        let modulus = divisible_by(prime);
        assert_eq!(
            check_rsa(2048, &modulus, &[1, 0, 1]),
            Err(WeakKey::SmallFactor(prime))
        );
    }
    let beyond = divisible_by(65_539);
    assert_eq!(check_rsa(2048, &beyond, &[1, 0, 1]), Ok(()));
}

#[test]
fn a_modulus_that_no_random_generator_made_is_found() {
    let check = |modulus: &[u8]| check_rsa(2048, modulus, &[1, 0, 1]);
    assert!(matches!(check(&sparse()), Err(WeakKey::Biased(0..=40))));
    assert_eq!(check(&repeated(0x41)), Err(WeakKey::Pattern));
    let mut fifteen = octets(SOUND);
    fifteen[100..115].fill(0x41);
    assert_eq!(check(&without_factors_below(65_538, fifteen, 2)), Ok(()));
}

#[test]
fn other_sizes_and_exponents_are_refused() {
    let modulus = octets(SOUND);
    for bits in [512, 1024, 2047, 2049, 4104] {
        assert_eq!(
            check_rsa(bits, &modulus, &[1, 0, 1]),
            Err(WeakKey::Size(bits))
        );
    }
    for exponent in [&[3][..], &[1], &[1, 0, 0, 1]] {
        assert_eq!(check_rsa(2048, &modulus, exponent), Err(WeakKey::Exponent));
    }
}
