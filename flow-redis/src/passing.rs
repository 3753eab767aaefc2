//! Consumers whose names are of one run only.

use crate::arg::Command;
use crate::asking::Whence;
use crate::kinds::millis;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// What all of their names begin with.
const PREFIX: &str = "flow-run-";

/// Removes consumers whose names begin so, that have nothing left and have asked for nothing for so long. In one step: a consumer that
/// were given something meanwhile would lose it with its name.
const REMOVE: &str = "
for _, about in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    local one = {}
    for at = 1, #about, 2 do one[about[at]] = about[at + 1] end
    if one.pending == 0 and one.idle >= tonumber(ARGV[3]) and one.name:sub(1, #ARGV[2]) == ARGV[2] then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], one.name)
    end
end";

/// A name that no other run has.
pub(crate) fn name() -> Arc<str> {
    format!("{PREFIX}{:016x}", RandomState::new().hash_one(std::process::id())).into()
}

/// Removes this run's own, which asks for nothing any more.
pub(crate) fn remove_own(whence: &Whence) -> Command {
    remove(whence, &whence.consumer, 0)
}

/// Removes those that runs have left which ended without a word, when what they had was taken over.
pub(crate) fn remove_left(whence: &Whence) -> Command {
    remove(whence, PREFIX, millis(whence.claim_after))
}

fn remove(whence: &Whence, prefix: &str, idle: u64) -> Command {
    let command = Command::new("EVAL").arg(REMOVE).arg(1).arg(&*whence.key);
    command.arg(&*whence.group).arg(prefix).arg(idle)
}
