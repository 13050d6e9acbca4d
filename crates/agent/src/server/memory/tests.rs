use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::Instant;

use super::{ALL, EACH, FRAMING, FREE, LARGEST, Memory, Metered, STALLING};
use crate::origin::{Origin, Site};

fn site(name: &str) -> Site {
    Origin::Site(format!("https://{name}.example")).site()
}

/// A connection of a site that sends without end.
fn of(memory: &Arc<Memory>, name: &str) -> Metered<tokio::io::Repeat> {
    let mut stream = Metered::new(tokio::io::repeat(b'x'), Arc::clone(memory));
    stream.belongs_to(site(name));
    stream
}

/// Reads so many octets, or as many as there is room for.
fn read<S: AsyncRead + Unpin>(stream: &mut Metered<S>, most: usize) -> usize {
    let mut buffer = vec![0; 1 << 20];
    let mut all = 0;
    while all < most {
        let piece = buffer.len().min(most - all);
        let reading = stream.read(&mut buffer[..piece]);
        match tokio::task::unconstrained(reading).now_or_never() {
            Some(read) => all += read.unwrap(),
            None => break,
        }
    }
    all
}

fn held(memory: &Memory) -> usize {
    let held = memory.held();
    assert_eq!(held.all, held.sites.values().sum::<usize>());
    held.all
}

#[test]
fn one_site_holds_two_of_the_largest_and_others_are_read_all_the_same() {
    let memory = Arc::new(Memory::default());
    let mut pages: Vec<_> = (0..4).map(|_| of(&memory, "many")).collect();
    let read_all: usize = pages.iter_mut().map(|page| read(page, LARGEST)).sum();
    assert_eq!(read_all, EACH + 4 * FREE);
    assert_eq!(held(&memory), EACH);
    assert!(pages[3].is_waiting() && pages[3].unfinished() == FREE);
    // A small request of its own is read, a large one of another, and no more than there is room for all.
    assert_eq!(read(&mut of(&memory, "many"), LARGEST), FREE);
    let mut others = [of(&memory, "other"), of(&memory, "third")];
    assert_eq!(read(&mut others[0], LARGEST), LARGEST);
    assert_eq!(
        read(&mut others[1], EACH),
        ALL - EACH - (LARGEST - FREE) + FREE
    );
    assert_eq!(held(&memory), ALL);
    drop((pages, others));
    assert_eq!(held(&memory), 0);
}

#[tokio::test]
async fn who_is_held_back_goes_on_when_there_is_room() {
    let memory = Arc::new(Memory::default());
    let mut first = of(&memory, "a");
    assert_eq!(read(&mut first, EACH), EACH);
    assert_eq!(read(&mut first, FREE), FREE);
    let second = of(&memory, "www.a");
    let waits = tokio::spawn(async move {
        let mut second = second;
        let mut buffer = vec![0; 2 * FREE];
        second.read_exact(&mut buffer).await.unwrap();
        second
    });
    while memory.held().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    // The message is whole, and then it is answered.
    first.has_whole(EACH, 0);
    assert_eq!(held(&memory), EACH - FREE + FRAMING);
    first.done_with(EACH);
    let second = waits.await.unwrap();
    assert_eq!(held(&memory), FREE);
    assert!(!second.is_waiting());
}

#[test]
fn what_is_around_the_pieces_of_a_message_is_forgotten_with_it() {
    let memory = Arc::new(Memory::default());
    let mut page = of(&memory, "a");
    for _ in 0..100 {
        read(&mut page, 100_000);
        // A sign of life between the pieces frees nothing but itself.
        page.let_go(FRAMING);
        assert!(page.unfinished() >= 100_000 - FRAMING);
        page.has_whole(50_000, 1_000);
        page.done_with(50_000);
    }
    assert!(page.unfinished() <= 1_000);
    assert_eq!(held(&memory), 0);
}

#[test]
fn a_message_that_takes_room_and_does_not_go_on_is_told_apart() {
    let memory = Arc::new(Memory::default());
    let begun = Instant::now();
    let mut page = of(&memory, "a");
    read(&mut page, FREE);
    let late = Instant::now() + STALLING;
    assert!(!page.wants_watching() && !page.is_stalled(begun, late));
    read(&mut page, 1);
    let late = Instant::now() + STALLING;
    assert!(page.wants_watching() && page.is_stalled(begun, late));
    // Nor for time in which nobody listened.
    assert!(!page.is_stalled(late, late));
    page.has_whole(FREE, 0);
    assert!(!page.wants_watching() && !page.is_stalled(begun, late));
}
