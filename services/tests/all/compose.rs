//! `compose.yaml` is what is started from packages, as far as can be seen without a Docker engine.

use flow_services::{Service, flink, kafka, redis};
use saphyr::{LoadableYamlNode, Yaml};

const TEXT: &str = include_str!("../../../compose.yaml");

fn with(check: impl FnOnce(&Yaml<'_>)) {
    let documents = Yaml::load_from_str(TEXT).unwrap();
    assert_eq!(documents.len(), 1);
    check(&documents[0]["services"]);
}

fn text<'a>(yaml: &'a Yaml<'_>) -> &'a str {
    yaml.as_str().unwrap_or_else(|| panic!("{yaml:?} is no text"))
}

fn texts<'a>(yaml: &'a Yaml<'_>) -> Vec<&'a str> {
    yaml.as_vec().unwrap_or_else(|| panic!("{yaml:?} is no list")).iter().map(text).collect()
}

fn names<'a>(yaml: &'a Yaml<'_>) -> Vec<&'a str> {
    yaml.as_mapping().unwrap_or_else(|| panic!("{yaml:?} is no mapping")).keys().map(text).collect()
}

#[test]
fn it_has_the_same_services_of_the_same_versions() {
    with(|services| {
        let mut parts: Vec<&str> = Service::ALL.iter().flat_map(|service| service.parts()).copied().collect();
        let mut found = names(services);
        parts.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, parts);
        assert_eq!(text(&services["redis"]["image"]), format!("redis:{}", redis::VERSION));
        assert_eq!(text(&services["kafka"]["image"]), format!("apache/kafka:{}", kafka::VERSION));
        for part in Service::Flink.parts() {
            assert_eq!(text(&services[*part]["image"]), format!("flow-flink:{}", flink::VERSION));
            let build = text(&services[*part]["build"]["dockerfile_inline"]);
            assert!(build.contains(&format!("FROM flink:{}\n", flink::VERSION)), "{build}");
            let connector = format!("org.apache.flink:flink-sql-connector-kafka:{}\n", flink::KAFKA_CONNECTOR);
            assert!(build.contains(&connector), "{build}");
        }
    });
}

#[test]
fn each_service_is_set_as_the_one_from_packages() {
    with(|services| {
        let environment = &services["kafka"]["environment"];
        for line in kafka::PROPERTIES.lines() {
            let (key, value) = line.split_once('=').unwrap();
            let name = format!("KAFKA_{}", key.to_uppercase().replace('.', "_"));
            assert_eq!(text(&environment[name.as_str()]), value, "{name}");
        }
        assert_eq!(texts(&services["redis"]["command"]), [&["redis-server"], redis::OPTIONS].concat());
        for part in Service::Flink.parts() {
            let said = text(&services[*part]["environment"]["FLINK_PROPERTIES"]);
            let lines: Vec<&str> = said.lines().collect();
            assert!(flink::PROPERTIES.lines().all(|line| lines.contains(&line)), "{lines:?}");
        }
    });
}

#[test]
fn each_variable_says_a_port_that_is_published() {
    let exports = TEXT.lines().filter_map(|line| line.strip_prefix("#   export ")?.split_once('='));
    let exports: Vec<(&str, &str)> = exports.collect();
    let mut variables: Vec<&str> = Service::ALL.iter().flat_map(|service| service.variables()).copied().collect();
    let mut exported: Vec<&str> = exports.iter().map(|(name, _)| *name).collect();
    variables.sort_unstable();
    exported.sort_unstable();
    assert_eq!(exported, variables);
    with(|services| {
        let all: Vec<&Yaml<'_>> = names(services).into_iter().map(|name| &services[name]).collect();
        for (name, address) in exports {
            let socket = address.rsplit('/').next().unwrap();
            let port = format!("{socket}:{}", socket.rsplit(':').next().unwrap());
            let publishes = |service: &&&Yaml<'_>| {
                service.as_mapping_get("ports").is_some_and(|ports| texts(ports).contains(&port.as_str()))
            };
            assert_eq!(all.iter().filter(publishes).count(), 1, "{name} is {address}, and {port} is published");
        }
    });
}

#[test]
fn what_is_waited_for_is_there_and_says_when_it_is_well() {
    with(|services| {
        for name in names(services) {
            assert!(texts(&services[name]["healthcheck"]["test"]).len() > 1, "{name}");
            let Some(needed) = services[name].as_mapping_get("depends_on") else { continue };
            for other in names(needed) {
                assert!(names(services).contains(&other), "{name} needs {other}");
                assert_eq!(text(&needed[other]["condition"]), "service_healthy");
            }
        }
    });
}
