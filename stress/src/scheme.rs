//! What stands where: all of it follows from four numbers, so that whoever reads a topic knows what should be in it.

/// How many messages, in how many partitions, and what is in them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheme {
    pub(crate) messages: u64,
    pub(crate) partitions: u32,
    pub(crate) seed: u64,
}

/// A message that is to be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) correlation: String,
    pub(crate) text: String,
}

impl Scheme {
    /// The message of an id.
    pub(crate) fn message(&self, id: u64) -> Message {
        let correlation = mixed(mixed(self.seed) ^ id);
        let text = (1..=4).map(|word| format!("{:016x}", mixed(correlation ^ word))).collect();
        Message { id, correlation: format!("{correlation:016x}"), text }
    }

    /// The partition that an id is put in: the ids are dealt out in turn.
    pub(crate) fn partition(&self, id: u64) -> u32 {
        (id % u64::from(self.partitions)) as u32
    }

    /// Where in its partition an id stands, from 0 on.
    pub(crate) fn index(&self, id: u64) -> u64 {
        id / u64::from(self.partitions)
    }

    /// The ids of a partition, in their order.
    pub(crate) fn ids(&self, partition: u32) -> impl Iterator<Item = u64> + use<> {
        (u64::from(partition)..self.messages).step_by(self.partitions as usize)
    }

    /// The least and the most that a partition may have: within 5 % of the mean.
    pub(crate) fn bounds(&self) -> (u64, u64) {
        let mean = self.messages as f64 / f64::from(self.partitions);
        ((mean * 0.95).floor().max(1.0) as u64, (mean * 1.05).ceil() as u64)
    }
}

impl Message {
    /// What stands in the input, beside the correlation id as the key.
    pub(crate) fn value(&self) -> String {
        format!(r#"{{"id":{},"text":"{}"}}"#, self.id, self.text)
    }
}

/// A number without a pattern, for a number: SplitMix64.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
