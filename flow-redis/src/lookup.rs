//! Lookups: each record finds a value of Redis beside it.

use crate::ask::Asker;
use crate::cache::Cache;
use crate::options::Redis;
use crate::questions::{Asking, Asks, Findings, Found, Get, HGet, MGet, Place, Places};
use flow::MapAsync;
use flow::connector::{Gauge, Gauges};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What becomes of a record for which there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// It goes on with `None`.
    Pass,
    /// It is left out, and counted as filtered.
    Skip,
    /// It goes the way of the pipeline's error policy: the job fails, or it is skipped, or a dead letter.
    Refuse,
}

/// How values are looked up. [`Redis::get`], [`Redis::hget`] and [`Redis::mget`] make it,
/// [`RedisStages::lookup`](crate::RedisStages::lookup) takes it.
#[derive(Clone, Debug)]
pub struct Lookup<C> {
    redis: Redis,
    asks: PhantomData<C>,
    ordered: bool,
    in_flight: usize,
    cache: Option<(usize, Duration)>,
    timeout: Option<Duration>,
    on_miss: Otherwise,
    on_timeout: Otherwise,
}

/// # Lookups
impl Redis {
    /// Looks up the value of a key: the closure of the lookup gives the key, and the row is made with an `Option` of the value. A key
    /// that holds no string, but a hash or a list, has no value.
    #[must_use]
    pub fn get(&self) -> Lookup<Get> {
        Lookup::new(self)
    }

    /// Looks up the value of a field of a hash: the closure of the lookup gives key and field, and the row is made with an `Option`.
    #[must_use]
    pub fn hget(&self) -> Lookup<HGet> {
        Lookup::new(self)
    }

    /// Looks up the values of several keys: the closure of the lookup gives a list of keys, and the row is made with an `Option` for
    /// each. A record has found nothing when none of its keys has a value.
    #[must_use]
    pub fn mget(&self) -> Lookup<MGet> {
        Lookup::new(self)
    }
}

impl<C> Lookup<C> {
    fn new(redis: &Redis) -> Self {
        Self {
            redis: redis.clone(),
            asks: PhantomData,
            ordered: true,
            in_flight: 4,
            cache: None,
            timeout: None,
            on_miss: Otherwise::Pass,
            on_timeout: Otherwise::Refuse,
        }
    }

    /// Rows come out as soon as they are there, and not in the order of their records.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        self.ordered = false;
        self
    }

    /// Has at most so many batches of questions on their way; 4 unless this is called.
    #[must_use]
    pub fn in_flight(mut self, batches: usize) -> Self {
        self.in_flight = batches;
        self
    }

    /// Keeps so many values, and that there is none, for so long from when they were asked for: a row may be made with a value that is
    /// as old as that. The tasks of the stage share them.
    #[must_use]
    pub fn cache(mut self, entries: usize, ttl: Duration) -> Self {
        self.cache = Some((entries, ttl));
        self
    }

    /// What becomes of a record that finds nothing; it [goes on](Otherwise::Pass) unless this is called.
    #[must_use]
    pub fn on_miss(mut self, otherwise: Otherwise) -> Self {
        self.on_miss = otherwise;
        self
    }

    /// Waits so long for answers, and no longer when the server is away: then it is connected to again beside, for as long as the job
    /// runs. Unless this is called, answers are waited for as long as the server may be away: [`Redis::patience`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What becomes of the records whose answers take too long; they are [refused](Otherwise::Refuse) unless this is called.
    #[must_use]
    pub fn on_timeout(mut self, otherwise: Otherwise) -> Self {
        self.on_timeout = otherwise;
        self
    }

    pub(crate) fn how(&self) -> MapAsync {
        if self.ordered { MapAsync::ordered(self.in_flight) } else { MapAsync::unordered(self.in_flight) }
    }

    pub(crate) fn skips(&self) -> bool {
        self.on_miss == Otherwise::Skip || (self.timeout.is_some() && self.on_timeout == Otherwise::Skip)
    }

    /// What asks, for all tasks of the stage.
    pub(crate) fn finder(&self, gauges: &Gauges) -> Finder {
        let cache = self.cache.map(|(most, ttl)| Arc::new(Mutex::new(Cache::new(ttl, most))));
        let [hits, asked, misses, timeouts] =
            ["cache hits", "asked", "misses", "timeouts"].map(|name| gauges.gauge(name, ""));
        let (timeout, on_miss, on_timeout) = (self.timeout, self.on_miss, self.on_timeout);
        // Where answers are waited for a short time only, a server that is away is no error.
        let redis = self.redis.clone();
        let redis = if timeout.is_some() { redis.patience(Duration::MAX) } else { redis };
        let asker = Asker::new(&redis, gauges);
        Finder { asker, cache, timeout, on_miss, on_timeout, hits, asked, misses, timeouts }
    }
}

/// What is said of each record: what its row is made with, `None` if it is left out, or why it is refused.
pub(crate) type Said<A> = Result<Option<A>, String>;

/// Finds values, in the cache or by asking.
#[derive(Clone)]
pub(crate) struct Finder {
    asker: Asker,
    cache: Option<Arc<Mutex<Cache<Place, Found>>>>,
    timeout: Option<Duration>,
    on_miss: Otherwise,
    on_timeout: Otherwise,
    hits: Gauge,
    asked: Gauge,
    misses: Gauge,
    timeouts: Gauge,
}

impl Finder {
    /// What is said of each question.
    pub(crate) async fn find<C: Asks<Q, A>, Q, A>(self, questions: Vec<Places>) -> Result<Vec<Said<A>>, String> {
        let (mut known, unknown) = self.recall(&questions);
        let mut late = false;
        if !unknown.is_empty() {
            match self.ask(&unknown).await? {
                Some(found) => known.extend(found),
                None => late = true,
            }
        }
        let mut said = Vec::with_capacity(questions.len());
        for Places(places) in questions {
            let found: Option<Vec<Found>> = places.iter().map(|place| known.get(place).cloned()).collect();
            said.push(match found {
                None if late => self.said_late::<C, Q, A>(places.len()),
                None => Err("Redis gave too few values".to_owned()),
                Some(found) => self.said::<C, Q, A>(found),
            });
        }
        Ok(said)
    }

    /// What the cache knows of the places of questions, and what is to be asked, each place once.
    fn recall(&self, questions: &[Places]) -> (HashMap<Place, Found>, Vec<Place>) {
        let (mut known, mut unknown, mut seen) = (HashMap::new(), Vec::new(), std::collections::HashSet::new());
        let mut cache = self.cache.as_ref().map(|cache| cache.lock().unwrap_or_else(PoisonError::into_inner));
        for place in questions.iter().flat_map(|places| &places.0) {
            if known.contains_key(place) || seen.contains(place) {
                continue;
            }
            match cache.as_mut().and_then(|cache| cache.get(place)) {
                Some(found) => {
                    known.insert(place.clone(), found);
                }
                None => {
                    seen.insert(place);
                    unknown.push(place.clone());
                }
            }
        }
        if cache.is_some() {
            self.hits.add(known.len() as i64);
        }
        self.asked.add(unknown.len() as i64);
        (known, unknown)
    }

    /// Asks the server; `None` if that takes too long.
    async fn ask(&self, places: &[Place]) -> Result<Option<Vec<(Place, Found)>>, String> {
        let asking = Asking::about(places);
        let asked = self.asker.ask(&asking.commands);
        let answers = match self.timeout {
            Some(timeout) => match tokio::time::timeout(timeout, asked).await {
                Ok(answers) => answers,
                Err(_) => return Ok(None),
            },
            None => asked.await,
        };
        let found = asking.found(answers.map_err(|error| error.to_string())?)?;
        let found: Vec<(Place, Found)> = found.into_iter().map(|(place, found)| (place.clone(), found)).collect();
        if let Some(cache) = &self.cache {
            let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
            found.iter().for_each(|(place, found)| cache.put(place.clone(), found.clone()));
        }
        Ok(Some(found))
    }

    fn said<C: Asks<Q, A>, Q, A>(&self, found: Vec<Found>) -> Said<A> {
        if found.iter().any(Option::is_some) {
            return C::answer(Findings(found)).map(Some);
        }
        self.misses.add(1);
        match self.on_miss {
            Otherwise::Pass => C::answer(Findings(found)).map(Some),
            Otherwise::Skip => Ok(None),
            Otherwise::Refuse => Err("no value was found".to_owned()),
        }
    }

    fn said_late<C: Asks<Q, A>, Q, A>(&self, places: usize) -> Said<A> {
        self.timeouts.add(1);
        match self.on_timeout {
            Otherwise::Pass => C::answer(Findings(vec![None; places])).map(Some),
            Otherwise::Skip => Ok(None),
            Otherwise::Refuse => Err(format!("no answer within {:?}", self.timeout.unwrap_or_default())),
        }
    }
}
