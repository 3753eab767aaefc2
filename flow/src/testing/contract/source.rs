//! The promises of a source.

use super::breach::{Breaches, Findings, difference};
use super::drive::{Dice, How, Rows, Run, Stop, run, runtime, source_context, within};
use crate::connector::{Source, Split, SplitStart};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::time::Duration;

/// Puts a source through everything that [`Source`](crate::connector::Source) and its reader promise.
///
/// `make` makes it anew, reading the same records each time; `expected` are those records, in the order of the partition if there is
/// one, in any order otherwise. What a reader puts beside a record (its offset, key and headers) has to be the same in every
/// reading, too. In real time: for a source that waits, see [`SourceContract::virtual_time`].
///
/// # Errors
/// Every promise that was found broken.
///
/// ```
/// use flow::prelude::*;
/// flow::testing::check_source(|| sources::iter(0..100), 0..100)?;
/// # Ok::<(), flow::testing::Breaches>(())
/// ```
pub fn check_source<S>(make: impl Fn() -> S, expected: impl IntoIterator<Item = S::Item>) -> Result<(), Breaches>
where
    S: Source,
    S::Item: Debug,
{
    SourceContract::new(make).expects(expected).check()
}

/// A source's promises, and what is known of the source: a check with settings.
///
/// ```
/// use flow::prelude::*;
/// use flow::testing::SourceContract;
/// SourceContract::new(|| sources::generator(10, |n| n).limit(30)).expects(0..30).virtual_time().check()?;
/// # Ok::<(), flow::testing::Breaches>(())
/// ```
pub struct SourceContract<M> {
    make: M,
    expected: Option<Rows>,
    malformed: usize,
    virtual_time: bool,
    patience: Duration,
}

impl<M> Debug for SourceContract<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceContract").field("virtual_time", &self.virtual_time).finish_non_exhaustive()
    }
}

/// Which records a run stood before, and what it gave.
type Told = BTreeMap<String, Rows>;

impl<S, M> SourceContract<M>
where
    S: Source,
    S::Item: Debug,
    M: Fn() -> S,
{
    /// The contract of the sources that `make` makes: each reads the same records.
    pub fn new(make: M) -> Self {
        Self { make, expected: None, malformed: 0, virtual_time: false, patience: Duration::from_secs(10) }
    }

    /// The records that it reads. A source that does not end by itself must give at least these.
    #[must_use]
    pub fn expects(self, records: impl IntoIterator<Item = S::Item>) -> Self {
        Self { expected: Some(records.into_iter().map(|record| format!("{record:?}")).collect()), ..self }
    }

    /// How many records it reads that cannot be decoded; none, if this is not called.
    #[must_use]
    pub fn malformed(self, records: usize) -> Self {
        Self { malformed: records, ..self }
    }

    /// Lets tokio's clock jump when everything waits. Not for a source that waits for something outside of the process.
    #[must_use]
    pub fn virtual_time(self) -> Self {
        Self { virtual_time: true, ..self }
    }

    /// How long a call may take before it counts as hanging; 10 seconds if this is not called.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Checks all promises.
    ///
    /// # Errors
    /// Every promise that was found broken.
    pub fn check(self) -> Result<(), Breaches> {
        let mut findings = Findings::default();
        match runtime(self.virtual_time) {
            Ok(runtime) => runtime.block_on(async {
                if let Err(error) = self.promises(&mut findings).await {
                    findings.add("a source can be opened and read", error.to_string());
                }
            }),
            Err(error) => findings.add("a source can be opened and read", error.to_string()),
        }
        findings.finish()
    }

    async fn promises(&self, findings: &mut Findings) -> Result<()> {
        let whole = self.read_all(7, None, findings).await?;
        self.complete(&whole, findings);
        let wanted = told(&whole);
        for batch_size in [1, 1000] {
            let again = self.read_all(batch_size, None, findings).await?;
            compare("the records do not depend on the batch size", &told(&again), &wanted, findings);
        }
        for seed in 1..=10 {
            let cut = self.read_all(3, Some(Dice(seed * 0x9E37_79B9)), findings).await?;
            compare("read is cancel safe", &told(&cut), &wanted, findings);
            if (self.make)().replays() && seed == 1 {
                self.resume("a position is right after a read that was dropped", &cut, &wanted, findings).await?;
            }
        }
        self.one_by_one(&wanted, findings).await?;
        if (self.make)().replays() {
            let single = self.read_all(1, None, findings).await?;
            self.resume("a position is where reading goes on", &single, &wanted, findings).await?;
            self.resume("a position is where reading goes on", &whole, &wanted, findings).await?;
        }
        Ok(())
    }

    /// All records are there, and no others.
    fn complete(&self, whole: &Run, findings: &mut Findings) {
        if whole.malformed != self.malformed {
            let found = format!("{} malformed records, where {} were expected", whole.malformed, self.malformed);
            findings.add("every record is read", found);
        }
        let Some(expected) = &self.expected else { return };
        let mut wanted = expected.clone();
        let mut found = whole.values.clone();
        if whole.splits.len() > 1 {
            wanted.sort();
            found.sort();
        }
        if let Some(difference) = difference(&found, &wanted) {
            findings.add("every record is read", difference);
        }
    }

    fn enough(&self) -> usize {
        self.expected.as_ref().map_or(100, Vec::len) + self.malformed
    }

    fn how(&self, batch_size: usize, dice: Option<Dice>) -> How {
        How { batch_size, dice, enough: self.enough(), patience: self.patience }
    }

    /// A new source and its splits.
    async fn opened(&self, findings: &mut Findings) -> Result<(S, Vec<Split>)> {
        let mut source = (self.make)();
        let splits = within(self.patience, source.splits(&source_context(7, 1))).await?;
        let mut names: Vec<_> = splits.iter().map(|split| split.name.clone()).collect();
        names.sort();
        names.dedup();
        if names.len() < splits.len() {
            findings.add("a split's name is unique", format!("{} names for {} splits", names.len(), splits.len()));
        }
        Ok((source, splits))
    }

    /// Reads everything with one reader.
    async fn read_all(&self, batch_size: usize, dice: Option<Dice>, findings: &mut Findings) -> Result<Run> {
        let (mut source, splits) = self.opened(findings).await?;
        let starts = splits.into_iter().map(|split| SplitStart { split, position: None }).collect();
        let mut read = run(&mut source, starts, self.how(batch_size, dice), findings).await?;
        self.cut(&mut read);
        Ok(read)
    }

    /// Of a source without end, only the records that are expected are looked at.
    fn cut(&self, read: &mut Run) {
        if !(self.make)().bounded() && read.splits.len() == 1 {
            read.rows[0].truncate(self.enough());
            read.values.truncate(self.enough() - self.malformed);
        }
    }

    /// A reader for each split, as in as many tasks.
    async fn one_by_one(&self, wanted: &Told, findings: &mut Findings) -> Result<()> {
        if wanted.len() < 2 || !(self.make)().bounded() {
            return Ok(());
        }
        let (mut source, splits) = self.opened(findings).await?;
        let mut found = Told::new();
        for split in splits {
            let starts = vec![SplitStart { split, position: None }];
            found.extend(told(&run(&mut source, starts, self.how(7, None), findings).await?));
        }
        compare("a split is read alike by any reader", &found, wanted, findings);
        Ok(())
    }

    /// From wherever a run stopped, a new one reads exactly the rest.
    async fn resume(&self, promise: &'static str, before: &Run, wanted: &Told, findings: &mut Findings) -> Result<()> {
        for Stop { read, positions } in sample(&before.stops) {
            let (mut source, mut splits) = self.opened(findings).await?;
            // In another order: a split is known by its name.
            splits.reverse();
            let mut rest = Told::new();
            let mut starts = Vec::new();
            for split in splits {
                let Some(at) = before.splits.iter().position(|known| *known == split) else {
                    findings.add("splits are the same each time", format!("`{}` was not there before", split.name));
                    continue;
                };
                let all = wanted.get(&*split.name).map_or(&[][..], Vec::as_slice);
                rest.insert(split.name.to_string(), all.get(read[at]..).unwrap_or_default().to_vec());
                starts.push(SplitStart { split, position: Some(positions[at].clone()) });
            }
            let left = rest.values().map(Vec::len).sum();
            let how = How { enough: left, ..self.how(5, None) };
            let resumed = run(&mut source, starts, how, findings).await;
            match resumed {
                Ok(mut resumed) => {
                    if !source.bounded() && resumed.rows.len() == 1 {
                        resumed.rows[0].truncate(left);
                    }
                    compare(promise, &told(&resumed), &rest, findings);
                }
                Err(error) => findings.add(promise, format!("after {} records: {error}", read.iter().sum::<usize>())),
            }
        }
        Ok(())
    }
}

fn told(run: &Run) -> Told {
    run.splits.iter().map(|split| split.name.to_string()).zip(run.rows.iter().cloned()).collect()
}

fn compare(promise: &'static str, found: &Told, wanted: &Told, findings: &mut Findings) {
    let names = |told: &Told| told.keys().cloned().collect::<Vec<_>>();
    if names(found) != names(wanted) {
        let found = format!("{:?}, where before there were {:?}", names(found), names(wanted));
        return findings.add("splits are the same each time", found);
    }
    for (name, rows) in found {
        if let Some(difference) = wanted.get(name).and_then(|wanted| difference(rows, wanted)) {
            findings.add(promise, format!("`{name}`: {difference}"));
        }
    }
}

/// The first stops, the last, and some between: at most about forty.
fn sample(stops: &[Stop]) -> impl Iterator<Item = &Stop> {
    let step = stops.len().div_ceil(30).max(1);
    let count = stops.len();
    stops.iter().enumerate().filter(move |(at, _)| at % step == 0 || *at < 5 || at + 5 > count).map(|(_, stop)| stop)
}

impl From<Breaches> for Error {
    fn from(breaches: Breaches) -> Self {
        Self::new(crate::error::ErrorKind::Definition, breaches.to_string())
    }
}
