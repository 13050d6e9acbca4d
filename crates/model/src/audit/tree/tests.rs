use std::convert::Infallible;

use tanba_pki::hex;

use super::*;

/// Leaves in memory; a subtree is computed from them.
struct Leaves(Vec<TreeHash>);

impl Leaves {
    fn of(size: u64) -> Self {
        Self(
            (0..size)
                .map(|number| leaf(&sha256(&number.to_be_bytes())))
                .collect(),
        )
    }

    fn head(&self, size: u64) -> TreeHead {
        TreeHead {
            size,
            root: plain(&self.0[..usize::try_from(size).unwrap()]),
        }
    }
}

impl Subtrees for Leaves {
    type Error = Infallible;

    fn subtree(&mut self, level: u32, index: u64) -> Result<TreeHash, Infallible> {
        let width = 1_usize << level;
        let start = usize::try_from(index).unwrap() * width;
        Ok(plain(&self.0[start..start + width]))
    }
}

/// The definition of RFC 9162, 2.1.1, word for word.
fn plain(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => sha256(&[]),
        [only] => *only,
        more => {
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            node(&plain(&more[..k]), &plain(&more[k..]))
        }
    }
}

#[test]
fn the_tree_is_that_of_certificate_transparency() {
    // The eight inputs that implementations of the tree have compared themselves with since RFC 6962.
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let leaves: Vec<TreeHash> = inputs
        .iter()
        .map(|input| sha256(&[&[0][..], &hex::decode(input).unwrap()].concat()))
        .collect();
    let root_of = |count: u64| hex::encode(&root(&mut Leaves(leaves.clone()), count).unwrap());
    assert_eq!(
        root_of(1),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    assert_eq!(
        root_of(3),
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    );
    assert_eq!(
        root_of(7),
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"
    );
    assert_eq!(
        root_of(8),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
}

#[test]
fn the_root_of_each_size_is_the_one_of_the_definition_and_of_the_frontier() {
    let mut leaves = Leaves::of(70);
    let mut frontier = Frontier::default();
    for size in 0..=70 {
        let head = leaves.head(size);
        assert_eq!(root(&mut leaves, size).unwrap(), head.root);
        assert_eq!(frontier.head(), head);
        let read = Frontier::read(&mut leaves, size).unwrap();
        assert_eq!(read, frontier);
        assert_eq!(
            Frontier::resume(size, read.hashes().to_vec()),
            Some(frontier.clone())
        );
        if let Some(next) = leaves.0.get(usize::try_from(size).unwrap()) {
            frontier.push(*next);
        }
    }
    assert_eq!(Frontier::resume(5, vec![[0; 32]]), None);
}

#[test]
fn an_inclusion_proof_fits_its_leaf_its_place_and_its_tree_and_no_other() {
    let mut leaves = Leaves::of(20);
    for size in 1..=20 {
        let TreeHead { root, .. } = leaves.head(size);
        for index in 0..size {
            let own = leaves.0[usize::try_from(index).unwrap()];
            let path = prove_inclusion(&mut leaves, index, size).unwrap().unwrap();
            assert!(includes(&path, &own, index, size, &root));
            assert!(!includes(&path, &[7; 32], index, size, &root));
            assert!(!includes(&path, &own, index, size, &[7; 32]));
            assert!(!includes(&path, &own, size, size, &root));
            for other in (0..size).filter(|other| *other != index) {
                assert!(!includes(&path, &own, other, size, &root));
            }
            let longer = [path.clone(), vec![[7; 32]]].concat();
            assert!(!includes(&longer, &own, index, size, &root));
            if let Some((_, shorter)) = path.split_last() {
                assert!(!includes(shorter, &own, index, size, &root));
            }
        }
        assert_eq!(prove_inclusion(&mut leaves, size, size).unwrap(), None);
    }
}

#[test]
fn a_consistency_proof_fits_its_two_trees_and_no_others() {
    let mut leaves = Leaves::of(20);
    for size in 1..=20 {
        let now = leaves.head(size);
        for earlier in 1..=size {
            let before = leaves.head(earlier);
            let path = prove_consistency(&mut leaves, earlier, size)
                .unwrap()
                .unwrap();
            assert!(now.continues(&before, &path), "{earlier} → {size}");
            let forged = TreeHead {
                root: [7; 32],
                ..before
            };
            assert!(!now.continues(&forged, &path));
            assert!(!forged.continues(&now, &path) || earlier == 0);
            let rewritten = TreeHead {
                root: [7; 32],
                ..now
            };
            assert!(!rewritten.continues(&before, &path));
            let longer = [path.clone(), vec![[7; 32]]].concat();
            assert!(!now.continues(&before, &longer));
            if let Some((_, shorter)) = path.split_last() {
                assert!(!now.continues(&before, shorter));
            }
        }
        assert_eq!(prove_consistency(&mut leaves, 0, size).unwrap(), None);
        assert_eq!(
            prove_consistency(&mut leaves, size + 1, size).unwrap(),
            None
        );
    }
}
