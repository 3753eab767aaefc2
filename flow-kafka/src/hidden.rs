//! Takes secrets out of what others say.

use std::sync::Arc;

/// Takes secrets out of texts of others.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Arc<[String]>);

impl Hidden {
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        Self(secrets.into_iter().filter(|secret| !secret.is_empty()).collect())
    }

    /// The text, without any of the secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(&**secret, "…"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_of_a_text() {
        let hidden = Hidden::new(vec!["horse".into(), String::new()]);
        assert_eq!(hidden.hide("the horse is a horse"), "the … is a …");
    }
}
