//! What is asked again when a server does not answer, how often, and for how long.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use tokio::time::Instant;

use super::cause::Cause;

/// How patient we are with a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How often something is asked again.
    pub(crate) times: usize,
    /// How long all attempts may take together.
    pub(crate) in_all: Duration,
    /// How long after the first attempt the second comes; each later pause is four times as long.
    pub(crate) pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { times: 3, in_all: Duration::from_secs(300), pause: Duration::from_secs(1) }
    }
}

/// What came of an attempt that gave no answer.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// It was not taken: nothing was done. Perhaps with how long the server wants to be left alone.
    Unsent(String, Option<Duration>),
    /// Nobody knows what was done.
    Lost(String),
    /// What came back is nothing that Flink says.
    Garbage(String),
    /// It was refused, with this status.
    Refused(u16, Cause),
}

/// Whether a request may be sent again when nobody knows whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Twice is as good as once.
    Safe,
    /// Only when it was surely not done.
    IfUnsent,
}

impl Failure {
    fn may_come_again(&self, again: Again) -> bool {
        match self {
            Self::Unsent(..) => true,
            Self::Lost(_) => again == Again::Safe,
            Self::Garbage(_) | Self::Refused(..) => false,
        }
    }

    pub(crate) fn why(&self) -> String {
        match self {
            Self::Unsent(why, _) | Self::Lost(why) | Self::Garbage(why) => why.clone(),
            Self::Refused(status, cause) => format!("{cause} ({status})"),
        }
    }
}

/// Attempts until one succeeds or fails for good, or patience is over.
///
/// # Cancel safety
/// As the attempt itself.
pub(crate) async fn retry<T, F: Future<Output = Result<T, Failure>>>(
    patience: Patience,
    again: Again,
    what: &str,
    attempt: impl FnMut() -> F,
) -> Result<T, Failure> {
    let deadline = Instant::now() + patience.in_all;
    let pauses = ExponentialBuilder::default()
        .with_min_delay(patience.pause)
        .with_factor(4.0)
        .with_max_delay(patience.in_all)
        .with_max_times(patience.times)
        .with_jitter();
    let all = attempt
        .retry(pauses.build())
        .when(|failure| failure.may_come_again(again))
        .adjust(|failure, pause| {
            // Without a pause all attempts were made, whatever the server asks for.
            let pause = match failure {
                Failure::Unsent(_, Some(wanted)) => pause.map(|pause| pause.max(*wanted)),
                _ => pause,
            };
            pause.filter(|pause| Instant::now() + *pause < deadline)
        })
        .notify(|failure, pause| tracing::debug!("{what}: {}; again in {pause:?}", failure.why()));
    match tokio::time::timeout_at(deadline, all).await {
        Ok(done) => done,
        Err(_) => Err(Failure::Lost(format!("no answer within {:?}", patience.in_all))),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::{Again, Cause, Failure, Patience, retry};
    use crate::cluster::hidden::Hidden;

    /// What a server does with an attempt.
    #[derive(Clone, Copy)]
    enum Does {
        Answer,
        Busy(u64),
        Break,
        Refuse,
        /// After so many seconds.
        Late(u64),
    }
    use Does::{Answer, Break, Busy, Late, Refuse};

    async fn does(what: Option<Does>) -> Result<(), Failure> {
        match what.expect("it is asked no more often") {
            Answer => Ok(()),
            Busy(0) => Err(Failure::Unsent("busy".into(), None)),
            Busy(seconds) => Err(Failure::Unsent("busy".into(), Some(Duration::from_secs(seconds)))),
            Break => Err(Failure::Lost("broken".into())),
            Refuse => Err(Failure::Refused(400, Cause::of("no", &Hidden::default()))),
            Late(seconds) => {
                sleep(Duration::from_secs(seconds)).await;
                Err(Failure::Lost("late".into()))
            }
        }
    }

    /// What comes of it, how much of the script is left, and how many seconds it took, between two bounds.
    async fn check(again: Again, script: &[Does], good: bool, left: usize, seconds: (u64, u64)) {
        let script = RefCell::new(VecDeque::from_iter(script.iter().copied()));
        let start = Instant::now();
        let done = retry(Patience::default(), again, "a test", || does(script.borrow_mut().pop_front())).await;
        assert_eq!((done.is_ok(), script.borrow().len()), (good, left), "{done:?}");
        let took = start.elapsed().as_secs();
        assert!((seconds.0..=seconds.1).contains(&took), "{took} s, not {seconds:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_help_is_asked_again_three_times() {
        check(Again::Safe, &[Answer, Answer], true, 1, (0, 0)).await;
        check(Again::Safe, &[Break, Busy(0), Break, Answer], true, 0, (21, 43)).await;
        check(Again::Safe, &[Break, Break, Break, Break, Answer], false, 1, (21, 43)).await;
        check(Again::Safe, &[Refuse, Answer], false, 1, (0, 0)).await;
        check(Again::IfUnsent, &[Busy(0), Busy(0), Answer], true, 0, (5, 11)).await;
        check(Again::IfUnsent, &[Busy(0), Break, Answer], false, 1, (1, 3)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_when_is_left_alone_until_then() {
        check(Again::Safe, &[Busy(60), Answer], true, 0, (60, 60)).await;
        check(Again::IfUnsent, &[Busy(100), Busy(100), Answer], true, 0, (200, 200)).await;
        // Longer than patience lasts.
        check(Again::Safe, &[Busy(301), Answer], false, 1, (0, 0)).await;
        check(Again::Safe, &[Busy(200), Busy(200), Answer], false, 1, (200, 200)).await;
        check(Again::Safe, &[Busy(2), Busy(2), Busy(2), Busy(2), Answer], false, 1, (20, 45)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn five_minutes_are_the_end() {
        check(Again::Safe, &[Late(1000), Answer], false, 1, (300, 300)).await;
        check(Again::Safe, &[Late(140), Late(140), Late(140), Answer], false, 1, (300, 300)).await;
    }
}
