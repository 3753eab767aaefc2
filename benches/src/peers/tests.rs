//! Every peer gives the answer of the loop written by hand, however many workers share it.

use crate::events::feed::Input;
use crate::nexmark::table::{Visit, with};
use crate::nexmark::{Engine, Name, Workload};
use crate::queries::Query;
use crate::sink::Taken;

struct Check(Name);

impl Visit for Check {
    type Out = ();

    fn visit<Q: Query>(self) {
        let stored = Q::In::store(&self.0.events(7, 300_000));
        let empty = Taken::default();
        let expected = Q::hand(Q::In::parts(&stored, 1), &empty).answer;
        assert!(expected.rows > 0);
        for peer in [Engine::Tokio1, Engine::Tokio1024, Engine::Futures, Engine::Timely] {
            for workers in [1, 2].into_iter().filter(|workers| peer.answers(self.0, Workload::Copy, *workers)) {
                let found = Q::peer(peer, Q::In::parts(&stored, workers as usize), &empty).map(|taken| taken.answer);
                assert_eq!(found, Some(expected), "{} by {} with {workers}", self.0.as_str(), peer.as_str());
            }
        }
    }
}

#[test]
fn the_peers_agree_with_the_loop() {
    let answered: Vec<_> =
        Name::ALL.iter().copied().filter(|query| Engine::Timely.answers(*query, Workload::Copy, 1)).collect();
    assert_eq!(answered, [Name::Q1, Name::Q5, Name::Q8, Name::W1, Name::W1m]);
    answered.into_iter().for_each(|query| with(query, Workload::Copy, Check(query)));
}
