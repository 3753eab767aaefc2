//! The state of a whole job, as bytes.

use super::group::KEY_GROUPS;
use super::operator_state::OperatorState;
use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// The first bytes of every snapshot: a name and the format's version.
const MAGIC: &[u8; 8] = b"flowsnp\x01";

/// What a job's operators held between two records: enough to go on from there, at another parallelism too.
///
/// ```
/// use flow::state::Snapshot;
/// let bytes = Snapshot::default().to_bytes().unwrap();
/// assert_eq!(Snapshot::from_bytes(&bytes).unwrap(), Snapshot::default());
/// assert!(Snapshot::from_bytes(b"something else").is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the epoch that ended with it.
    pub(crate) epoch: u64,
    /// The job's source partitions in the order of their numbers: the source's id, and the partition's name.
    pub(crate) splits: Vec<(String, String)>,
    /// Per operator id.
    pub(crate) operators: BTreeMap<String, OperatorState>,
}

impl Snapshot {
    /// The number of the epoch that ended with this snapshot.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The ids of the stages that have state in it, and how many bytes each takes.
    pub fn operators(&self) -> impl Iterator<Item = (&str, usize)> {
        self.operators.iter().map(|(id, state)| (id.as_str(), state.size()))
    }

    /// Adds what one task of an operator wrote.
    pub(crate) fn add(&mut self, operator: &str, state: OperatorState) {
        self.operators.entry(operator.to_owned()).or_default().merge(state);
    }

    /// The snapshot as bytes: a header with the format's version and the number of key groups, the content, and a checksum
    /// (CRC32C) over both.
    ///
    /// # Errors
    /// When it is too large for memory.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(KEY_GROUPS.to_le_bytes());
        let mut bytes = postcard::to_extend(&(self.epoch, &self.splits, &self.operators), bytes)
            .map_err(|error| Error::new(ErrorKind::Snapshot, format!("cannot be written: {error}")))?;
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When the bytes are not a snapshot, are of another version, or were damaged. Nothing is allocated on the word of a
    /// length that the bytes do not back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = |what: &str| Err(Error::new(ErrorKind::Snapshot, what.to_owned()));
        let Some((content, checksum)) = bytes.split_last_chunk::<4>() else {
            return wrong("these bytes are no snapshot");
        };
        let Some(rest) = content.strip_prefix(&MAGIC[..7]) else { return wrong("these bytes are no snapshot") };
        let Some((&[version], rest)) = rest.split_first_chunk::<1>() else { return wrong("the snapshot is cut short") };
        if version != MAGIC[7] {
            return wrong(&format!("the snapshot has format version {version}, and this program reads {}", MAGIC[7]));
        }
        if crc32c::crc32c(content) != u32::from_le_bytes(*checksum) {
            return wrong("the snapshot is damaged: its checksum does not match");
        }
        let Some((groups, rest)) = rest.split_first_chunk::<2>() else { return wrong("the snapshot is cut short") };
        let groups = u16::from_le_bytes(*groups);
        if groups != KEY_GROUPS {
            return wrong(&format!("the snapshot has {groups} key groups, and this program {KEY_GROUPS}"));
        }
        match postcard::take_from_bytes(rest) {
            Ok(((epoch, splits, operators), [])) => Ok(Self { epoch, splits, operators }),
            Ok(_) => wrong("the snapshot has bytes after its end"),
            Err(error) => wrong(&format!("the snapshot cannot be read: {error}")),
        }
    }
}
