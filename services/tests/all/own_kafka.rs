//! A broker of a test's own.

use flow_services::{KafkaAdmin, KafkaOptions, KafkaTools, OwnKafka, unique};

#[test]
fn what_was_written_outlives_a_kill() {
    let broker = OwnKafka::reserve().unwrap();
    assert!(broker.admin().create_topic("early", 1).is_err(), "nothing listens yet");
    broker.start_again().unwrap();
    let (admin, tools) = (broker.admin(), KafkaTools::at(broker.address()));
    admin.create_topic("orders", 3).unwrap();
    tools.produce("orders", "a:1\nb:2\n", &["-K", ":", "-p", "2"]).unwrap();
    broker.kill().unwrap();
    assert!(admin.end_offsets("orders").is_err());
    broker.start_again().unwrap();
    assert_eq!(admin.end_offsets("orders").unwrap(), [0, 0, 2]);
    assert_eq!(tools.consume("orders", "%p %o %k=%s\n").unwrap(), "2 0 a=1\n2 1 b=2\n");
    let mut lines = Vec::new();
    tools.consume_lines("orders", "%p %o %k=%s\n", |line| lines.push(line.to_owned())).unwrap();
    assert_eq!(lines, ["2 0 a=1", "2 1 b=2"]);
    assert!(tools.consume_lines("absent", "%s\n", |_| {}).is_err());
}

#[test]
fn topics_are_made_grown_and_taken_away() {
    let admin = KafkaAdmin::at(&flow_services::kafka().unwrap());
    let topic = unique("orders");
    admin.create_topic_with(&topic, 2, &[("max.message.bytes", "1000")]).unwrap();
    admin.grow_topic(&topic, 5).unwrap();
    assert_eq!(admin.end_offsets(&topic).unwrap(), [0; 5]);
    let again = admin.create_topic(&topic, 1).unwrap_err().to_string();
    assert!(again.contains("there is one already"), "{again}");
    let large = KafkaTools::at(&flow_services::kafka().unwrap()).produce(&topic, &"x".repeat(2000), &[]);
    assert!(large.unwrap_err().to_string().contains("too large"));
    admin.delete_topic(&topic).unwrap();
    assert!(admin.end_offsets(&topic).unwrap_err().to_string().contains("no such topic"));
}

#[test]
fn a_user_may_do_what_an_acl_allows() {
    let broker = OwnKafka::with(KafkaOptions::new().user("ann", "secret").authorized()).unwrap();
    broker.admin().create_topic("open", 1).unwrap();
    broker.admin().create_topic("closed", 1).unwrap();
    let allow = ["--add", "--allow-principal", "User:ann", "--operation", "All", "--topic", "open"];
    KafkaTools::at(broker.address()).java("org.apache.kafka.tools.AclCommand", &allow).unwrap();
    let tools = KafkaTools::at(broker.user_address());
    let write = |topic: &str, password: &str| {
        let password = format!("sasl.password={password}");
        let user = ["security.protocol=sasl_plaintext", "sasl.mechanism=PLAIN", "sasl.username=ann", &password];
        let options: Vec<&str> = user.iter().flat_map(|option| ["-X", option]).collect();
        tools.produce(topic, "a", &[&options[..], &["-X", "message.timeout.ms=5000"]].concat())
    };
    write("open", "secret").unwrap();
    assert!(write("closed", "secret").unwrap_err().to_string().contains("uthoriz"));
    assert!(write("open", "guessed").is_err());
    assert_eq!(broker.admin().end_offsets("open").unwrap(), [1]);
    assert_eq!(broker.admin().end_offsets("closed").unwrap(), [0]);
}

#[test]
fn a_broker_that_cannot_start_says_why() {
    let said =
        OwnKafka::with(KafkaOptions::new().property("log.segment.bytes", "many")).map(|_| ()).unwrap_err().to_string();
    for part in ["kafka ended", "the end of", "log.segment.bytes"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
