//! Every mistake of a definition, collected: none hides another.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// One mistake: where it is, what is wrong, and what to write instead.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The user's token.
    pub span: Span,
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

impl Mistake {
    /// A mistake at `span`. There is none without a remedy.
    pub fn new(span: Span, what: impl Display, remedy: impl Display) -> Self {
        Self { span, what: what.to_string(), remedy: remedy.to_string() }
    }

    /// The message that rustc prints.
    pub fn message(&self) -> String {
        format!("{}\nhelp: {}", self.what, self.remedy)
    }

    fn to_tokens(&self) -> TokenStream {
        let message = self.message();
        quote_spanned!(self.span=> ::core::compile_error! { #message })
    }
}

/// A syntax error of `syn` is a mistake, too.
impl From<syn::Error> for Mistake {
    fn from(error: syn::Error) -> Self {
        Self::new(error.span(), error, "see the grammar in the documentation of `pipeline!`")
    }
}

/// The mistakes found so far. Panics when it is dropped without having been read, so that no phase loses one.
#[derive(Debug, Default)]
pub struct Errors {
    list: RefCell<Vec<Mistake>>,
    read: Cell<bool>,
}

impl Errors {
    /// No mistake yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a mistake.
    pub fn add(&self, mistake: impl Into<Mistake>) {
        self.list.borrow_mut().push(mistake.into());
    }

    /// Notes a mistake of three parts.
    pub fn report(&self, span: Span, what: impl Display, remedy: impl Display) {
        self.add(Mistake::new(span, what, remedy));
    }

    /// Notes a failure, and gives what there is without it.
    pub fn keep<T>(&self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.add(mistake)).ok()
    }

    /// Whether there is none so far.
    pub fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// How many there are so far.
    pub fn count(&self) -> usize {
        self.list.borrow().len()
    }

    /// All of them, in the order in which they were found.
    pub fn finish(self) -> Vec<Mistake> {
        self.read.set(true);
        self.list.take()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.read.get() || std::thread::panicking(), "mistakes were collected and not read");
    }
}

/// The mistakes as statements that rustc reports one by one.
pub fn to_statements(mistakes: &[Mistake]) -> TokenStream {
    mistakes.iter().map(Mistake::to_tokens).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "not read")]
    fn unread_mistakes_panic() {
        drop(Errors::new());
    }

    #[test]
    fn every_mistake_is_kept_with_its_remedy() {
        let errors = Errors::new();
        errors.report(Span::call_site(), "one", "write two");
        assert!(errors.keep::<()>(Err(Mistake::new(Span::call_site(), "three", "write four"))).is_none());
        let found = errors.finish();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].message(), "one\nhelp: write two");
        assert_eq!(to_statements(&found).to_string().matches("compile_error").count(), 2);
    }
}
