//! Key groups: the unit in which keyed state is spread over tasks, and moves when their number changes.

use super::hasher::stable_hash;
use serde::Serialize;
use std::ops::Range;

/// How many groups all keys fall into. It stands in every snapshot's header, and so never changes.
pub const KEY_GROUPS: u16 = 128;

/// The groups of one task.
pub type KeyGroups = Range<u16>;

/// The group of a key: a hash of its canonical bytes, the same in every process and every version.
#[must_use]
pub fn group_of<K: Serialize + ?Sized>(key: &K) -> u16 {
    // The high bits are the well mixed ones.
    ((stable_hash(key) >> 32) % u64::from(KEY_GROUPS)) as u16
}

/// Which of `tasks` tasks holds the group. Each holds a run of neighbouring groups.
#[must_use]
pub fn task_of(group: u16, tasks: usize) -> usize {
    usize::from(group) * tasks / usize::from(KEY_GROUPS)
}

/// The groups that task `task` of `tasks` holds; empty, if there are more tasks than groups.
#[must_use]
pub(crate) fn groups_of(task: usize, tasks: usize) -> KeyGroups {
    let first = |task: usize| (task * usize::from(KEY_GROUPS)).div_ceil(tasks.max(1)) as u16;
    first(task)..first(task + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_one_task() {
        for tasks in 1..=130 {
            for group in 0..KEY_GROUPS {
                let holder = task_of(group, tasks);
                for task in 0..tasks {
                    assert_eq!(groups_of(task, tasks).contains(&group), task == holder, "{group} {task}/{tasks}");
                }
            }
        }
    }

    #[test]
    fn the_groups_of_keys_never_change() {
        // Written down on the day that snapshots began: a change here makes every stored snapshot unreadable.
        assert_eq!(
            [group_of(&0i64), group_of(&1i64), group_of(&-1i64), group_of("EU"), group_of(&("EU", 7u8))],
            GROUPS
        );
        assert_eq!(group_of("EU"), group_of(&"EU".to_owned()));
    }
    const GROUPS: [u16; 5] = [59, 92, 68, 78, 91];

    #[test]
    fn keys_spread_evenly() {
        let mut counts = [0u32; KEY_GROUPS as usize];
        for key in 0..128_000i64 {
            counts[usize::from(group_of(&key))] += 1;
        }
        assert!(counts.iter().all(|&count| (700..1300).contains(&count)), "{counts:?}");
        let mut counts = [0u32; KEY_GROUPS as usize];
        for key in 0..128_000i64 {
            counts[usize::from(group_of(&format!("key-{key}")))] += 1;
        }
        assert!(counts.iter().all(|&count| (700..1300).contains(&count)), "{counts:?}");
    }
}
