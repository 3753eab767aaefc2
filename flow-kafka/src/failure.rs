//! What Kafka's client says went wrong, in words that say what to do.

use crate::hidden::Hidden;
use flow::{Error, ErrorKind};
use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// An option that the client refuses.
pub(crate) fn config(error: &KafkaError, hidden: &Hidden) -> Error {
    let text = match error {
        KafkaError::ClientConfig(_, why, name, _) => format!("the option `{name}` is refused: {why}"),
        other => other.to_string(),
    };
    Error::new(ErrorKind::Config, hidden.hide(&text)).help(
        "see librdkafka's CONFIGURATION.md; for TLS and SASL/SCRAM add `rdkafka` with the feature `ssl-vendored` to your Cargo.toml",
    )
}

/// An answer of a broker, or of the client.
pub(crate) fn of(doing: &str, error: &KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(code) => coded(doing, code),
        None => Error::new(ErrorKind::Io, format!("{doing}: {error}")),
    }
}

/// What a client cannot go on after, in its own words.
pub(crate) fn fatal<C: ClientContext>(doing: &str, client: &Client<C>, hidden: &Hidden, code: Code) -> Error {
    match client.fatal_error() {
        Some((code, reason)) => coded(&format!("{doing} ({})", hidden.hide(&reason)), code),
        None => coded(doing, code),
    }
}

/// What a code says.
pub(crate) fn coded(doing: &str, code: Code) -> Error {
    let kind = match code {
        _ if is_unknown(code) || is_refusal(code) => ErrorKind::Config,
        Code::InvalidTopic | Code::FencedInstanceId => ErrorKind::Config,
        Code::MessageTimedOut | Code::OperationTimedOut | Code::RequestTimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Io,
    };
    let error = Error::new(kind, format!("{doing}: {}", words(code)));
    match remedy(code) {
        Some(remedy) => error.help(remedy),
        None => error,
    }
}

/// The client's own words, without the note of who says them.
pub(crate) fn words(code: Code) -> String {
    let text = code.to_string();
    let start = text.find('(').map_or(0, |at| at + 1);
    text[start..].trim_end_matches(')').to_owned()
}

fn remedy(code: Code) -> Option<&'static str> {
    Some(match code {
        _ if is_unknown(code) => "create the topic, or correct its name",
        Code::TopicAuthorizationFailed => {
            "give the user the right to this topic (READ and DESCRIBE for a source, WRITE for a sink)"
        }
        Code::GroupAuthorizationFailed => "give the user the right to this group (READ)",
        Code::ClusterAuthorizationFailed => {
            "give the user the right to write: WRITE to a topic, or IDEMPOTENT_WRITE to the cluster"
        }
        Code::SaslAuthenticationFailed | Code::Authentication | Code::UnsupportedSASLMechanism => {
            "check the user, the password and `sasl.mechanism`"
        }
        Code::MessageSizeTooLarge => {
            "raise `message.max.bytes` of the sink with `.option(…)`, and `max.message.bytes` of the topic"
        }
        Code::FencedInstanceId => "give each job a `group.instance.id` of its own",
        Code::MessageTimedOut => "the brokers took no rows for `message.timeout.ms`: see whether they run",
        _ => return None,
    })
}

/// Whether somebody has to give a right first: waiting does not help.
pub(crate) fn is_refusal(code: Code) -> bool {
    is_stranger(code)
        || matches!(
            code,
            Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::TransactionalIdAuthorizationFailed
        )
}

/// Whether the topic, or its partition, is not there, or not heard of yet.
pub(crate) fn is_unknown(code: Code) -> bool {
    matches!(code, Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition)
}

/// Whether the servers do not know who this is.
pub(crate) fn is_stranger(code: Code) -> bool {
    matches!(code, Code::SaslAuthenticationFailed | Code::Authentication | Code::UnsupportedSASLMechanism)
}

/// Whether the group has other members, or takes this one for none of its own (any more).
pub(crate) fn is_not_member(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownMemberId
            | Code::IllegalGeneration
            | Code::FencedInstanceId
            | Code::FencedMemberEpoch
            | Code::StaleMemberEpoch
    )
}

/// Whether it may go well the next time.
pub(crate) fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::TimedOutQueue
            | Code::WaitingForCoordinator
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::RebalanceInProgress
            | Code::NetworkException
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
    )
}
