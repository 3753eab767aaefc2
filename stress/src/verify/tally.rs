//! Counts what is found, and what is wrong with it.

use std::collections::BTreeMap;

use super::line::Line;
use crate::check::Check;
use crate::scheme::Scheme;

/// How many messages are shown, of the first and of the last.
const SHOWN: u64 = 100;

/// Which topic it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// As it was filled: no numbers, no headers.
    Input,
    /// Behind the pipeline, whose headers name the input.
    Output { input: String },
}

impl Side {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output { .. } => "output",
        }
    }
}

/// What stands in a topic.
pub(crate) struct Tally {
    scheme: Scheme,
    side: Side,
    records: u64,
    /// How often each id was there, and each number (from 1 on).
    ids: Vec<u8>,
    numbers: Vec<u8>,
    /// Numbers that are none of 1 to the count of messages.
    strange_numbers: u64,
    partitions: Vec<Partition>,
    wrong: Wrong,
    shown: BTreeMap<u64, Shown>,
}

#[derive(Clone, Default)]
struct Partition {
    records: u64,
    last_id: Option<u64>,
    last_number: Option<u64>,
}

/// Records with something wrong.
#[derive(Default)]
struct Wrong {
    unreadable: u64,
    /// In another partition than the scheme's.
    elsewhere: u64,
    /// Behind one of a higher id, in their partition.
    order: u64,
    /// With a number that is lower than one before, in their partition.
    number_order: u64,
    content: u64,
    headers: u64,
}

/// One of the first or of the last, as it was found.
pub(crate) struct Shown {
    pub(crate) place: String,
    pub(crate) number: Option<u64>,
    pub(crate) correlation: String,
    pub(crate) text: String,
    pub(crate) headers: String,
    /// Whether it is what the scheme says, where it says.
    pub(crate) right: bool,
}

impl Tally {
    pub(crate) fn new(scheme: Scheme, side: Side) -> Self {
        let messages = usize::try_from(scheme.messages).unwrap_or(usize::MAX);
        let numbers = if side == Side::Input { 0 } else { messages };
        Self {
            scheme,
            side,
            records: 0,
            ids: vec![0; messages],
            numbers: vec![0; numbers],
            strange_numbers: 0,
            partitions: vec![Partition::default(); scheme.partitions as usize],
            wrong: Wrong::default(),
            shown: BTreeMap::new(),
        }
    }

    /// Counts a line.
    pub(crate) fn add(&mut self, line: &str) {
        self.records += 1;
        let parsed = Line::parse(line);
        let Some(line) = parsed.filter(|line| line.value.id < self.scheme.messages && self.has(line.partition)) else {
            self.wrong.unreadable += 1;
            return;
        };
        let id = line.value.id;
        let message = self.scheme.message(id);
        let count = &mut self.ids[id as usize];
        *count = count.saturating_add(1);
        let content = line.key == message.correlation && line.value.text == message.text;
        let headers = line.headers == self.headers(&message.correlation, line.partition);
        let partition = &mut self.partitions[line.partition as usize];
        let at_home = line.partition == self.scheme.partition(id);
        let right = content && headers && at_home && partition.records == self.scheme.index(id);
        partition.records += 1;
        self.wrong.order += u64::from(partition.last_id.is_some_and(|last| id < last));
        partition.last_id = partition.last_id.max(Some(id));
        self.wrong.content += u64::from(!content);
        self.wrong.headers += u64::from(!headers);
        self.wrong.elsewhere += u64::from(!at_home);
        self.count_number(line.partition, line.value.number);
        if id < SHOWN || id + SHOWN >= self.scheme.messages {
            let place = format!("{}@{}", line.partition, line.offset);
            let (correlation, headers) = (line.key.to_owned(), line.headers.to_owned());
            let (number, text) = (line.value.number, line.value.text);
            self.shown.insert(id, Shown { place, number, correlation, text, headers, right });
        }
    }

    fn has(&self, partition: u32) -> bool {
        partition < self.scheme.partitions
    }

    /// What kcat prints of the headers of a message.
    fn headers(&self, correlation: &str, partition: u32) -> String {
        match &self.side {
            Side::Input => String::new(),
            Side::Output { input } => format!("topic={input},partition={partition},correlation-id={correlation}"),
        }
    }

    fn count_number(&mut self, partition: u32, number: Option<u64>) {
        let count = number.and_then(|number| self.numbers.get_mut(usize::try_from(number).ok()?.checked_sub(1)?));
        match count {
            Some(count) => *count = count.saturating_add(1),
            // In the input there should be none.
            None => self.strange_numbers += u64::from(number.is_some() || self.side != Side::Input),
        }
        let last = &mut self.partitions[partition as usize].last_number;
        self.wrong.number_order += u64::from(number.is_some() && number <= *last);
        *last = number.max(*last);
    }

    /// How many records each partition has.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.partitions.iter().map(|partition| partition.records).collect()
    }

    /// The first and the last, by id.
    pub(crate) fn shown(&self) -> &BTreeMap<u64, Shown> {
        &self.shown
    }

    /// What must hold of the topic.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let messages = self.scheme.messages;
        let side = self.side.name();
        let none = |what: &str, found: u64| Check::same(format!("{side}: {what}"), 0, found);
        let (low, high) = self.scheme.bounds();
        let counts = self.counts();
        let (least, most) = (counts.iter().min().copied(), counts.iter().max().copied());
        let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
        let asked = self.scheme.messages.min(2 * SHOWN);
        let right = self.shown.values().filter(|shown| shown.right).count() as u64;
        let mut checks = vec![
            Check::same(format!("{side}: messages"), messages, self.records),
            none("lost", self.ids.iter().filter(|count| **count == 0).count() as u64),
            none("twice", self.ids.iter().filter(|count| **count > 1).count() as u64),
            none("unreadable", self.wrong.unreadable),
            Check::new(
                format!("{side}: messages a partition"),
                format!("{low} to {high}"),
                format!("{least} to {most}"),
                low <= least && most <= high,
            ),
            none("empty partitions", counts.iter().filter(|count| **count == 0).count() as u64),
            none("in another partition", self.wrong.elsewhere),
            none("behind a later one of their partition", self.wrong.order),
            none("with another content or correlation id", self.wrong.content),
            Check::same(format!("{side}: right in order, id and content, of the first and last {SHOWN}"), asked, right),
        ];
        match self.side {
            Side::Input => checks.push(none("with headers or a number", self.wrong.headers + self.strange_numbers)),
            Side::Output { .. } => checks.extend([
                none("with another topic, partition or correlation id in the headers", self.wrong.headers),
                none(
                    &format!("numbers of 1 to {messages} that no message has"),
                    self.numbers.iter().filter(|count| **count == 0).count() as u64,
                ),
                none("numbers that several have", self.numbers.iter().filter(|count| **count > 1).count() as u64),
                none("without a number, or with another", self.strange_numbers),
                none("with a lower number than one before in their partition", self.wrong.number_order),
            ]),
        }
        checks
    }
}
