//! A network between the client and a server, which can be slow at first, and can lose all that is sent.

#![allow(clippy::disallowed_methods, reason = "a thread for each direction, of a test's own")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

/// Hands on what clients and a server say to each other.
pub(super) struct Proxy {
    port: u16,
    /// How many connections there were, and how many of them are dead: the first ones.
    connections: Arc<AtomicU64>,
    dead: Arc<AtomicU64>,
}

impl Proxy {
    /// Stands before a server; each connection waits first until `through` returns.
    pub(super) fn before(server: &str, through: impl Fn() + Send + Sync + 'static) -> Self {
        let server = server.rsplit('/').find(|part| part.contains(':')).unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, dead, through) =
            (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default(), Arc::new(through));
        let proxy = Self { port, connections: Arc::clone(&connections), dead: Arc::clone(&dead) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, through, dead, server) =
                    (client.unwrap(), Arc::clone(&through), Arc::clone(&dead), server.clone());
                let number = connections.fetch_add(1, SeqCst);
                thread::spawn(move || {
                    through();
                    let server = TcpStream::connect(server).unwrap();
                    let (to, from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                    let back = Arc::clone(&dead);
                    thread::spawn(move || hand_on(server, client, &back, number));
                    hand_on(from, to, &dead, number);
                });
            }
        });
        proxy
    }

    pub(super) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Nothing that is said over the connections that there are arrives any more, and nobody is told.
    pub(super) fn lose(&self) {
        self.dead.store(self.connections.load(SeqCst), SeqCst);
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, dead: &AtomicU64, number: u64) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if number >= dead.load(SeqCst) && to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    // A client that has gone may find its server gone.
    let _gone = to.shutdown(Shutdown::Both);
}
