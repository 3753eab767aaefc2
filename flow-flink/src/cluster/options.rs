//! How a script is submitted.

use flow::Secret;

use crate::Setting;
use crate::job::Savepoint;

/// What a submission adds to its script: secrets, a savepoint to go on from, settings.
#[derive(Clone, Debug, Default)]
pub struct SubmitOptions {
    pub(super) secrets: Vec<(String, String, Secret)>,
    pub(super) settings: Vec<Setting>,
}

impl SubmitOptions {
    /// Nothing but the script.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of an option that the script has only a placeholder for. It is put in when the script is sent, and stands nowhere else: it is
    /// taken out of whatever Flink says.
    #[must_use]
    pub fn secret(mut self, endpoint: impl Into<String>, option: impl Into<String>, value: Secret) -> Self {
        self.secrets.push((endpoint.into(), option.into(), value));
        self
    }

    /// Goes on where a savepoint, or a retained checkpoint, was made. State that no stage has any more is an error.
    #[must_use]
    pub fn from_savepoint(self, savepoint: impl Into<Savepoint>) -> Self {
        let Savepoint { location } = savepoint.into();
        self.setting("execution.state-recovery.path", location)
    }

    /// Lets state of the savepoint be lost that no stage has any more.
    #[must_use]
    pub fn drop_unclaimed_state(self) -> Self {
        self.setting("execution.state-recovery.ignore-unclaimed-state", "true")
    }

    /// Sets an option of Flink's for this job. It wins over the script's.
    #[must_use]
    pub fn setting(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push(Setting { key: key.into(), value: value.into() });
        self
    }
}
