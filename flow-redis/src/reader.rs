//! Reads a Stream: what this consumer has left behind, what others have, what is new.

use crate::arg::Command;
use crate::ask::{Asker, Trouble};
use crate::asking::{Asking, Place, Whence, left, of_stream};
use crate::entry::{Entry, Given, Id, ReadEntry};
use crate::{fault, passing};
use async_trait::async_trait;
use flow::connector::{Commits, Gauge, Malformed, Position, ReadBuffer, ReadState, SourceContext, SourceReader};
use flow::{Error, ErrorKind, Result, Timestamp};
use futures::future::BoxFuture;
use redis::{Pipeline, Value};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How many ids one XACK has, at most.
const TOGETHER: usize = 1_000;
/// How long a consumer may take to leave its group.
const LEAVE: Duration = Duration::from_secs(5);

type Answered = BoxFuture<'static, Result<std::result::Result<Value, String>>>;

pub(crate) struct Reader<R> {
    reads: R,
    whence: Whence,
    place: Place,
    /// What was handed on before a snapshot is acknowledged with the rest, and not handed on again.
    restored: Place,
    asks: Asker,
    /// Apart, or acknowledgements would wait behind what waits for new entries.
    acknowledges: Asker,
    count: usize,
    asking: Asking,
    /// Kept here, so that entries that the server counts as given are not lost when `read` is dropped.
    asked: Option<Answered>,
    trouble: Trouble,
    /// When to look again for what others have left, and how often that was done. A job that acknowledges at its end only does so twice:
    /// all that it has read itself is looked through each time.
    claim_at: Option<Instant>,
    claims: u64,
    at_end: bool,
    /// Whether all there is to read was read, but for what others may have left.
    ended: bool,
    ready: VecDeque<(Entry, Id, bool)>,
    /// What was handed on and not acknowledged: how many had been then, and whether it was taken over.
    open: VecDeque<(u64, Id, bool)>,
    /// What is ready or open, and what was acknowledged while an answer was waited for: it may stand in that, too.
    known: HashSet<Id>,
    acknowledged: Vec<Id>,
    pending: Gauge,
    claimed: Gauge,
}

impl<R: ReadEntry> Reader<R> {
    pub(crate) fn new(
        reads: R,
        whence: Whence,
        place: Place,
        (asks, acknowledges): (Asker, Asker),
        cx: &SourceContext,
    ) -> Self {
        Self {
            reads,
            whence,
            restored: place.clone(),
            place,
            asks,
            acknowledges,
            count: cx.batch_size.max(1),
            asking: Asking::Own(Id::default()),
            asked: None,
            trouble: Trouble::default(),
            claim_at: None,
            claims: 0,
            at_end: cx.commits == Commits::AtEnd,
            ended: false,
            ready: VecDeque::new(),
            open: VecDeque::new(),
            known: HashSet::new(),
            acknowledged: Vec::new(),
            pending: cx.gauges.gauge("pending", &Arc::clone(&cx.stage)),
            claimed: cx.gauges.gauge("claimed", &Arc::clone(&cx.stage)),
        }
    }

    /// Asks what is to be asked.
    fn ask(&self) -> Answered {
        // Not past the time at which the others are looked after again.
        let until = self.claim_at.map(|at| at.saturating_duration_since(Instant::now()));
        let command = self.whence.command(self.asking, self.count, until);
        let (asker, asking) = (self.asks.clone(), self.asking);
        let batch = alone(command);
        Box::pin(async move {
            Ok(match asker.once(&batch).await? {
                Ok(answers) => {
                    // Whoever may run no scripts reads all the same.
                    if asking != Asking::Gone
                        && let Some(error) = fault::first_fatal(batch.cmd_iter().zip(&answers))
                    {
                        return Err(error);
                    }
                    Ok(answers.into_iter().next().unwrap_or(Value::Nil))
                }
                Err(why) => Err(why),
            })
        })
    }

    /// Takes an answer, and says what is asked next.
    fn take(&mut self, answer: Value) -> std::result::Result<(), String> {
        match self.asking {
            Asking::Own(_) => {
                let given = of_stream(answer)?;
                self.asking = given.last().map_or(Asking::Taken(Id::default()), |(id, _)| Asking::Own(*id));
                self.keep(given, false);
            }
            Asking::Taken(_) => {
                let given = of_stream(answer)?;
                self.asking = given.last().map_or(Asking::Left(Id::default()), |(id, _)| Asking::Taken(*id));
                self.keep(given, true);
            }
            Asking::Left(_) => {
                let (next, given) = left(answer)?;
                let before = self.known.len();
                self.keep(given, true);
                self.claimed.add((self.known.len() - before) as i64);
                self.asking = if next == Id::default() { Asking::Gone } else { Asking::Left(next) };
                self.claims += 1;
                let again = !self.at_end || self.claims < 2;
                self.claim_at = again.then(|| Instant::now().checked_add(self.whence.claim_after)).flatten();
            }
            Asking::Gone => self.asking = Asking::New,
            Asking::New => {
                let given = of_stream(answer)?;
                let last = given.last().map(|(id, _)| *id);
                if let Some(end) = self.whence.end {
                    self.ended = last.is_none_or(|last| last >= end);
                }
                self.keep(given, false);
                if !self.ended && self.claim_at.is_some_and(|at| Instant::now() >= at) {
                    self.asking = Asking::Left(Id::default());
                }
            }
        }
        Ok(())
    }

    /// Keeps entries until there is room for them.
    fn keep(&mut self, given: Vec<Given>, taken: bool) {
        for (id, fields) in given {
            if !self.known.insert(id) {
                continue;
            }
            let restored = if taken { self.restored.taken.contains(&(id.0, id.1)) } else { id <= self.restored.last() };
            match fields {
                Some(fields) if !restored => {
                    self.ready.push_back((Entry { id: id.to_string(), fields }, id, taken));
                }
                // What was deleted, or is in the state that was restored, is only to be acknowledged.
                _ => self.open.push_back((self.place.handed, id, taken)),
            }
        }
    }

    /// Hands an entry on.
    fn hand_on(&mut self, into: &mut ReadBuffer<R::Item>) -> bool {
        let Some((entry, id, taken)) = self.ready.pop_front() else { return false };
        self.place.handed += 1;
        if !taken {
            self.place.last = self.place.last.max((id.0, id.1));
        }
        self.open.push_back((self.place.handed, id, taken));
        let at = entry.id.clone();
        let fields = if into.locates() { entry.fields.clone() } else { Vec::new() };
        match self.reads.read(entry) {
            Ok(Some(record)) => into.push_with(record, id.offset(), |beside| {
                beside.headers = fields.into_iter().map(|(name, value)| (name, Some(value))).collect();
                beside.time = i64::try_from(id.0).ok().map(Timestamp::from_millis);
            }),
            Ok(None) => {}
            Err((reason, original)) => {
                let attributes = vec![("id".to_owned(), at.into())];
                into.malformed(Malformed { original, reason, offset: Some(id.offset()), attributes });
            }
        }
        true
    }

    /// Forgets what was acknowledged, if no answer is waited for that may have it.
    fn forget(&mut self) {
        if self.asked.is_none() {
            for id in self.acknowledged.drain(..) {
                self.known.remove(&id);
            }
        }
    }

    fn show(&self) {
        self.pending.set(self.open.len() as i64);
    }
}

#[async_trait]
impl<R: ReadEntry> SourceReader<R::Item> for Reader<R> {
    async fn read(&mut self, into: &mut ReadBuffer<R::Item>) -> Result<ReadState> {
        loop {
            while !into.is_full() && self.hand_on(into) {}
            self.show();
            if !into.is_empty() {
                return Ok(ReadState::More);
            }
            if self.ended {
                return Ok(ReadState::Finished);
            }
            if self.asked.is_none() {
                self.asked = Some(self.ask());
            }
            let Some(asked) = &mut self.asked else { continue };
            let answer = asked.await;
            self.asked = None;
            match answer? {
                Ok(answer) => {
                    self.trouble = Trouble::default();
                    self.take(answer).map_err(|why| Error::new(ErrorKind::Io, why))?;
                    self.forget();
                }
                Err(why) => {
                    // What the server has given, and was lost on the way, is asked for again: it counts as this consumer's.
                    self.asking = Asking::Own(Id::default());
                    self.asks.wait(&mut self.trouble, &why).await?;
                }
            }
        }
    }

    fn position(&self, _: usize) -> Result<Position> {
        let taken = self.open.iter().filter(|(_, _, taken)| *taken).map(|(_, id, _)| (id.0, id.1)).collect();
        Position::of(&Place { taken, ..self.place })
    }

    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let Some((_, position)) = positions.first() else { return Ok(()) };
        let Place { handed, .. } = position.get()?;
        let until = self.open.iter().take_while(|(at, ..)| *at <= handed).count();
        let ids: Vec<Id> = self.open.iter().take(until).map(|(_, id, _)| *id).collect();
        let mut batch = Pipeline::new();
        for ids in ids.chunks(TOGETHER) {
            let command = Command::new("XACK").arg(&*self.whence.key).arg(&*self.whence.group);
            batch.add_command(ids.iter().fold(command, |command, id| command.arg(id.to_string())).cmd);
        }
        if !batch.is_empty() {
            self.acknowledges.ask(&batch).await?;
        }
        self.open.drain(..until);
        self.acknowledged.extend(ids);
        self.forget();
        self.show();
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        if !self.whence.passing {
            return Ok(());
        }
        // Nobody comes back by this name. What is still asked is waited for: an answer makes the consumer anew. One that has something
        // left stays, to be taken over; so does one that cannot be removed now, and that is no reason for a job to fail.
        let leave = async {
            if let Some(asked) = self.asked.take() {
                let _answer = asked.await;
            }
            self.acknowledges.ask(&alone(passing::remove_own(&self.whence))).await
        };
        match timeout(LEAVE, leave).await.map_err(|_| "no answer".to_owned()) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(consumer = &*self.whence.consumer, "not removed: {error}"),
            Err(why) => tracing::debug!(consumer = &*self.whence.consumer, "not removed: {why}"),
        }
        Ok(())
    }
}

/// A command by itself.
fn alone(command: Command) -> Pipeline {
    let mut batch = Pipeline::with_capacity(1);
    batch.add_command(command.cmd);
    batch
}
