//! Free ports on loopback.

use std::net::TcpListener;
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::{Error, Result, unique};

/// Where to look. Not where the system takes ports for outgoing connections: a client that tries again and again to reach a broker that
/// was killed would in the end be given the broker's own port, speak with itself, and keep the broker from coming back.
fn range() -> Range<u16> {
    let first = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok();
    let first = first.and_then(|range| range.split_whitespace().next()?.parse().ok()).unwrap_or(32_768);
    if first > 12_000 { 10_000..first } else { 49_152..65_535 }
}

/// `N` different ports where nothing listens on 127.0.0.1.
///
/// # Errors
/// When all are taken.
pub(crate) fn free<const N: usize>() -> Result<[u16; N]> {
    // One after another, so that two calls in one process do not give the same; processes begin at different places.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let range = range();
    let begin = unique::number() as u16;
    let mut found = Vec::with_capacity(N);
    for _ in range.clone() {
        let step = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = range.start + step % (range.end - range.start);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            found.push(port);
        }
        if let Ok(ports) = <[u16; N]>::try_from(found.as_slice()) {
            return Ok(ports);
        }
    }
    Err(Error::new(format!("no free port on 127.0.0.1 between {} and {}", range.start, range.end)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::TcpListener;

    #[test]
    fn ports_are_free_and_different_and_never_a_clients() {
        let clients = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
        let first: u16 = clients.split_whitespace().next().unwrap().parse().unwrap();
        let found: Vec<u16> = (0..50).flat_map(|_| super::free::<4>().unwrap()).collect();
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 200);
        for port in found {
            assert!(port < first || first <= 12_000, "{port}");
            TcpListener::bind(("127.0.0.1", port)).unwrap();
        }
    }
}
