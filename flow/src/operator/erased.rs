//! The only place that forgets the type of a stream's records, and finds it again.
//!
//! A graph holds nodes of all types in one list. What passes between them while a job is put together — chains, ends of
//! edges — is wrapped here. That the types fit is seen to by [`Stream<T>`](crate::Stream): a node's input can only be a handle
//! of its own type.

use std::any::{Any, type_name};

/// A value whose type only its maker and its taker know.
pub(crate) struct Erased {
    value: Box<dyn Any + Send>,
    name: &'static str,
}

impl Erased {
    pub(crate) fn new<T: Send + 'static>(value: T) -> Self {
        Self { value: Box::new(value), name: type_name::<T>() }
    }

    /// The value again.
    ///
    /// # Panics
    /// When it is of another type: a defect in this crate, for handles are typed.
    pub(crate) fn take<T: 'static>(self) -> T {
        let name = self.name;
        match self.value.downcast() {
            Ok(value) => *value,
            Err(_) => unreachable!("an edge of {} was joined to one of {name}", type_name::<T>()),
        }
    }
}
