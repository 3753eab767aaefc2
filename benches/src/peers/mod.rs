//! The same queries by other means: what their users would write, with the same steps between the same source and sink.

mod futures;
mod q1;
mod q5;
mod q8;
mod steps;
#[cfg(test)]
mod tests;
mod timely;
mod tokio;
mod w1;

use crate::events::copied::{Auction, Bid, Person};
use crate::events::feed::Batches;
use crate::nexmark::Engine;
use crate::queries;
use crate::sink::Taken;

/// `q1`, with a worker for each part of the input; none when the engine is no peer.
pub fn q1(
    peer: Engine,
    input: Vec<Batches<Bid>>,
    empty: &Taken<queries::q1::CopiedRow>,
) -> Option<Taken<queries::q1::CopiedRow>> {
    Some(match peer {
        Engine::Tokio1 => q1::by_tokio::<tokio::One>(joined(input), empty),
        Engine::Tokio1024 => q1::by_tokio::<tokio::Many>(joined(input), empty),
        Engine::Futures => q1::by_futures(joined(input), empty),
        Engine::Timely => q1::by_timely(input, empty),
        Engine::Flow | Engine::Hand => return None,
    })
}

/// `q5`, with a worker for each part of the input; none when the engine is no peer.
pub fn q5(peer: Engine, input: Vec<Batches<Bid>>, empty: &Taken<queries::q5::Row>) -> Option<Taken<queries::q5::Row>> {
    Some(match peer {
        Engine::Tokio1 => q5::by_tokio::<tokio::One>(joined(input), empty),
        Engine::Tokio1024 => q5::by_tokio::<tokio::Many>(joined(input), empty),
        Engine::Futures => q5::by_futures(joined(input), empty),
        Engine::Timely => q5::by_timely(input, empty),
        Engine::Flow | Engine::Hand => return None,
    })
}

/// `q8`, with a worker for each part of the input; none when the engine is no peer.
pub fn q8(
    peer: Engine,
    input: Vec<(Batches<Person>, Batches<Auction>)>,
    empty: &Taken<queries::q8::CopiedRow>,
) -> Option<Taken<queries::q8::CopiedRow>> {
    Some(match peer {
        Engine::Tokio1 => q8::by_tokio::<tokio::One>(joined(input), empty),
        Engine::Tokio1024 => q8::by_tokio::<tokio::Many>(joined(input), empty),
        Engine::Futures => q8::by_futures(joined(input), empty),
        Engine::Timely => q8::by_timely(input, empty),
        Engine::Flow | Engine::Hand => return None,
    })
}

/// `w1`, with a worker for each part of the input; none when the engine is no peer.
pub fn w1(peer: Engine, input: Vec<Batches<Bid>>, empty: &Taken<queries::w1::Row>) -> Option<Taken<queries::w1::Row>> {
    Some(match peer {
        Engine::Tokio1 => w1::by_tokio::<tokio::One>(joined(input), empty),
        Engine::Tokio1024 => w1::by_tokio::<tokio::Many>(joined(input), empty),
        Engine::Futures => w1::by_futures(joined(input), empty),
        Engine::Timely => w1::by_timely(input, empty),
        Engine::Flow | Engine::Hand => return None,
    })
}

/// Parts in one, for an engine that takes one.
trait Joined: Sized {
    fn joined(parts: Vec<Self>) -> Self;
}

impl<T: 'static> Joined for Batches<T> {
    fn joined(parts: Vec<Self>) -> Self {
        Box::new(parts.into_iter().flatten())
    }
}

impl<A: 'static, B: 'static> Joined for (Batches<A>, Batches<B>) {
    fn joined(parts: Vec<Self>) -> Self {
        let (a, b) = parts.into_iter().unzip();
        (Joined::joined(a), Joined::joined(b))
    }
}

fn joined<I: Joined>(parts: Vec<I>) -> I {
    Joined::joined(parts)
}
