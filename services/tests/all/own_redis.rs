//! A Redis of a test's own.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flow_services::{OwnRedis, RedisTools};

fn refuses(address: &str) -> bool {
    TcpStream::connect(address.trim_start_matches("redis://")).is_err()
}

#[test]
fn what_was_answered_outlives_a_kill() {
    let server = OwnRedis::start().unwrap();
    let tools = RedisTools::at(server.address());
    assert_eq!(tools.cli(&["INCRBY", "a", "41"]).unwrap(), "41\n");
    server.kill().unwrap();
    assert!(tools.cli(&["PING"]).is_err());
    server.start_again().unwrap();
    assert_eq!(tools.cli(&["INCR", "a"]).unwrap(), "42\n");
    server.stop().unwrap();
    server.start_again().unwrap();
    server.start_again().unwrap();
    assert_eq!(tools.cli(&["GET", "a"]).unwrap(), "42\n");
    let refused = tools.cli(&["INCRBY", "a", "b"]).unwrap_err().to_string();
    assert!(refused.contains("ERR value is not an integer"), "{refused}");
}

#[test]
fn one_that_is_paused_says_nothing_until_it_goes_on() {
    let server = OwnRedis::with(&["--maxmemory", "10mb"]).unwrap();
    let tools = RedisTools::at(server.address());
    assert_eq!(tools.cli(&["CONFIG", "GET", "maxmemory"]).unwrap(), "maxmemory\n10485760\n");
    let mut client = TcpStream::connect(server.address().trim_start_matches("redis://")).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    server.pause().unwrap();
    client.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    assert_eq!(client.read(&mut answer).unwrap_err().kind(), ErrorKind::WouldBlock, "it is silent");
    server.resume().unwrap();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn a_reserved_address_is_silent_until_it_is_started() {
    let server = OwnRedis::reserve().unwrap();
    let address = server.address().to_owned();
    assert!(refuses(&address));
    assert!(server.pause().is_err(), "there is nothing to pause");
    server.kill().unwrap();
    server.start_again().unwrap();
    assert_eq!(RedisTools::at(&address).cli(&["PING"]).unwrap(), "PONG\n");
    drop(server);
    assert!(refuses(&address), "it ends with its value");
}

#[test]
fn one_that_cannot_start_says_why() {
    let said = OwnRedis::with(&["--no-such-option", "1"]).map(|_| ()).unwrap_err().to_string();
    for part in ["redis ended", "the end of", "no-such-option"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
