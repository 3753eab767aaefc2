//! Shared services in a folder of the test's own.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use flow_services::{Process, RedisTools, Service, Stack, owned_folder, until};

/// What was said, and the stack.
struct Kit {
    folder: PathBuf,
    said: Mutex<Vec<String>>,
}

impl Kit {
    fn new() -> Self {
        Self { folder: owned_folder("stack").unwrap(), said: Mutex::default() }
    }

    fn stack(&self) -> Stack {
        Stack::at(&self.folder)
    }

    fn up(&self, service: Service) {
        self.stack().up(&[service], false, &|line| self.said.lock().unwrap().push(line.to_owned())).unwrap()
    }

    /// All that was said since the last call.
    fn said(&self) -> String {
        std::mem::take(&mut *self.said.lock().unwrap()).join("\n")
    }

    /// Kills a process, and waits until that is seen. Gives what is said of it.
    fn crash(&self, at: usize) -> String {
        kill(self.stack().status().unwrap()[at].pid);
        let trouble = || self.stack().status().unwrap()[at].trouble.clone();
        until("the crash to be seen", Duration::from_secs(10), || {
            trouble().filter(|why| why.contains("has ended")).ok_or_else(|| "it runs".to_owned())
        })
        .unwrap()
    }

    fn pid(&self) -> u32 {
        self.stack().status().unwrap()[0].pid
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        self.stack().down(&Service::ALL, &|_| {}).unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

#[test]
fn redis_goes_up_and_down_and_what_crashed_is_replaced() {
    let kit = Kit::new();
    let stack = kit.stack();
    assert!(stack.status().unwrap().is_empty());
    assert_eq!(stack.missing(&[Service::Redis]).unwrap(), [Service::Redis]);
    kit.up(Service::Redis);
    assert!(kit.said().contains("redis: up, at redis://127.0.0.1:"));
    let (pid, address) = (kit.pid(), stack.addresses().unwrap()[flow_services::REDIS].clone());
    let tools = RedisTools::at(&address);
    tools.cli(&["SET", "a", "kept"]).unwrap();

    kit.up(Service::Redis);
    assert!(kit.said().contains("redis: runs already"), "twice is harmless");
    assert_eq!(kit.pid(), pid);
    assert_eq!(stack.missing(&[Service::Kafka, Service::Redis]).unwrap(), [Service::Kafka]);

    let trouble = kit.crash(0);
    assert!(trouble.contains("Ready to accept connections"), "the log's end is shown: {trouble}");
    kit.up(Service::Redis);
    assert!(kit.said().contains("it is replaced"));
    assert_eq!(tools.cli(&["GET", "a"]).unwrap(), "kept\n", "at the same address with its data");
    assert_ne!(kit.pid(), pid);

    let pid = kit.pid();
    stack.restart("redis", &|_| {}).unwrap();
    assert_ne!(kit.pid(), pid);
    assert_eq!(tools.cli(&["GET", "a"]).unwrap(), "kept\n");

    stack.down(&[Service::Redis], &|_| {}).unwrap();
    assert!(tools.cli(&["PING"]).is_err());
    assert!(stack.status().unwrap().is_empty() && stack.addresses().unwrap().is_empty());
    assert!(stack.logs("redis").is_ok(), "logs stay");
    assert!(!kit.folder.join("redis/appendonlydir").exists(), "data does not");
    assert!(stack.restart("redis", &|_| {}).unwrap_err().to_string().contains("cargo xtask up redis"));
    stack.down(&[Service::Redis], &|_| {}).unwrap();
}

#[test]
fn kafka_goes_up_and_down() {
    let kit = Kit::new();
    kit.up(Service::Kafka);
    assert!(kit.stack().status().unwrap().iter().all(|one| one.trouble.is_none()));
    let address = kit.stack().addresses().unwrap()[flow_services::KAFKA].clone();
    let admin = flow_services::KafkaAdmin::at(&address);
    admin.create_topic("a", 2).unwrap();
    kit.stack().restart("kafka", &|_| {}).unwrap();
    assert_eq!(admin.end_offsets("a").unwrap(), [0, 0], "what it had is there");
    kit.stack().down(&Service::ALL, &|_| {}).unwrap();
    assert!(admin.end_offsets("a").is_err());
}

#[test]
fn flink_goes_up_and_down_and_one_process_of_it_is_replaced() {
    let kit = Kit::new();
    kit.up(Service::Flink);
    let before = kit.stack().status().unwrap();
    let parts: Vec<&str> = before.iter().map(|one| one.part).collect();
    assert_eq!(parts, ["jobmanager", "taskmanager", "gateway"]);
    assert!(before.iter().all(|one| one.trouble.is_none()), "{before:?}");
    kit.crash(1);
    assert_eq!(kit.stack().missing(&[Service::Flink]).unwrap(), [Service::Flink]);
    kit.up(Service::Flink);
    let after = kit.stack().status().unwrap();
    let same: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before.pid == after.pid).collect();
    assert_eq!(same, [true, false, true]);
    for part in Service::Flink.parts() {
        assert_eq!(kit.stack().logs(part).unwrap().len(), 1);
    }
    kit.stack().down(&Service::ALL, &|_| {}).unwrap();
    assert!(kit.stack().status().unwrap().is_empty());
}

#[test]
fn another_process_of_the_same_number_is_left_alone() {
    let kit = Kit::new();
    kit.up(Service::Redis);
    let redis = Process::of(kit.pid()).unwrap();
    let mut other = Command::new("sleep").arg("60").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // As it would be if Redis had ended and its number had been given to another.
    let file = kit.folder.join("running.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&format!(": {},", redis.pid), &format!(": {},", other.id()))).unwrap();
    assert_eq!(kit.pid(), other.id());
    assert!(kit.stack().status().unwrap()[0].trouble.is_some());
    kit.stack().down(&[Service::Redis], &|_| {}).unwrap();
    assert!(other.try_wait().unwrap().is_none(), "it was another's");
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(redis.runs());
    kill(redis.pid);
}

#[test]
fn names_mean_services() {
    let check =
        |name: &str, expected: Option<&[Service]>| assert_eq!(Service::named(name).ok().as_deref(), expected, "{name}");
    check("kafka", Some(&[Service::Kafka]));
    check("redis", Some(&[Service::Redis]));
    check("all", Some(&Service::ALL));
    check("kafak", None);
    check("", None);
    let check = |name: &str, expected: Option<(Service, &[&str])>| {
        let found = Service::parts_named(name).ok();
        assert_eq!(found.as_ref().map(|(service, parts)| (*service, parts.as_slice())), expected, "{name}");
    };
    check("kafka", Some((Service::Kafka, &["kafka"])));
    check("flink", Some((Service::Flink, &["jobmanager", "taskmanager", "gateway"])));
    check("gateway", Some((Service::Flink, &["gateway"])));
    check("all", None);
}
