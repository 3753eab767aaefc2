//! How a connector makes blocking calls.

use crate::error::{Error, ErrorKind, Result};
use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;

type Call = Box<dyn FnOnce() + Send>;

/// Runs blocking calls on threads of their own; given by the runtime, which alone starts any.
#[derive(Clone)]
pub struct Blocking(Arc<dyn Fn(Call) -> BoxFuture<'static, bool> + Send + Sync>);

impl Blocking {
    /// `run` starts the call at once (not when the future is first polled) and says, when it has ended, whether it did without
    /// a panic.
    pub(crate) fn new(run: impl Fn(Call) -> BoxFuture<'static, bool> + Send + Sync + 'static) -> Self {
        Self(Arc::new(run))
    }

    /// Runs the call and waits for it.
    ///
    /// # Errors
    /// When the call panics, or the runtime is shutting down.
    ///
    /// # Cancel safety
    /// When dropped, the call goes on to its end, and its result is lost.
    pub async fn run<R: Send + 'static>(&self, call: impl FnOnce() -> R + Send + 'static) -> Result<R> {
        self.start(call).await
    }

    /// Starts the call at once, so that it works while its caller does something else; the future waits for it.
    ///
    /// # Errors
    /// The future's: when the call panics, or the runtime is shutting down.
    ///
    /// # Cancel safety
    /// When the future is dropped, the call goes on to its end, and its result is lost. A connector that may not lose it
    /// keeps the future, and waits for it again.
    pub fn start<R: Send + 'static>(
        &self,
        call: impl FnOnce() -> R + Send + 'static,
    ) -> impl Future<Output = Result<R>> + Send + 'static {
        let (send, receive) = tokio::sync::oneshot::channel();
        let ended = (self.0)(Box::new(move || {
            // Nobody waits any more: the result is lost, as documented.
            let _unwanted = send.send(call());
        }));
        async move {
            let ended = ended.await;
            match receive.await {
                Ok(result) if ended => Ok(result),
                _ => Err(Error::new(ErrorKind::Panic, "a blocking call of a connector panicked, or was cut off")),
            }
        }
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}
