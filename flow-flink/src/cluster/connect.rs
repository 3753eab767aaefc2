//! How a cluster is connected to.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::Secret;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Url, redirect};

use super::error::FlinkError;
use super::hidden::Hidden;
use super::http::{Http, Server};
use super::retry::Patience;
use super::{FlinkCluster, Inner, rest};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECTION: Duration = Duration::from_secs(5);
/// How often a session is told that somebody is there; by default the gateway ends one that hears nothing for ten minutes.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long Flink may take to start a job.
const SUBMIT: Duration = Duration::from_secs(300);

/// A connection that is being made: its options, and, when it is awaited, the cluster.
#[derive(Clone, Debug)]
#[must_use = "nothing is connected until this is awaited"]
pub struct Connect {
    gateway: String,
    rest: String,
    auth: Auth,
    root: Option<PathBuf>,
    answer_within: Duration,
    submit_within: Duration,
    heartbeat_every: Duration,
    patience: Patience,
}

/// Who we say we are.
#[derive(Clone, Debug)]
enum Auth {
    Nobody,
    Basic(String, Secret),
    Bearer(Secret),
}

impl Connect {
    pub(super) fn new(gateway: String, rest: String) -> Self {
        Self {
            gateway,
            rest,
            auth: Auth::Nobody,
            root: None,
            answer_within: ANSWER,
            submit_within: SUBMIT,
            heartbeat_every: HEARTBEAT,
            patience: Patience::default(),
        }
    }

    /// Sends a user's name and password with each request.
    pub fn basic_auth(mut self, user: impl Into<String>, password: Secret) -> Self {
        self.auth = Auth::Basic(user.into(), password);
        self
    }

    /// Sends a bearer token with each request.
    pub fn bearer_token(mut self, token: Secret) -> Self {
        self.auth = Auth::Bearer(token);
        self
    }

    /// Takes the certificates of a PEM file for `https` addresses, beside those that the system knows.
    pub fn root_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.root = Some(file.into());
        self
    }

    /// How long one answer may take: 30 seconds, if this is not called.
    pub fn answer_within(mut self, time: Duration) -> Self {
        self.answer_within = time;
        self
    }

    /// How long Flink may take to start a job: 5 minutes, if this is not called. What is not started by then is cancelled.
    pub fn submit_within(mut self, time: Duration) -> Self {
        self.submit_within = time;
        self
    }

    /// How often the gateway is told that a session is in use while a job is submitted: every 20 seconds, if this is not called.
    pub fn heartbeat_every(mut self, time: Duration) -> Self {
        self.heartbeat_every = time;
        self
    }

    /// How often a request is sent again when a server is busy or a connection is lost, and how long all attempts may take together: 3 times
    /// in 5 minutes, if this is not called. Between two attempts is a pause, at first of one second, then four times as long.
    pub fn retries(mut self, times: usize, in_all: Duration) -> Self {
        self.patience = Patience { times, in_all, ..self.patience };
        self
    }

    /// How long the first pause is.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.patience.pause = pause;
        self
    }

    /// Makes the cluster, and asks it who it is.
    async fn connect(self) -> Result<FlinkCluster, FlinkError> {
        let (gateway, rest) = (address(&self.gateway)?, address(&self.rest)?);
        let (headers, hidden) = self.headers()?;
        let client = self.client(headers)?;
        let http = |server, base| Http {
            server,
            client: client.clone(),
            base,
            patience: self.patience,
            hidden: hidden.clone(),
        };
        let cluster = FlinkCluster(Arc::new(Inner {
            gateway: http(Server::Gateway, gateway),
            rest: http(Server::Rest, rest),
            submit_within: self.submit_within,
            heartbeat_every: self.heartbeat_every,
            cleaning: tokio_util::task::TaskTracker::new(),
        }));
        rest::version(&cluster.0.rest).await?;
        Ok(cluster)
    }

    fn headers(&self) -> Result<(HeaderMap, Hidden), FlinkError> {
        let reveal = |secret: &Secret| secret.reveal().map_err(|error| FlinkError::Config(error.message().to_owned()));
        let (text, mut secrets) = match &self.auth {
            Auth::Nobody => return Ok((HeaderMap::new(), Hidden::default())),
            Auth::Basic(user, password) => {
                let password = reveal(password)?;
                (format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))), vec![password])
            }
            Auth::Bearer(token) => {
                let token = reveal(token)?;
                (format!("Bearer {token}"), vec![token])
            }
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| FlinkError::Config("the bearer token has characters that no header may have".to_owned()))?;
        value.set_sensitive(true);
        secrets.extend(text.split_once(' ').map(|(_, encoded)| encoded.to_owned()));
        Ok((HeaderMap::from_iter([(AUTHORIZATION, value)]), Hidden::new(secrets)))
    }

    fn client(&self, headers: HeaderMap) -> Result<Client, FlinkError> {
        // Nothing of Flink's redirects, and what does may lead the credentials elsewhere.
        let mut client = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECTION.min(self.answer_within))
            .timeout(self.answer_within);
        if let Some(file) = &self.root {
            let wrong = |why: &dyn std::fmt::Display| {
                FlinkError::Config(format!("the root certificate {}: {why}", file.display()))
            };
            let pem = std::fs::read(file).map_err(|error| wrong(&error))?;
            let all = Certificate::from_pem_bundle(&pem).map_err(|_| wrong(&"it is no PEM file"))?;
            if all.is_empty() {
                return Err(wrong(&"no certificate stands in it"));
            }
            client = all.into_iter().fold(client, reqwest::ClientBuilder::add_root_certificate);
        }
        client.build().map_err(|error| FlinkError::Config(error.to_string()))
    }
}

impl IntoFuture for Connect {
    type Output = Result<FlinkCluster, FlinkError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

/// An address, with a slash at its end, so that paths can be joined to it.
fn address(text: &str) -> Result<Url, FlinkError> {
    // It is not repeated where it might hold a password.
    let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let wrong = |why: &str| FlinkError::Config(format!("`{shown}` is no address of Flink's: {why}"));
    let mut url = Url::parse(text).map_err(|_| wrong("write `http://host:port`"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(wrong("it begins with `http://` or `https://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("say user and password with `.basic_auth(…)`, so that nobody sees them"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it ends with the path"));
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_looked_at() {
        let check = |text: &str, expected: Result<&str, &str>| match (address(text), expected) {
            (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected),
            (Err(error), Err(word)) => {
                let said = error.to_string();
                assert!(said.contains(word) && !said.contains("horse"), "{said}");
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        };
        check("http://localhost:8083", Ok("http://localhost:8083/"));
        check("https://flink.example/gateway", Ok("https://flink.example/gateway/"));
        check("localhost:8083", Err("http://"));
        check("flink", Err("http://host:port"));
        check("http://ann:horse@flink:1", Err("basic_auth"));
        check("http://flink:1/?a=b", Err("path"));
    }
}
