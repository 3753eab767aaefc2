//! Waits for a condition, with a deadline.

use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until `look` gives something.
///
/// # Errors
/// When `patience` is over: `what` was waited for, and what the last look said.
pub fn until<T>(what: &str, patience: Duration, mut look: impl FnMut() -> std::result::Result<T, String>) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        match look() {
            Ok(found) => return Ok(found),
            Err(why) if Instant::now() >= deadline => {
                return Err(Error::new(format!("waited {:.0} s for {what}: {why}", patience.as_secs_f64())));
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}
