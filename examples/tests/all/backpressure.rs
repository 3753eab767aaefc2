//! The backpressure example: queues fill to their bound and no further, and the source waits.

use crate::program::stdout;

#[test]
fn the_queues_stay_at_their_bound() {
    let shown = stdout("backpressure");
    let ticks: Vec<Vec<&str>> = shown
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    let number = |tick: &[&str], column: usize| tick[column].parse::<u64>().expect("a number");
    for tick in &ticks {
        let (read, written, depth, bound) = (number(tick, 1), number(tick, 2), number(tick, 4), number(tick, 5));
        assert_eq!(bound, 1_000, "{shown}");
        assert!(depth <= bound, "{shown}");
        // Two queues, and a batch in each task's hands.
        assert!(read <= written + 2 * bound + 500, "the source waits: {shown}");
    }
    let last = ticks.last().expect("a last tick");
    assert!(last[0] == "3.0s" && number(last, 4) > 800, "the queue is full at last: {shown}");
    assert!(last[6] != "0.0s", "its sender was blocked: {shown}");
}
