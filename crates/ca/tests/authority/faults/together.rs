//! Several who come at once: what each wants is done by one of them, in one commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tanba_ca::{Authority, AuthorityError};
use tanba_model::id::{ApplicationId, PersonId};

use super::{CALLERS, Scenario, Template, house, prepare};
use crate::harness::{Chest, House, later, random};
use crate::ports::{Faulty, Plan};

/// The application of a caller.
pub(super) fn of(first: ApplicationId, caller: u64) -> ApplicationId {
    ApplicationId(first.0 + i64::try_from(caller).unwrap())
}

/// Issues to all of them; the first one's ports follow the plan, and whatever becomes of it, the others get theirs.
pub(super) fn issue(
    authority: &Authority,
    house: &House,
    (person, application): (PersonId, ApplicationId),
    plan: &Arc<Plan>,
) -> Result<(), AuthorityError> {
    let (mut plans, mut others) = (vec![Arc::clone(plan)], Vec::new());
    for number in 1..CALLERS {
        let plan = Plan::clean();
        let mut parts = house.parts();
        parts.random = random(1000 + number);
        // A key of its own that follows no plan.
        parts.chest = Arc::new(Chest::new());
        parts.storage = Arc::new(Faulty::new(Arc::clone(&house.storage), Arc::clone(&plan)));
        others.push(Authority::open(parts).unwrap());
        plans.push(plan);
    }
    let callers = std::iter::once(authority).chain(&others);
    let prepared = callers.zip(0..).map(|(authority, caller)| {
        move || {
            prepare(
                authority,
                person,
                Some(of(application, caller)),
                60 + caller,
            )
        }
    });
    let prepared = meet(house, &plans, prepared.collect());
    let issued = prepared
        .into_iter()
        .map(|prepared| move || prepared?.issue(later(2)).map(drop));
    let mut issued = meet(house, &plans, issued.collect()).into_iter();
    let first = issued.next().unwrap();
    for other in issued {
        other.unwrap();
    }
    Ok(first?)
}

/// Does each on a thread of its own, and keeps the database busy until all have brought their work to its queue, or came to
/// an end without it.
fn meet<T: Send, W: FnOnce() -> T + Send>(
    house: &House,
    plans: &[Arc<Plan>],
    works: Vec<W>,
) -> Vec<T> {
    let brought = |plan: &Plan| {
        let steps = plan.steps();
        steps.iter().filter(|name| **name == "submit").count()
    };
    let before: Vec<usize> = plans.iter().map(|plan| brought(plan)).collect();
    let ended: Vec<AtomicBool> = works.iter().map(|_| AtomicBool::new(false)).collect();
    let busy = house.storage.begin().unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = works
            .into_iter()
            .zip(&ended)
            .map(|(work, ended)| {
                scope.spawn(move || {
                    let done = work();
                    ended.store(true, Ordering::SeqCst);
                    done
                })
            })
            .collect();
        let is_there = |caller: usize| {
            ended[caller].load(Ordering::SeqCst) || brought(&plans[caller]) > before[caller]
        };
        while !(0..plans.len()).all(is_there) {
            std::thread::yield_now();
        }
        // From the door into the queue.
        for _ in 0..20 {
            std::thread::yield_now();
        }
        drop(busy);
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn those_who_meet_share_a_commit() {
    let template = Template::make(Scenario::Together);
    let shared = (0..20).any(|_| {
        let house = house(template.copy(), 4);
        let plan = Plan::clean();
        let mut parts = house.parts();
        parts.random = random(1000);
        parts.storage = Arc::new(Faulty::new(Arc::clone(&house.storage), Arc::clone(&plan)));
        let authority = Authority::open(parts).unwrap();
        let before = house.storage.commit_groups();
        let ids = (template.person, template.application);
        issue(&authority, &house, ids, &plan).unwrap();
        let after = house.storage.commit_groups();
        let of_several =
            |groups: tanba_model::ports::CommitGroups| groups.counts.iter().skip(1).sum::<u64>();
        of_several(after) >= of_several(before) + 2
    });
    assert!(
        shared,
        "intents or certificates of three never shared a commit"
    );
}
